//! Who may do what: IAM roles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wanted;
use crate::identifier::RoleName;
use crate::impact::{NONE, REPLACED, fixed, impacts};
use crate::policy::Policy;

/// An IAM role. Its inline policies are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name, unique in the account without regard to case.
    pub name: RoleName,
    /// Its path, such as `/saas/production/`.
    pub path: String,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub trust: Policy,
    /// What it may do, by the name of the inline policy.
    pub policies: BTreeMap<String, Policy>,
}
wanted!(Role);
impacts!(Role, change {
    name => REPLACED,
    path => fixed("the path holds the stage, and the stage of a platform stays"),
    description => NONE,
    trust => NONE,
    policies => NONE,
});
