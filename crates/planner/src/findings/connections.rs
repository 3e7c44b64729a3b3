//! Checks that the database accepts as many connections as its tenants may open.

use saas_model::identifier::InstanceClass;
use saas_model::resource::{DbInstance, Resource};
use saas_model::{Address, Plan};

use super::{Finding, Reason};

/// Connections that are not for tenants: PostgreSQL reserves three for superusers, Aurora's own
/// automation uses three, and saas itself needs some to inspect the database.
/// Source: Aurora User Guide, "Maximum connections to an Aurora PostgreSQL DB instance".
const RESERVED: u64 = 10;

/// The upper limit of the default of `max_connections`, regardless of memory.
const MOST: u64 = 5_000;

/// The connections that tenants need, and those that the database has.
pub(super) struct Connections<'a> {
    pub(super) writer: &'a Address,
    pub(super) class: &'a InstanceClass,
    /// The maximum of all tenants in total.
    pub(super) needed: u64,
    /// The number that the class has for tenants.
    pub(super) available: u64,
}

impl<'a> Connections<'a> {
    /// `None` when the memory of the class is unknown.
    pub(super) fn of(plan: &'a Plan) -> Option<Self> {
        let needed = plan.nodes().iter().map(|node| match &node.resource {
            Resource::TenantSchema(schema) => u64::from(schema.connection_limit),
            _ => 0,
        });
        let (writer, class) = plan.nodes().iter().find_map(|node| match &node.resource {
            Resource::DbInstance(DbInstance { class, .. }) => Some((&node.address, class)),
            _ => None,
        })?;
        Some(Self { writer, class, needed: needed.sum(), available: available(class)? })
    }

    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { writer, class, needed, available } = self;
        (needed > available).then(|| Finding {
            address: Some((*writer).clone()),
            reason: Reason::FewConnections {
                needed: *needed,
                class: (*class).clone(),
                offered: *available,
                enough: smallest_sufficient(class, *needed),
            },
        })
    }
}

/// The connections for tenants with the default of `max_connections`, which is
/// `LEAST(DBInstanceClassMemory / 9531392, 5000)`.
///
/// `DBInstanceClassMemory` is less than the memory of the class, because the system uses some of it.
/// The Aurora User Guide counts a GiB as 10^9 bytes, and published measurements are close to that.
fn available(class: &InstanceClass) -> Option<u64> {
    let mib = class.hardware()?.memory >> 20;
    Some((mib * 1_000_000_000 / 1_024 / 9_531_392).min(MOST) - RESERVED)
}

/// The smallest sufficient class, of the same family if possible.
fn smallest_sufficient(class: &InstanceClass, needed: u64) -> Option<InstanceClass> {
    let general = "db.r7g.large".parse::<InstanceClass>().ok();
    let classes = class.siblings().chain(general.iter().flat_map(InstanceClass::siblings));
    classes.into_iter().find(|class| available(class).is_some_and(|available| available >= needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> InstanceClass {
        name.parse().expect("a valid class")
    }

    #[test]
    fn connections_derive_from_memory() {
        assert_eq!(available(&class("db.r6g.large")), Some(1_668));
        assert_eq!(available(&class("db.r6g.xlarge")), Some(3_347));
        assert_eq!(available(&class("db.r6g.2xlarge")), Some(4_990), "the limit is 5,000");
        assert_eq!(available(&class("db.t4g.medium")), Some(409));
        assert_eq!(available(&class("db.r4.large")), Some(1_589), "the guide says 1,600 in total");
        assert_eq!(available(&class("db.r9g.large")), None, "its memory is unknown");
    }

    #[test]
    fn smallest_sufficient_class_is_suggested() {
        let smallest_sufficient =
            |name: &str, needed| super::smallest_sufficient(&class(name), needed).map(|class| class.to_string());
        assert_eq!(smallest_sufficient("db.r6g.large", 2_000).as_deref(), Some("db.r6g.xlarge"));
        assert_eq!(smallest_sufficient("db.r6g.16xlarge", 100).as_deref(), Some("db.r6g.large"));
        assert_eq!(smallest_sufficient("db.t4g.medium", 800).as_deref(), Some("db.t4g.large"));
        assert_eq!(smallest_sufficient("db.t4g.medium", 4_000).as_deref(), Some("db.r7g.2xlarge"));
        assert_eq!(smallest_sufficient("db.r6g.large", 4_991), None);
    }
}
