//! Whether the database takes as many connections as its tenants may open.

use saas_model::identifier::InstanceClass;
use saas_model::resource::{DbInstance, Resource};
use saas_model::{Address, Plan};

use super::{Finding, Reason};

/// Connections that are not for tenants: PostgreSQL keeps three for superusers, Aurora's own
/// automation takes three, and saas itself needs some to look at the database.
/// Source: Aurora User Guide, "Maximum connections to an Aurora PostgreSQL DB instance".
const RESERVED: u64 = 10;

/// The most that the default of `max_connections` gives, whatever the memory.
const MOST: u64 = 5_000;

/// What tenants need of a database's connections, and what it has.
pub(super) struct Connections<'a> {
    pub(super) writer: &'a Address,
    pub(super) class: &'a InstanceClass,
    /// What all tenants may open together.
    pub(super) needed: u64,
    /// What the class leaves for them.
    pub(super) offered: u64,
}

impl<'a> Connections<'a> {
    /// `None` where the class is one whose memory is not known here.
    pub(super) fn of(plan: &'a Plan) -> Option<Self> {
        let needed = plan.nodes().iter().map(|node| match &node.resource {
            Resource::TenantSchema(schema) => u64::from(schema.connection_limit),
            _ => 0,
        });
        let (writer, class) = plan.nodes().iter().find_map(|node| match &node.resource {
            Resource::DbInstance(DbInstance { class, .. }) => Some((&node.address, class)),
            _ => None,
        })?;
        Some(Self { writer, class, needed: needed.sum(), offered: offered(class)? })
    }

    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { writer, class, needed, offered } = self;
        (needed > offered).then(|| Finding {
            address: Some((*writer).clone()),
            reason: Reason::FewConnections {
                needed: *needed,
                class: (*class).clone(),
                offered: *offered,
                enough: enough(class, *needed),
            },
        })
    }
}

/// What is left for tenants of the default of `max_connections`, which is
/// `LEAST(DBInstanceClassMemory / 9531392, 5000)`.
///
/// `DBInstanceClassMemory` is less than the memory of the class, for the system takes some of it. The
/// Aurora User Guide reckons a GiB as 10^9 bytes, and what people have measured is close to that.
fn offered(class: &InstanceClass) -> Option<u64> {
    let mib = class.hardware()?.memory >> 20;
    Some((mib * 1_000_000_000 / 1_024 / 9_531_392).min(MOST) - RESERVED)
}

/// The smallest class that suffices, of the same family where there is one.
fn enough(class: &InstanceClass, needed: u64) -> Option<InstanceClass> {
    let general = "db.r7g.large".parse::<InstanceClass>().ok();
    let classes = class.siblings().chain(general.iter().flat_map(InstanceClass::siblings));
    classes.into_iter().find(|class| offered(class).is_some_and(|offered| offered >= needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> InstanceClass {
        name.parse().expect("a valid class")
    }

    #[test]
    fn connections_follow_from_memory() {
        assert_eq!(offered(&class("db.r6g.large")), Some(1_668));
        assert_eq!(offered(&class("db.r6g.xlarge")), Some(3_347));
        assert_eq!(offered(&class("db.r6g.2xlarge")), Some(4_990), "there are never more than 5,000");
        assert_eq!(offered(&class("db.t4g.medium")), Some(409));
        assert_eq!(offered(&class("db.r4.large")), Some(1_589), "the guide says 1,600 of all");
        assert_eq!(offered(&class("db.r9g.large")), None, "nothing is known of it");
    }

    #[test]
    fn the_smallest_class_that_suffices_is_named() {
        let enough = |name: &str, needed| super::enough(&class(name), needed).map(|class| class.to_string());
        assert_eq!(enough("db.r6g.large", 2_000).as_deref(), Some("db.r6g.xlarge"));
        assert_eq!(enough("db.r6g.16xlarge", 100).as_deref(), Some("db.r6g.large"));
        assert_eq!(enough("db.t4g.medium", 800).as_deref(), Some("db.t4g.large"));
        assert_eq!(enough("db.t4g.medium", 4_000).as_deref(), Some("db.r7g.2xlarge"));
        assert_eq!(enough("db.r6g.large", 4_991), None);
    }
}
