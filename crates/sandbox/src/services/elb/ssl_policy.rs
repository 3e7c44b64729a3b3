//! The security policies of HTTPS listeners, which define TLS versions and ciphers.
//!
//! Source: Application Load Balancers user guide, "Security policies for your Application Load
//! Balancer".

use crate::refusal::Refusal;

/// The default policy of a listener.
pub(super) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

const PREFIX: &str = "ELBSecurityPolicy-";

/// The prefixes of names, each with its valid suffixes.
const NAMES: &[(&str, &[&str])] = &[
    ("", &["2015-05", "2016-08"]),
    ("FS-", &["2018-06"]),
    ("FS-1-1-", &["2019-08"]),
    ("FS-1-2-", &["2019-08"]),
    ("FS-1-2-Res-", &["2019-08", "2020-10"]),
    ("TLS-1-0-", &["2015-04"]),
    ("TLS-1-1-", &["2017-01"]),
    ("TLS-1-2-", &["2017-01"]),
    ("TLS-1-2-Ext-", &["2018-06"]),
    ("TLS13-1-0-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09"]),
    ("TLS13-1-1-", &["2021-06", "FIPS-2023-04"]),
    ("TLS13-1-2-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09", "RFC9151-FIPS-2023-07"]),
    ("TLS13-1-2-Res-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09"]),
    ("TLS13-1-2-Ext0-", &["FIPS-2023-04", "FIPS-PQ-2025-09", "RFC9151-FIPS-2023-07"]),
    ("TLS13-1-2-Ext1-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09"]),
    ("TLS13-1-2-Ext2-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09"]),
    (
        "TLS13-1-2-RFC9151-",
        &["INTEROP1-FIPS-2023-07", "INTEROP2-FIPS-2023-07", "INTEROP3-FIPS-2023-07", "INTEROP4-FIPS-2023-07"],
    ),
    ("TLS13-1-3-", &["2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09", "RFC9151-FIPS-2023-07"]),
];

/// Returns the policy if it exists.
pub(super) fn known(policy: &str) -> Result<&str, Refusal> {
    let name = policy.strip_prefix(PREFIX);
    let is = |(start, ends): &(&str, &[&str])| {
        name.and_then(|name| name.strip_prefix(start)).is_some_and(|end| ends.contains(&end))
    };
    let refuse = || Refusal::new("SSLPolicyNotFound", format!("SSL policy '{policy}' not found"));
    if NAMES.iter().any(is) { Ok(policy) } else { Err(refuse()) }
}
