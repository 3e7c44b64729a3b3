//! What AWS would not like about a plan: the quotas that it exceeds.
//!
//! This counts and judges; how a finding is shown is the caller's affair. Which quota stands where
//! is in [`Quota`].

mod count;
mod quota;

use std::fmt;

use saas_model::{Address, Plan};
use serde::Serialize;

pub use quota::Quota;

/// Something about a plan that people should know before it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The node that it is about; `None` where it is about all of them together.
    pub address: Option<Address>,
    /// What it is.
    pub reason: Reason,
}

/// Why a plan may not be applied as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
            Reason::AskForMore { .. } => Severity::Warning,
            Reason::TooMany { .. } => Severity::Error,
        }
    }
}

/// The quotas that a plan exceeds, by quota and address.
#[must_use]
pub fn findings(plan: &Plan) -> Vec<Finding> {
    let counts = count::counts(plan);
    counts.into_iter().filter_map(|((quota, address), needed)| judge(quota, address.cloned(), needed)).collect()
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
                write!(f, "{needed} {quota}, where there can be {most} at most: {}", quota.remedy())
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
