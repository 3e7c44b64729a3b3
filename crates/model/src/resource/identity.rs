//! Identities and permissions: IAM roles.

use std::collections::BTreeMap;
use std::fmt;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use crate::identifier::{PolicyArn, RoleName};
use crate::impact::{NONE, REPLACED, fixed};
use crate::policy::Policy;

/// An IAM role. Its inline policies are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = false, revisions = false, removal = NONE)]
pub struct Role {
    /// Its name, unique in the account regardless of case.
    #[replaces(REPLACED)]
    pub name: RoleName,
    /// Its path, such as `/saas/production/`.
    #[replaces(fixed("the path contains the environment, which cannot be changed"))]
    pub path: String,
    /// Its description.
    #[updates(NONE)]
    pub description: String,
    /// The trust policy.
    #[updates(NONE)]
    #[security]
    pub trust: Policy,
    /// The policy that limits what its own policies can allow.
    // Source: IAM API, `PutRolePermissionsBoundary`, `DeleteRolePermissionsBoundary`.
    #[updates(NONE)]
    #[security]
    pub permissions_boundary: Option<PolicyArn>,
    /// The inline policies, by name.
    #[updates(NONE)]
    #[security]
    pub policies: BTreeMap<String, Policy>,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.path, self.name)
    }
}
