//! The security policies of HTTPS listeners, which define TLS versions and ciphers.

use crate::refusal::Refusal;
use crate::words::Words;

/// The default policy of a listener.
pub(super) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

/// All policies. Source: Application Load Balancers user guide, "Security policies for your Application
/// Load Balancer".
const POLICIES: Words = Words(include_str!("../../../models/tables/elb-ssl-policies.txt"));

/// Returns the policy if it exists.
pub(super) fn known(policy: &str) -> Result<&str, Refusal> {
    let refuse = || Refusal::new("SSLPolicyNotFound", format!("SSL policy '{policy}' not found"));
    if POLICIES.contains(policy) { Ok(policy) } else { Err(refuse()) }
}
