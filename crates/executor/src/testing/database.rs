//! The nodes of a planned database, for tests that need one.

use saas_model::resource::{DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, Secret, SecretContent};
use saas_model::{Address, Ref, Resource, Set};

pub(crate) const ADMIN_PASSWORD: &str = "database/admin-password";
pub(crate) const CLUSTER: &str = "database/cluster";
pub(crate) const PARAMETER_GROUP: &str = "database/parameter-group";
pub(crate) const SUBNET_GROUP: &str = "database/subnet-group";
pub(crate) const WRITER: &str = "database/writer";

/// A cluster with its writer, and the resources they refer to.
pub(crate) fn nodes() -> Vec<(&'static str, Resource)> {
    vec![
        (ADMIN_PASSWORD, secret("rds/saas-platform/admin/password").into()),
        (CLUSTER, cluster().into()),
        (PARAMETER_GROUP, parameter_group().into()),
        (SUBNET_GROUP, subnet_group().into()),
        (WRITER, writer().into()),
    ]
}

pub(crate) fn secret(name: &str) -> Secret {
    Secret {
        name: name.parse().expect("valid"),
        description: "a password".into(),
        content: SecretContent::Password,
        rotation: false,
        policy: saas_model::policy::Policy::default(),
    }
}

pub(crate) fn parameter_group() -> DbClusterParameterGroup {
    DbClusterParameterGroup {
        name: "saas-platform-aurora-postgresql15".parse().expect("valid"),
        family: "aurora-postgresql15".into(),
        description: "of the platform".into(),
        parameters: [].into(),
    }
}

fn subnet_group() -> DbSubnetGroup {
    DbSubnetGroup {
        name: "saas-platform-db".parse().expect("valid"),
        description: "private subnets".into(),
        subnets: Set::new(),
    }
}

pub(crate) fn cluster() -> DbCluster {
    DbCluster {
        name: "saas-platform-db".parse().expect("valid"),
        engine_version: "15.4".parse().expect("valid"),
        database: "saas".parse().expect("valid"),
        admin: "saasadmin".parse().expect("valid"),
        admin_password: Ref::to(Address::literal(ADMIN_PASSWORD)),
        port: 5432,
        subnet_group: Ref::to(Address::literal(SUBNET_GROUP)),
        parameter_group: Ref::to(Address::literal(PARAMETER_GROUP)),
        security_groups: Set::new(),
        storage_encrypted: true,
        deletion_protection: false,
        backup_retention_days: 7,
        copy_tags_to_snapshots: true,
    }
}

fn writer() -> DbInstance {
    DbInstance {
        name: "saas-platform-db-writer".parse().expect("valid"),
        cluster: Ref::to(Address::literal(CLUSTER)),
        class: "db.r6g.large".parse().expect("valid"),
        auto_minor_version_upgrade: false,
        publicly_accessible: false,
    }
}
