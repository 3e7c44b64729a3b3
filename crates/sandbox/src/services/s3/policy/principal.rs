//! Principals of statements.
//!
//! Source: AWS IAM User Guide, "AWS JSON policy elements: Principal".

use super::read::texts;
use super::{malformed, wildcard};
use crate::cloud::Account;
use crate::regions;
use crate::services::policy_language::is_account;
use crate::services::prelude::*;
use crate::services::{iam, sts};

/// A principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// All principals.
    Anyone,
    /// An account, a role, a user or a session.
    Aws(String),
    Service(String),
    Federated(String),
    /// An account by its canonical user id.
    Canonical(String),
}

impl Principal {
    /// Parses `"*"`, or an object with lists.
    pub(super) fn read(value: &Value) -> Result<Vec<Self>, Refusal> {
        let kinds = match value {
            Value::String(star) if star == "*" => return Ok(vec![Self::Anyone]),
            Value::Object(kinds) if !kinds.is_empty() => kinds,
            _ => return Err(invalid()),
        };
        let mut principals = Vec::new();
        for (kind, named) in kinds {
            let make: fn(String) -> Self = match kind.as_str() {
                "AWS" => |name| if name == "*" { Self::Anyone } else { Self::Aws(name) },
                "Service" => Self::Service,
                "Federated" => Self::Federated,
                "CanonicalUser" => Self::Canonical,
                _ => return Err(invalid()),
            };
            principals.extend(texts(named)?.into_iter().map(make));
        }
        Ok(principals)
    }

    /// Rejects a principal that IAM does not know.
    pub(super) fn validate(&self, cloud: &Cloud) -> Result<(), Refusal> {
        let known = match self {
            Self::Anyone => true,
            Self::Aws(name) => is_known(name, cloud),
            Self::Service(name) => {
                let host = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"));
                host.is_some_and(|host| !host.is_empty() && wildcard::is_fixed(host))
            }
            Self::Federated(name) => !name.is_empty() && wildcard::is_fixed(name),
            Self::Canonical(id) => id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        };
        if known { Ok(()) } else { Err(invalid()) }
    }

    /// Whether it matches the caller.
    pub(super) fn is_caller(&self, account: &Account) -> bool {
        match self {
            Self::Anyone => true,
            Self::Aws(name) => {
                let root = account.global_arn("iam", "root");
                [&account.id, &root, &account.caller, &sts::session(account)].contains(&name)
            }
            Self::Service(_) | Self::Federated(_) | Self::Canonical(_) => false,
        }
    }
}

/// Whether IAM knows an account, a role, a user or a session. Those of other accounts are all
/// assumed to exist.
fn is_known(name: &str, cloud: &Cloud) -> bool {
    if is_account(name) {
        return true;
    }
    // The unique id of a role or user, which replaces its ARN when it is deleted.
    let is_id = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if ["AIDA", "AROA"].iter().any(|kind| name.starts_with(kind)) {
        return is_id(name);
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts.as_slice() else { return false };
    if !regions::is_partition(partition) || !is_account(account) || !wildcard::is_fixed(resource) {
        return false;
    }
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    match (*service, kind) {
        ("iam", "root") => rest.is_empty() && !resource.contains('/'),
        ("iam", "role" | "user") => {
            // The sandbox has no users except the caller, if it is one.
            let exists = || name == cloud.account.caller || kind == "role" && iam::has_role(cloud, name);
            !rest.is_empty() && (*account != cloud.account.id || exists())
        }
        ("sts", "assumed-role") => rest.split('/').filter(|part| !part.is_empty()).count() == 2,
        ("sts", "federated-user") => !rest.is_empty(),
        _ => false,
    }
}

fn invalid() -> Refusal {
    malformed("Invalid principal in policy")
}
