//! Why claims hold, in a form that is validated without any search.

use serde::{Deserialize, Serialize};

/// Why a claim holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// So many facts of the plan, each of which is read in one place of it, are as they must be.
    Facts(u32),
    /// What each pair of a statement that allows and a pattern of its resources leads to, in their order.
    Reaches(Vec<Reach>),
    /// Why each statement of a trust policy that allows lets in tasks alone, in their order.
    Trusts(Vec<Trust>),
    /// Which statements deny the requests of the claim, bucket by bucket.
    Denials(Vec<Denial>),
    /// All hosts are labels of tenants beneath this domain; so those of two tenants never meet.
    Domain {
        /// The domain.
        domain: String,
        /// How many hosts there are.
        hosts: u32,
    },
}

/// What a pattern of resources leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// To the tenant's own node alone, by its address within the tenant.
    Own(String),
    /// To the repository of the image that this task definition of the tenant runs.
    Image(String),
    /// To nothing: the actions are about no resource.
    Nothing,
}

/// Why a statement of a trust policy lets in tasks of the platform's account and region alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The role, by its address within the tenant.
    pub role: String,
    /// The place of the statement.
    pub statement: u32,
    /// The place of its condition that holds the account.
    pub account: u32,
    /// The place of its condition that holds the ARNs of the region's clusters.
    pub source: u32,
}

/// Which statements of a bucket's policy deny the requests of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    /// The bucket, by its address within the tenant.
    pub bucket: String,
    /// The places of the statements that together deny all actions on the bucket itself.
    pub on_bucket: Vec<u32>,
    /// The places of those that together deny all actions on its objects.
    pub on_objects: Vec<u32>,
    /// The actions that none of them denies; a risk that is known.
    pub open: Vec<String>,
}
