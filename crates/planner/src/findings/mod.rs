//! Checks a plan against the quotas of AWS and against the capacity that its spec gives.
//!
//! This module computes findings; the caller renders them. [`Quota`] has the source of each quota.

mod addresses;
mod capacity;
mod connections;
mod count;
mod quota;

use std::fmt;

use saas_model::identifier::InstanceClass;
use saas_model::{Address, Plan};
use serde::Serialize;

use self::addresses::PrivateAddresses;
pub use self::capacity::Capacity;
use self::connections::Connections;
pub use self::quota::Quota;

/// A warning or an error that the operator should know before applying the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The node; `None` when it concerns the whole plan.
    pub address: Option<Address>,
    /// The reason.
    pub reason: Reason,
}

/// Why a plan cannot be applied as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The default quota is exceeded, and AWS increases it on request.
    AskForMore {
        /// The quota.
        quota: Quota,
        /// The required value, which is the value to request.
        needed: u64,
    },
    /// The hard limit of a quota is exceeded.
    TooMany {
        /// The quota.
        quota: Quota,
        /// The required value.
        needed: u64,
        /// The hard limit.
        most: u64,
    },
    /// Tenants may open more connections in total than the database accepts.
    FewConnections {
        /// The connections that they may open.
        needed: u64,
        /// The instance class of the writer.
        class: InstanceClass,
        /// The connections that the class has for tenants.
        offered: u64,
        /// The smallest sufficient class; `None` when there is none.
        enough: Option<InstanceClass>,
    },
    /// The private subnets have fewer addresses than the maximum number of tasks needs.
    FewAddresses {
        /// The addresses needed with every service at `max_count` during a deployment of all services.
        needed: u64,
        /// The addresses needed for a deployment of all services at `desired_count`.
        in_rollout: u64,
        /// The available addresses.
        available: u64,
        /// The number of private subnets.
        subnets: usize,
        /// The longest sufficient prefix for that number of subnets; `None` when there is none.
        enough: Option<u8>,
    },
    /// A subnet has too few addresses for its load balancers.
    SmallSubnet {
        /// The addresses needed.
        needed: u64,
        /// The available addresses.
        available: u64,
        /// The longest sufficient prefix; `None` when there is none.
        enough: Option<u8>,
    },
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The operator should act before applying the plan.
    Warning,
    /// The plan can never be applied.
    Error,
}

impl Finding {
    /// The severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self.reason {
            Reason::AskForMore { .. }
            | Reason::FewConnections { .. }
            | Reason::FewAddresses { .. }
            | Reason::SmallSubnet { .. } => Severity::Warning,
            Reason::TooMany { .. } => Severity::Error,
        }
    }
}

/// All findings: exceeded quotas by quota and address, then insufficient capacity of the spec.
#[must_use]
pub fn findings(plan: &Plan) -> Vec<Finding> {
    let counts = count::counts(plan).into_iter();
    let quotas = counts.filter_map(|((quota, address), needed)| judge(quota, address.cloned(), needed));
    let mut found: Vec<Finding> = quotas.collect();
    found.extend(Connections::of(plan).and_then(|connections| connections.finding()));
    found.extend(PrivateAddresses::of(plan).finding());
    found.extend(addresses::of_load_balancers(plan));
    found
}

/// How many tenants like those of the plan the platform can have, and which limit comes next.
#[must_use]
pub fn capacity(plan: &Plan) -> Option<Capacity> {
    capacity::capacity(plan, &count::counts(plan))
}

fn judge(quota: Quota, address: Option<Address>, needed: u64) -> Option<Finding> {
    let reason = match quota.most() {
        Some(most) if needed > most => Reason::TooMany { quota, needed, most },
        _ if needed > quota.default() => Reason::AskForMore { quota, needed },
        _ => return None,
    };
    Some(Finding { address, reason })
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "`{address}`: {}", self.reason),
            None => write!(f, "the plan {}", self.reason),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskForMore { quota, needed } => {
                write!(
                    f,
                    "needs {needed} {quota}, but the default quota is {}: request a quota increase to {needed}",
                    quota.default()
                )
            }
            Self::TooMany { quota, needed, most } => {
                write!(f, "needs {needed} {quota}, but AWS allows at most {most}: split the platform in two")
            }
            Self::FewConnections { needed, class, offered, enough } => {
                write!(f, "needs {needed} database connections for all tenants, but {class} has {offered} for them: ")?;
                match enough {
                    Some(class) => write!(f, "use {class}, or lower `database.connections_per_tenant`"),
                    None => write!(
                        f,
                        "no class is large enough; lower `database.connections_per_tenant`, or split the platform in two"
                    ),
                }
            }
            Self::FewAddresses { needed, in_rollout, available, subnets, enough } => {
                write!(
                    f,
                    "needs {needed} addresses for the database and all tasks, with every service at `max_count` \
                     during a deployment ({in_rollout} at `desired_count`), but the {subnets} private subnets \
                     have {available}: "
                )?;
                match enough {
                    Some(prefix) => write!(f, "use a /{prefix} in each zone, or add zones to a live platform"),
                    None => write!(f, "no size is large enough; split the platform in two"),
                }
            }
            Self::SmallSubnet { needed, available, enough } => {
                write!(f, "needs {needed} addresses for load balancers and the NAT gateway, but has {available}: ")?;
                match enough {
                    Some(prefix) => write!(f, "use a /{prefix}, or add a zone to a live platform"),
                    None => write!(f, "no size is large enough; split the platform in two"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_equal_to_the_quota_is_allowed() {
        assert_eq!(judge(Quota::LoadBalancers, None, 50), None);
        let reason = Reason::AskForMore { quota: Quota::LoadBalancers, needed: 51 };
        assert_eq!(judge(Quota::LoadBalancers, None, 51), Some(Finding { address: None, reason }));
    }

    #[test]
    fn adjustable_quota_has_a_hard_limit() {
        let severity = |needed| judge(Quota::Roles, None, needed).map(|finding| finding.severity());
        assert_eq!(severity(1_000), None);
        assert_eq!(severity(5_000), Some(Severity::Warning));
        assert_eq!(severity(5_001), Some(Severity::Error));
    }

    #[test]
    fn exceeded_hard_limit_is_an_error() {
        let finding = judge(Quota::TargetGroupsPerLoadBalancer, None, 101).expect("it is one too many");
        assert_eq!(finding.severity(), Severity::Error);
        assert!(finding.to_string().contains("101 target groups of one load balancer"), "{finding}");
    }
}
