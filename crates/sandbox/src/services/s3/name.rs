//! Validation of bucket names.

use std::sync::LazyLock;

use regex::Regex;

use crate::cloud::Account;
use crate::refusal::Refusal;

static FORM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$").expect("it is a regular expression"));

/// Reserved prefixes and suffixes.
const RESERVED_BEGINNINGS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The suffix of the account's own namespace.
fn own_end(account: &Account) -> String {
    format!("-{}-{}-an", account.id, account.region)
}

/// Validates the name of a new bucket.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
pub(super) fn check(name: &str, account: &Account, in_own_namespace: bool) -> Result<(), Refusal> {
    let sound = FORM.is_match(name)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !RESERVED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        && !RESERVED_ENDS.iter().any(|end| name.ends_with(end))
        // Names in an account's namespace have this suffix, and no others do.
        && if in_own_namespace { name.ends_with(&own_end(account)) } else { !name.ends_with("-an") };
    if sound { Ok(()) } else { Err(Refusal::new("InvalidBucketName", "The specified bucket is not valid.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, in_own_namespace: bool) -> bool {
        let account = Account {
            id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            caller: "arn:aws:iam::123456789012:role/r".to_owned(),
        };
        check(name, &account, in_own_namespace).is_err()
    }

    #[test]
    fn invalid_names_are_refused() {
        for name in [
            "ab",
            &"a".repeat(64),
            "Capital",
            "under_score",
            "-edge",
            "edge-",
            ".edge",
            "two..dots",
            "192.168.5.4",
            "xn--bucket",
            "sthree-bucket",
            "amzn-s3-demo-bucket",
            "bucket-s3alias",
            "bucket--ol-s3",
            "bucket.mrap",
            "bucket--x-s3",
            "bucket--table-s3",
            "bucket-123456789012-us-east-1-an",
        ] {
            assert!(refused(name, false), "{name}");
        }
        for name in ["abc", "saas-acme-corp-data", "1.2.3", &"a".repeat(63), "a--b"] {
            assert!(!refused(name, false), "{name}");
        }
    }

    #[test]
    fn names_in_the_account_namespace_require_its_suffix() {
        assert!(!refused("bucket-123456789012-us-east-1-an", true));
        assert!(refused("bucket-999999999999-us-east-1-an", true));
        assert!(refused("bucket", true));
    }
}
