//! What a change does to those who use the platform.
//!
//! Each kind of resource declares, at each field of its struct, what it does to availability when the
//! field changes (`#[updates(...)]`, `#[replaces(...)]`); a field without that does not compile. Here
//! is what can be declared, and what follows for a whole change.

mod between;
mod summary;

pub use between::{between, immutable_changes};
pub use summary::summary;

use std::fmt;

use serde::Serialize;

use crate::address::Address;
use crate::fields::FieldChange;
use crate::resource::Kind;

/// What a change does to those who use the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing that a tenant notices.
    None,
    /// ECS replaces the tasks of a service: new ones are healthy before old ones end.
    RollsService,
    /// Another resource takes the place of this one.
    Replaces {
        /// What does not work meanwhile; `None` where the new one is there before the old one goes.
        interruption: Option<&'static str>,
    },
    /// It is changed in place, and something does not work for a moment, or not any more.
    Interrupts {
        /// What.
        what: &'static str,
    },
    /// It is changed in place, and something is gone afterwards.
    Loses {
        /// What.
        what: &'static str,
    },
    /// PostgreSQL restarts, and with it every tenant's connections end.
    RestartsDatabase {
        /// For about how many minutes nobody can connect.
        minutes: u32,
    },
    /// It can only be decided when the platform is made.
    CannotChangeLive {
        /// What to do instead.
        instead: &'static str,
    },
}

impl Impact {
    /// Whether it is worth a word.
    #[must_use]
    pub const fn is_any(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no interruption"),
            Self::RollsService => f.write_str("rolls the service, no interruption"),
            Self::Replaces { interruption: None } => f.write_str("replaced, no interruption"),
            Self::Replaces { interruption: Some(what) } => write!(f, "replaced: {what}"),
            Self::Interrupts { what } => f.write_str(what),
            Self::Loses { what } => write!(f, "loses {what}"),
            Self::RestartsDatabase { minutes } => {
                write!(f, "restarts the database: about {minutes} minutes without it for all tenants")
            }
            Self::CannotChangeLive { instead } => write!(f, "cannot be changed on a live platform: {instead}"),
        }
    }
}

/// What the change of one field does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldImpact {
    /// The node; `None` for what is said of the platform as a whole.
    pub address: Option<Address>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The field; empty where the node itself goes.
    pub field: String,
    /// What its change does.
    pub impact: Impact,
}

impl FieldImpact {
    /// What the changes of these fields of a node do, as far as they do anything.
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

    /// What it does that a node goes while the platform stays, if it does anything.
    #[must_use]
    pub fn of_removal(address: &Address, kind: Kind) -> Option<Self> {
        let impact = kind.removal();
        impact.is_any().then(|| Self { address: Some(address.clone()), kind: Some(kind), field: String::new(), impact })
    }
}

/// A struct of fields whose changes have an impact. It is derived.
pub(crate) trait HasImpact {
    /// What the change of one of its fields does. The path begins within the struct.
    fn impact(change: &FieldChange) -> Impact;
}

/// Nothing that a tenant notices.
pub(crate) const NONE: Impact = Impact::None;
/// New tasks take the place of old ones.
pub(crate) const ROLLS: Impact = Impact::RollsService;
/// The new one is there before the old one goes.
pub(crate) const REPLACED: Impact = Impact::Replaces { interruption: None };
/// How long PostgreSQL is away for a reboot, another class or another minor version: it is down for
/// one to several minutes, and clients have to connect again.
/// Source: Aurora User Guide, "Rebooting an Amazon Aurora DB cluster", "Modifying an Amazon Aurora DB
/// cluster" (DB instance class: "an outage occurs during this change"), "Upgrading Amazon Aurora
/// PostgreSQL DB clusters".
pub(crate) const RESTART: Impact = Impact::RestartsDatabase { minutes: 5 };

/// It follows from the platform's name, which never changes.
pub(crate) const NAMED: Impact =
    fixed("its name follows from the platform's and the tenant's; make a second platform, or another tenant");

/// What is declared as the removal of what all tenants share.
pub(crate) const NEEDED: &str = "every tenant needs it; destroy the platform where it is to go";

/// It can only be decided when the platform is made.
pub(crate) const fn fixed(instead: &'static str) -> Impact {
    Impact::CannotChangeLive { instead }
}

pub(crate) const fn interrupts(what: &'static str) -> Impact {
    Impact::Interrupts { what }
}

pub(crate) const fn replaced_after(interruption: &'static str) -> Impact {
    Impact::Replaces { interruption: Some(interruption) }
}

/// What it does when a number goes down: something is lost. Up, it does nothing.
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
    fn what_restarts_the_database() {
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
    fn what_shrinks_is_lost() {
        let retention = |before, after| impact(Kind::LogGroup, "retention_days", json!(before), json!(after));
        assert!(matches!(retention(60, 30), Impact::Loses { .. }));
        assert_eq!(retention(30, 60), NONE);
    }

    #[test]
    fn fields_within_fields_have_their_own() {
        assert_eq!(impact(Kind::TaskDefinition, "container.image", json!("a"), json!("b")), ROLLS);
        assert_eq!(impact(Kind::TargetGroup, "health_check.path", json!("/"), json!("/up")), NONE);
        let port = impact(Kind::TargetGroup, "port", json!(80), json!(81));
        assert!(
            matches!(port, Impact::Replaces { interruption: Some(_) }),
            "its tenant is without targets for a while"
        );
    }

    #[test]
    fn tags_have_none() {
        assert_eq!(impact(Kind::Vpc, "tags.cost_center", json!("a"), json!("b")), NONE);
    }
}
