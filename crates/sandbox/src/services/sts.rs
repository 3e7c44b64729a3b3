//! AWS STS: the identity of the caller.

use crate::cloud::Account;
use crate::services::prelude::*;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS STS",
    signing_name: "sts",
    protocol: Protocol::AwsQuery { namespace: "https://sts.amazonaws.com/doc/2011-06-15/", operations: OPERATIONS },
    model: include_str!("../../models/sts.json"),
    errors: Errors::QUERY,
    consistency: |operation| (operation == "GetCallerIdentity").then_some(Consistency::Strong),
    latency: Latency { read: 30, change: 30, slow: &[] },
    collections: |_| Vec::new(),
    inventory: |_, _| {},
    tagged: |_| Vec::new(),
};

no_events!();

const OPERATIONS: &[(&str, XmlOperation)] = &[("GetCallerIdentity", get_caller_identity)];

/// The name of the caller's session.
pub(crate) const SESSION: &str = "sandbox";

/// The unique id of the calling role or user.
pub(crate) fn user_id(account: &Account) -> String {
    if is_role(account) { "AROASANDBOXSANDBOX001" } else { "AIDASANDBOXSANDBOX001" }.to_owned()
}

/// The ARN of the caller. A role calls through a session, whose ARN contains the role's name
/// without its path.
pub(crate) fn session(account: &Account) -> String {
    match account.caller.rsplit_once('/') {
        Some((_, name)) if is_role(account) => account.global_arn("sts", &format!("assumed-role/{name}/{SESSION}")),
        _ => account.caller.clone(),
    }
}

/// Whether the caller is a role, and not a user.
pub(crate) fn is_role(account: &Account) -> bool {
    account.caller.contains(":role/")
}

#[expect(clippy::unnecessary_wraps, reason = "an operation may refuse")]
fn get_caller_identity(cloud: &mut Cloud, _input: &Input) -> Result<Vec<Element>, Refusal> {
    let account = &cloud.account;
    let mut id = user_id(account);
    if is_role(account) {
        id = format!("{id}:{SESSION}");
    }
    Ok(vec![xml::text("Arn", session(account)), xml::text("UserId", id), xml::text("Account", &account.id)])
}

#[cfg(test)]
mod tests {
    use crate::services::Service;
    use crate::testing::{Bench, first};

    #[tokio::test(start_paused = true)]
    async fn a_role_is_reported_as_a_session() {
        let bench = Bench::new();
        bench.cloud(|cloud| cloud.account.caller = "arn:aws:iam::123456789012:role/path/provisioner".to_owned());
        let answer = bench.query(Service::Sts, "GetCallerIdentity", &[]).expect("every caller may ask this");
        let arn = "arn:aws:sts::123456789012:assumed-role/provisioner/sandbox";
        assert_eq!(first(&answer, "Arn").as_deref(), Some(arn));
        assert_eq!(first(&answer, "UserId").as_deref(), Some("AROASANDBOXSANDBOX001:sandbox"));
        assert_eq!(first(&answer, "Account").as_deref(), Some("123456789012"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_is_reported_as_itself() {
        let bench = Bench::new();
        let arn = "arn:aws:iam::123456789012:user/ann";
        bench.cloud(|cloud| cloud.account.caller = arn.to_owned());
        let answer = bench.query(Service::Sts, "GetCallerIdentity", &[]).expect("every caller may ask this");
        assert_eq!(first(&answer, "Arn").as_deref(), Some(arn));
        assert_eq!(first(&answer, "UserId").as_deref(), Some("AIDASANDBOXSANDBOX001"));
    }
}
