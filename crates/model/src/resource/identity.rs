//! Who may do what: IAM roles.

use std::collections::BTreeMap;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use crate::identifier::RoleName;
use crate::impact::{NONE, REPLACED, fixed};
use crate::policy::Policy;

/// An IAM role. Its inline policies are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = false, removal = NONE)]
pub struct Role {
    /// Its name, unique in the account without regard to case.
    #[replaces(REPLACED)]
    pub name: RoleName,
    /// Its path, such as `/saas/production/`.
    #[replaces(fixed("the path holds the stage, and the stage of a platform stays"))]
    pub path: String,
    /// What it is for.
    #[updates(NONE)]
    pub description: String,
    /// Who may assume it.
    #[updates(NONE)]
    pub trust: Policy,
    /// What it may do, by the name of the inline policy.
    #[updates(NONE)]
    pub policies: BTreeMap<String, Policy>,
}
