//! What AWS would not like about a plan: the quotas that it exceeds, and what its spec gives too
//! little of.
//!
//! This counts and judges; how a finding is shown is the caller's affair. Which quota stands where
//! is in [`Quota`].

mod addresses;
mod connections;
mod count;
mod quota;
mod room;

use std::fmt;

use saas_model::identifier::InstanceClass;
use saas_model::{Address, Plan};
use serde::Serialize;

use self::addresses::PrivateAddresses;
use self::connections::Connections;
pub use self::quota::Quota;
pub use self::room::Room;

/// Something about a plan that people should know before it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The node that it is about; `None` where it is about all of them together.
    pub address: Option<Address>,
    /// What it is.
    pub reason: Reason,
}

/// Why a plan may not be applied as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// More than a new account may have, and AWS raises the quota when it is asked to.
    AskForMore {
        /// Which quota.
        quota: Quota,
        /// How many the plan needs; the number to ask for.
        needed: u64,
    },
    /// More than AWS ever allows.
    TooMany {
        /// Which quota.
        quota: Quota,
        /// How many the plan needs.
        needed: u64,
        /// How many there can be.
        most: u64,
    },
    /// Tenants may open more connections together than the database takes.
    FewConnections {
        /// How many they may open.
        needed: u64,
        /// The class of the writer.
        class: InstanceClass,
        /// How many it leaves for them.
        offered: u64,
        /// The smallest class that suffices; `None` where none does.
        enough: Option<InstanceClass>,
    },
    /// The private subnets have fewer addresses than there can be tasks.
    FewAddresses {
        /// For all tasks there can be, every service at `max_count` and all of them deployed anew.
        needed: u64,
        /// For a deployment of all services at `desired_count`.
        in_rollout: u64,
        /// How many there are.
        available: u64,
        /// In how many subnets.
        subnets: usize,
        /// The longest prefix with which so many subnets suffice; `None` where none does.
        enough: Option<u8>,
    },
    /// A subnet has too few addresses for the load balancers in it.
    SmallSubnet {
        /// How many they need.
        needed: u64,
        /// How many it has.
        available: u64,
        /// The longest prefix that suffices; `None` where none does.
        enough: Option<u8>,
    },
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something is to be done before the plan is applied.
    Warning,
    /// The plan can never be applied.
    Error,
}

impl Finding {
    /// How much it weighs.
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

/// The quotas that a plan exceeds, by quota and address, and what its spec gives too little of.
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

/// How many tenants like those of the plan there can be, and what is short with one more.
#[must_use]
pub fn room(plan: &Plan) -> Option<Room> {
    room::room(plan, &count::counts(plan))
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
            None => write!(f, "{}", self.reason),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskForMore { quota, needed } => {
                write!(f, "{needed} {quota}, where an account has {} at first: ask AWS for {needed}", quota.default())
            }
            Self::TooMany { quota, needed, most } => {
                write!(f, "{needed} {quota}, where there can be {most} at most: split the platform in two")
            }
            Self::FewConnections { needed, class, offered, enough } => {
                write!(
                    f,
                    "all tenants together may open {needed} connections, and {class} leaves {offered} for them: "
                )?;
                match enough {
                    Some(enough) => write!(f, "{enough} suffices, or lower `database.connections_per_tenant`"),
                    None => write!(
                        f,
                        "no class suffices, so lower `database.connections_per_tenant`, or split the platform in two"
                    ),
                }
            }
            Self::FewAddresses { needed, in_rollout, available, subnets, enough } => {
                write!(
                    f,
                    "{needed} addresses for the database and all tasks there can be, every service at `max_count` \
                     while it is deployed anew ({in_rollout} at `desired_count`), where the {subnets} private subnets \
                     have {available}: "
                )?;
                match enough {
                    Some(prefix) => write!(f, "a /{prefix} in each zone suffices, or more zones where it is live"),
                    None => write!(f, "no size suffices, so split the platform in two"),
                }
            }
            Self::SmallSubnet { needed, available, enough } => {
                write!(f, "{needed} addresses for load balancers and the NAT gateway, where it has {available}: ")?;
                match enough {
                    Some(prefix) => write!(f, "a /{prefix} suffices, or another zone where it is live"),
                    None => write!(f, "no size suffices, so split the platform in two"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_exceeded_only_beyond_it() {
        assert_eq!(judge(Quota::LoadBalancers, None, 50), None);
        let reason = Reason::AskForMore { quota: Quota::LoadBalancers, needed: 51 };
        assert_eq!(judge(Quota::LoadBalancers, None, 51), Some(Finding { address: None, reason }));
    }

    #[test]
    fn what_can_be_raised_has_an_end_too() {
        let severity = |needed| judge(Quota::Roles, None, needed).map(|finding| finding.severity());
        assert_eq!(severity(1_000), None);
        assert_eq!(severity(5_000), Some(Severity::Warning));
        assert_eq!(severity(5_001), Some(Severity::Error));
    }

    #[test]
    fn what_is_fixed_is_an_error_at_once() {
        let finding = judge(Quota::TargetGroupsPerLoadBalancer, None, 101).expect("it is one too many");
        assert_eq!(finding.severity(), Severity::Error);
        assert!(finding.to_string().contains("101 target groups of one load balancer"), "{finding}");
    }
}
