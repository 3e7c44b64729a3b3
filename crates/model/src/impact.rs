//! The impact of a change on users of the platform.
//!
//! Each field of each resource kind declares how its change affects availability (`#[updates(...)]`,
//! `#[replaces(...)]`); a field without a declaration does not compile. This module has the possible
//! declarations and combines them for a whole change.

mod between;
mod summary;

pub use between::{between, immutable_changes, rebound_fields};
pub use summary::summary;

use std::fmt;

use serde::Serialize;

use crate::address::Address;
use crate::fields::FieldChange;
use crate::resource::Kind;

/// The impact of a change on users of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Tenants notice nothing.
    None,
    /// The tenant's migration runs before its services change.
    RunsMigration,
    /// ECS replaces the tasks of a service: new tasks are healthy before old ones stop.
    RollsService,
    /// The resource is replaced.
    Replaces {
        /// What does not work meanwhile; `None` when the new resource exists before the old one is
        /// deleted.
        interruption: Option<&'static str>,
    },
    /// The resource is updated in place, and something is interrupted, briefly or permanently.
    Interrupts {
        /// What is interrupted.
        what: &'static str,
    },
    /// The resource is updated in place, and data is lost.
    Loses {
        /// What is lost.
        what: &'static str,
    },
    /// PostgreSQL restarts, which closes the connections of every tenant.
    RestartsDatabase {
        /// The approximate downtime in minutes.
        minutes: u32,
    },
    /// It can be set only when the platform is created.
    CannotChangeLive {
        /// What the operator can do instead.
        instead: &'static str,
    },
}

impl Impact {
    /// Whether there is an impact to report.
    #[must_use]
    pub const fn is_any(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no interruption"),
            Self::RunsMigration => f.write_str("runs the migration before the services change"),
            Self::RollsService => f.write_str("rolls the service, no interruption"),
            Self::Replaces { interruption: None } => f.write_str("replaced, no interruption"),
            Self::Replaces { interruption: Some(what) } => write!(f, "replaced: {what}"),
            Self::Interrupts { what } => f.write_str(what),
            Self::Loses { what } => write!(f, "loses {what}"),
            Self::RestartsDatabase { minutes } => {
                write!(f, "restarts the database: about {minutes} minutes of downtime for all tenants")
            }
            Self::CannotChangeLive { instead } => write!(f, "cannot be changed on a live platform: {instead}"),
        }
    }
}

/// The impact of a change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldImpact {
    /// The node; `None` for the platform as a whole.
    pub address: Option<Address>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The field; empty when the node itself is deleted.
    pub field: String,
    /// The impact of its change.
    pub impact: Impact,
}

impl FieldImpact {
    /// The impacts of changes of a node's fields, without those that have none.
    pub fn of_fields<'a>(
        address: &'a Address,
        kind: Kind,
        fields: impl IntoIterator<Item = &'a FieldChange>,
    ) -> impl Iterator<Item = Self> {
        fields.into_iter().filter_map(move |change| {
            let impact = kind.impact(change);
            impact.is_any().then(|| Self {
                address: Some(address.clone()),
                kind: Some(kind),
                field: change.field.clone(),
                impact,
            })
        })
    }

    /// The impact of deleting a node while the platform stays; `None` when there is none.
    #[must_use]
    pub fn of_removal(address: &Address, kind: Kind) -> Option<Self> {
        let impact = kind.removal();
        impact.is_any().then(|| Self { address: Some(address.clone()), kind: Some(kind), field: String::new(), impact })
    }
}

/// A struct whose fields declare the impact of a change. Derived.
pub(crate) trait HasImpact {
    /// The impact of a change of one field. The path is relative to the struct.
    fn impact(change: &FieldChange) -> Impact;
}

/// Tenants notice nothing.
pub(crate) const NONE: Impact = Impact::None;
/// The migration runs.
pub(crate) const MIGRATES: Impact = Impact::RunsMigration;
/// New tasks replace old ones.
pub(crate) const ROLLS: Impact = Impact::RollsService;
/// The new resource exists before the old one is deleted.
pub(crate) const REPLACED: Impact = Impact::Replaces { interruption: None };
/// How long PostgreSQL is down for a reboot, a new instance class or a minor version upgrade:
/// one to several minutes. Clients have to reconnect.
/// Source: Aurora User Guide, "Rebooting an Amazon Aurora DB cluster", "Modifying an Amazon Aurora DB
/// cluster" (DB instance class: "an outage occurs during this change"), "Upgrading Amazon Aurora
/// PostgreSQL DB clusters".
pub(crate) const RESTART: Impact = Impact::RestartsDatabase { minutes: 5 };

/// The name derives from the platform's name, which never changes.
pub(crate) const NAMED: Impact =
    fixed("its name derives from the platform's and the tenant's; create a second platform, or another tenant");

/// The impact of deleting a shared resource.
pub(crate) const NEEDED: &str = "every tenant needs it; to delete it, destroy the platform";

/// It can be set only when the platform is created.
pub(crate) const fn fixed(instead: &'static str) -> Impact {
    Impact::CannotChangeLive { instead }
}

pub(crate) const fn interrupts(what: &'static str) -> Impact {
    Impact::Interrupts { what }
}

pub(crate) const fn replaced_after(interruption: &'static str) -> Impact {
    Impact::Replaces { interruption: Some(interruption) }
}

/// The impact of decreasing a number: data is lost. Increasing it has none.
pub(crate) fn shrinks(change: &FieldChange, what: &'static str) -> Impact {
    match (change.before.as_u64(), change.after.as_u64()) {
        (Some(before), Some(after)) if after < before => Impact::Loses { what },
        _ => Impact::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn impact(kind: Kind, field: &str, before: Value, after: Value) -> Impact {
        kind.impact(&FieldChange { field: field.into(), before, after })
    }

    #[test]
    fn version_class_and_static_parameters_restart_the_database() {
        let version =
            |before: &str, after: &str| impact(Kind::DbCluster, "engine_version", json!(before), json!(after));
        assert_eq!(version("15.10", "15.12"), RESTART);
        assert_eq!(version("15.12", "16.4"), Impact::RestartsDatabase { minutes: 30 });
        assert!(matches!(version("15.12", "15.10"), Impact::CannotChangeLive { .. }), "Aurora cannot go back");
        assert!(matches!(version("16.1", "15.12"), Impact::CannotChangeLive { .. }), "Aurora cannot go back");
        assert_eq!(impact(Kind::DbInstance, "class", json!("db.r6g.large"), json!("db.r6g.xlarge")), RESTART);
        assert_eq!(impact(Kind::DbInstance, "parameters", json!("pending-reboot"), json!("in-sync")), RESTART);
        let parameter = |name: &str, before, after| {
            impact(Kind::DbClusterParameterGroup, &format!("parameters.{name}"), before, after)
        };
        assert_eq!(parameter("shared_preload_libraries.value", json!("a"), json!("b")), RESTART);
        assert_eq!(parameter("rds.force_ssl.value", json!("0"), json!("1")), NONE);
        let added = |apply: &str| json!({ "value": "1", "apply": apply });
        assert_eq!(parameter("max_connections", Value::Null, added("pending-reboot")), RESTART);
        assert_eq!(parameter("work_mem", added("immediate"), Value::Null), NONE);
    }

    #[test]
    fn removed_extension_interrupts() {
        let extensions = |before, after| impact(Kind::DatabaseAccess, "extensions", before, after);
        assert_eq!(extensions(json!(["citext"]), json!(["citext", "ltree"])), NONE);
        assert!(matches!(extensions(json!(["citext", "ltree"]), json!(["citext"])), Impact::Interrupts { .. }));
    }

    #[test]
    fn shorter_retention_loses_data() {
        let retention = |before, after| impact(Kind::LogGroup, "retention_days", json!(before), json!(after));
        assert!(matches!(retention(60, 30), Impact::Loses { .. }));
        assert_eq!(retention(30, 60), NONE);
    }

    #[test]
    fn nested_fields_have_their_own_impact() {
        assert_eq!(impact(Kind::Service, "load_balancer.port", json!(80), json!(81)), ROLLS);
        assert_eq!(impact(Kind::Service, "load_balancer.health_check_grace_seconds", json!(1), json!(2)), NONE);
        assert_eq!(impact(Kind::Service, "load_balancer", Value::Null, json!({})), ROLLS);
        assert_eq!(impact(Kind::TargetGroup, "health_check.path", json!("/"), json!("/up")), NONE);
        let port = impact(Kind::TargetGroup, "port", json!(80), json!(81));
        assert!(
            matches!(port, Impact::Replaces { interruption: Some(_) }),
            "its tenant is without targets for a while"
        );
    }

    #[test]
    fn tags_have_no_impact() {
        assert_eq!(impact(Kind::Vpc, "tags.cost_center", json!("a"), json!("b")), NONE);
    }
}
