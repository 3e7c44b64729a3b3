//! The shared database: an Aurora PostgreSQL cluster with one writer and no public access.
//!
//! A tenant's schema and roles are planned with the tenant.

use std::collections::BTreeMap;

use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::resource::{
    ApplyMethod, DatabaseAccess, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, Direction, Parameter,
    Peer, Secret, SecretContent, SecurityGroup, SecurityGroupRule,
};
use saas_model::spec::{Database, Spec};

use crate::addresses;
use crate::owner::{Owner, after};
use crate::secret_policy::SecretPolicies;

/// The port of PostgreSQL.
pub(crate) const PORT: u16 = 5432;

const BACKUP_RETENTION_DAYS: u32 = 7;

pub(crate) fn nodes(spec: &Spec, names: &Names, owner: &Owner) -> Vec<Draft> {
    let Database { engine_version, instance_class, name, admin, .. } = &spec.database;
    let platform = &spec.platform;
    let subnet_group = DbSubnetGroup {
        name: names.db_subnet_group(),
        description: format!("private subnets of {}", platform.name),
        subnets: spec.network.zones.iter().map(|zone| addresses::private_subnet(&zone.name)).collect(),
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
        content: SecretContent::Password,
        rotation: false,
        policy: SecretPolicies::new(platform).of_platform(),
    };
    let cluster = DbCluster {
        name: names.db_cluster(),
        engine_version: engine_version.clone(),
        database: name.clone(),
        admin: admin.clone(),
        admin_password: addresses::admin_password(),
        port: PORT,
        subnet_group: addresses::db_subnet_group(),
        parameter_group: addresses::db_parameter_group(),
        security_groups: [addresses::database_group()].into(),
        storage_encrypted: true,
        deletion_protection: platform.deletion_protection,
        backup_retention_days: BACKUP_RETENTION_DAYS,
        copy_tags_to_snapshots: true,
    };
    let writer = DbInstance {
        name: names.db_writer(),
        cluster: addresses::db_cluster(),
        class: instance_class.clone(),
        auto_minor_version_upgrade: false,
        publicly_accessible: false,
    };
    let access = DatabaseAccess {
        cluster: addresses::db_cluster(),
        database: name.clone(),
        extensions: spec.database.extensions.iter().cloned().collect(),
    };
    let [group, client_group, rule] = security_groups(names, owner);
    vec![
        owner.draft(&addresses::db_subnet_group(), subnet_group),
        owner.draft(&addresses::db_parameter_group(), parameter_group),
        owner.draft(&addresses::admin_password(), admin_password),
        owner.draft(&addresses::db_cluster(), cluster),
        owner.draft(&addresses::db_writer(), writer),
        // A cluster accepts connections only once it has an instance.
        Draft {
            after: after([addresses::db_writer().address()]),
            ..owner.draft(&addresses::database_access(), access)
        },
        group,
        client_group,
        rule,
    ]
}

/// The group of the database, the group that all tenants' tasks have as its clients, and the rule
/// between the two. A rule per tenant would exceed the 60 rules of a group and the five groups of a
/// cluster. The clients' group has no inbound rule, so it does not connect tenants.
fn security_groups(names: &Names, owner: &Owner) -> [Draft; 3] {
    let group =
        |name, description: &str| SecurityGroup { vpc: addresses::vpc(), name, description: description.to_owned() };
    let rule = SecurityGroupRule {
        group: addresses::database_group(),
        direction: Direction::Ingress,
        port: PORT,
        peer: Peer::Group(addresses::database_client_group()),
        description: "from tenants".to_owned(),
    };
    [
        owner.draft(&addresses::database_group(), group(names.database_group(), "database")),
        owner.draft(
            &addresses::database_client_group(),
            group(names.database_client_group(), "clients of the database"),
        ),
        owner.draft(&addresses::database_rule(), rule),
    ]
}

/// Only parameters that differ from the family's defaults.
fn parameters(database: &Database) -> BTreeMap<String, Parameter> {
    // Requires TLS. Source: Aurora User Guide, "Requiring an SSL/TLS connection".
    let force_ssl = Parameter { value: "1".into(), apply: ApplyMethod::Immediate };
    let mut parameters = BTreeMap::from([("rds.force_ssl".to_owned(), force_ssl)]);
    if !database.shared_preload_libraries.is_empty() {
        let value = database.shared_preload_libraries.join(",");
        // Static: takes effect when the writer is rebooted.
        let libraries = Parameter { value, apply: ApplyMethod::PendingReboot };
        parameters.insert("shared_preload_libraries".to_owned(), libraries);
    }
    parameters
}
