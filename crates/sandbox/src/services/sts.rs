//! AWS STS: who calls.

use super::XmlOperation;
use crate::cloud::Cloud;
use crate::input::Input;
use crate::refusal::Refusal;
use crate::xml::{self, Element};

/// The operations.
pub(crate) const OPERATIONS: &[(&str, XmlOperation)] = &[("GetCallerIdentity", get_caller_identity)];

/// A role calls through a session, whose ARN has the role's name and not its path.
#[expect(clippy::unnecessary_wraps, reason = "an operation may refuse")]
fn get_caller_identity(cloud: &mut Cloud, _input: &Input) -> Result<Vec<Element>, Refusal> {
    let account = &cloud.account;
    let arn = match account.caller.rsplit_once('/') {
        Some((path, name)) if path.contains(":role") => {
            format!("arn:aws:sts::{}:assumed-role/{name}/sandbox", account.id)
        }
        _ => account.caller.clone(),
    };
    Ok(vec![
        xml::text("Arn", arn),
        xml::text("UserId", "AROASANDBOXSANDBOX001:sandbox"),
        xml::text("Account", &account.id),
    ])
}
