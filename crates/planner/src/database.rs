//! The database that tenants share: an Aurora PostgreSQL cluster with one writer, closed to all.
//!
//! What a tenant has in it is planned with the tenant.

use std::collections::BTreeMap;

use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::resource::{
    ApplyMethod, DatabaseAccess, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, Direction, Parameter,
    Peer, Secret, SecurityGroup, SecurityGroupRule,
};
use saas_model::spec::{Database, Spec};

use crate::addresses as at;
use crate::owner::{Owner, after};

/// The port on which PostgreSQL listens.
pub(crate) const PORT: u16 = 5432;

const BACKUP_RETENTION_DAYS: u32 = 7;

pub(crate) fn nodes(spec: &Spec, names: &Names, owner: &Owner) -> Vec<Draft> {
    let Database { engine_version, instance_class, name, admin, .. } = &spec.database;
    let platform = &spec.platform;
    let subnet_group = DbSubnetGroup {
        name: names.db_subnet_group(),
        description: format!("private subnets of {}", platform.name),
        subnets: spec.network.zones.iter().map(|zone| at::private_subnet(&zone.name)).collect(),
    };
    let parameter_group = DbClusterParameterGroup {
        name: names.db_parameter_group(engine_version),
        family: format!("aurora-postgresql{}", engine_version.major()),
        description: format!("parameters of {}", platform.name),
        parameters: parameters(&spec.database),
    };
    let admin_password = Secret {
        name: names.admin_secret(),
        description: format!("password of the master user of {}", names.db_cluster()),
        rotation: false,
    };
    let cluster = DbCluster {
        name: names.db_cluster(),
        engine_version: engine_version.clone(),
        database: name.clone(),
        admin: admin.clone(),
        admin_password: at::admin_password(),
        port: PORT,
        subnet_group: at::db_subnet_group(),
        parameter_group: at::db_parameter_group(),
        security_groups: [at::database_group()].into(),
        storage_encrypted: true,
        deletion_protection: platform.deletion_protection,
        backup_retention_days: BACKUP_RETENTION_DAYS,
        copy_tags_to_snapshots: true,
    };
    let writer = DbInstance {
        name: names.db_writer(),
        cluster: at::db_cluster(),
        class: instance_class.clone(),
        auto_minor_version_upgrade: false,
        publicly_accessible: false,
    };
    let access = DatabaseAccess { cluster: at::db_cluster(), database: name.clone() };
    let [group, client_group, rule] = security_groups(names, owner);
    vec![
        owner.draft(&at::db_subnet_group(), subnet_group),
        owner.draft(&at::db_parameter_group(), parameter_group),
        owner.draft(&at::admin_password(), admin_password),
        owner.draft(&at::db_cluster(), cluster),
        owner.draft(&at::db_writer(), writer),
        // A cluster accepts connections only once it has an instance.
        Draft { after: after([at::db_writer().address()]), ..owner.draft(&at::database_access(), access) },
        group,
        client_group,
        rule,
    ]
}

/// The group of the database, the one that all tenants' tasks have for it, and the rule between the
/// two. A rule for each tenant would end at the 60 rules of a group and the five groups of a
/// cluster. The clients' group lets nothing in, so it opens no way between tenants.
fn security_groups(names: &Names, owner: &Owner) -> [Draft; 3] {
    let group = |name, description: &str| SecurityGroup { vpc: at::vpc(), name, description: description.to_owned() };
    let rule = SecurityGroupRule {
        group: at::database_group(),
        direction: Direction::Ingress,
        port: PORT,
        peer: Peer::Group(at::database_client_group()),
        description: "from tenants".to_owned(),
    };
    [
        owner.draft(&at::database_group(), group(names.database_group(), "database")),
        owner.draft(&at::database_client_group(), group(names.database_client_group(), "clients of the database")),
        owner.draft(&at::database_rule(), rule),
    ]
}

/// Only what differs from the defaults of the family.
fn parameters(database: &Database) -> BTreeMap<String, Parameter> {
    // No connection without TLS. Source: Aurora User Guide, "Requiring an SSL/TLS connection".
    let force_ssl = Parameter { value: "1".into(), apply: ApplyMethod::Immediate };
    let mut parameters = BTreeMap::from([("rds.force_ssl".to_owned(), force_ssl)]);
    if !database.shared_preload_libraries.is_empty() {
        let value = database.shared_preload_libraries.join(",");
        // Static: the writer has to be rebooted for it.
        let libraries = Parameter { value, apply: ApplyMethod::PendingReboot };
        parameters.insert("shared_preload_libraries".to_owned(), libraries);
    }
    parameters
}
