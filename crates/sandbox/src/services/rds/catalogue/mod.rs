//! The Aurora PostgreSQL offerings of RDS: versions, instance classes, parameters.
//!
//! The data is in `models/tables/aurora.json`, with its sources.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::words::Words;
use crate::xml::{self, Element};

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

/// What AWS offers.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Offerings {
    releases: Vec<versions::Release>,
    classes: Vec<classes::Generation>,
    parameters: Vec<Parameter>,
    fixed: BTreeMap<&'static str, BTreeMap<&'static str, Value>>,
}

static OFFERINGS: LazyLock<Offerings> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../models/tables/aurora.json")).expect("tests read the offerings")
});

/// The members of a structure that have the same value for every resource.
pub(super) fn fixed(structure: &str) -> impl Iterator<Item = Element> {
    OFFERINGS.fixed[structure].iter().map(|(name, value)| match value {
        Value::Array(members) => xml::texts(name, "member", members.iter().filter_map(Value::as_str)),
        value => xml::text(name, value.as_str().unwrap_or_default()),
    })
}
