//! The Aurora PostgreSQL offerings of RDS: versions, instance classes, parameters.
//!
//! AWS changes them every few weeks. The data was read from AWS's own listings as cfn-lint 1.58
//! contains them. To add a missing release, add its number.

use crate::words::Words;

mod classes;
mod parameters;
mod versions;

pub(super) use classes::{classes, is_offered as is_class_offered};
pub(super) use parameters::{Parameter, Source, parameter, parameters};
pub(super) use versions::{Catalogue, Version, can_upgrade, default_of_engine, existing, family, unoffered};

/// The only engine that the sandbox models.
pub(super) const ENGINE: &str = "aurora-postgresql";

/// The engines that AWS has and the sandbox does not model. Source: Amazon RDS API reference,
/// `DescribeDBEngineVersions`.
pub(super) const OTHER_ENGINES: Words = Words(
    "aurora-mysql custom-oracle-ee custom-oracle-ee-cdb custom-oracle-se2 custom-oracle-se2-cdb db2-ae db2-ce db2-se \
     mariadb mysql oracle-ee oracle-ee-cdb oracle-se2 oracle-se2-cdb postgres sqlserver-dev-ee sqlserver-ee \
     sqlserver-ex sqlserver-se sqlserver-web",
);
