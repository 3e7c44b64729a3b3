//! Witnesses: why claims hold, in a form that is validated without search.

use serde::{Deserialize, Serialize};

/// The reason why a claim holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// This number of facts of the plan, each read from one place, are as required.
    Facts(u32),
    /// The target of each pair of an allow statement and a resource pattern, in order.
    Reaches(Vec<Reach>),
    /// Why each allow statement of a trust policy admits tasks or the tenant's schedules only, in order.
    Trusts(Vec<Trust>),
    /// The statements that deny the requests of the claim, bucket by bucket.
    Denials(Vec<Denial>),
    /// All hosts are labels of tenants under this domain, so hosts of two tenants never collide.
    Domain {
        /// The domain.
        domain: String,
        /// The number of hosts.
        hosts: u32,
    },
}

/// The target of a resource pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Only the tenant's own node, by its address relative to the tenant.
    Own(String),
    /// The repository of an image of this task definition of the tenant.
    Image(String),
    /// A secret or parameter that is not part of the plan, and that a container of this task definition of the
    /// tenant takes.
    External(String),
    /// No resource of the plan.
    Elsewhere,
    /// No resource: the actions apply to none.
    Nothing,
}

/// Why a statement of a trust policy admits only tasks of the platform's account and region, or only the
/// schedules of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The role, by its address relative to the tenant.
    pub role: String,
    /// The index of the statement.
    pub statement: u32,
    /// The index of its condition on the account.
    pub account: u32,
    /// The index of its condition on the ARNs of the region's clusters, or of the tenant's group of schedules.
    pub source: u32,
    /// That group, by its address relative to the tenant; `None` for tasks.
    pub group: Option<String>,
}

/// The statements of a bucket's policy that deny the requests of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    /// The bucket, by its address relative to the tenant.
    pub bucket: String,
    /// The indexes of the statements that together deny all actions on the bucket itself.
    pub on_bucket: Vec<u32>,
    /// The indexes of the statements that together deny all actions on its objects.
    pub on_objects: Vec<u32>,
}
