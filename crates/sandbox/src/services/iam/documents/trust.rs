//! Trust policies: they have principals and no resources.

use super::statement::texts;
use super::{Document, principal, size};
use crate::services::iam::check::{limit_exceeded, malformed};
use crate::services::policy_language;
use crate::services::prelude::*;
use crate::services::s3;

/// The maximum size of a trust policy. Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST: usize = 2_048;

/// The permitted actions. Source: IAM User Guide, "Actions, resources, and condition keys for AWS
/// Security Token Service".
const ACTIONS: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// Validates a trust policy and returns it in the form that IAM returns.
pub(crate) fn trust(cloud: &Cloud, input: &Input, key: &str) -> Result<String, Refusal> {
    let text = input.required(key)?;
    let value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let document = Document::read(value)?;
    for statement in &document.statements {
        for prohibited in ["Resource", "NotResource", "NotPrincipal", "NotAction"] {
            ensure!(!statement.has(prohibited), malformed(format!("Has prohibited field {prohibited}")));
        }
        if !statement.one_or_other("Action").iter().all(|action| ACTIONS.contains(&action.to_lowercase().as_str())) {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
        let Some(named) = statement.get("Principal") else {
            return Err(malformed("Missing required field Principal"));
        };
        principal::check(cloud, named)?;
    }
    ensure!(size(text) <= MOST, limit_exceeded(format!("Cannot exceed quota for ACLSizePerRole: {MOST}")));
    Ok(canonical(document.value, cloud.account.partition()))
}

/// The trust policy that allows an AWS service to assume a role.
pub(crate) fn trusting(service: &str) -> String {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// The same as in the answer that creates a service-linked role, with lists of one action and one
/// service. Source: AWS CLI Command Reference, `iam create-service-linked-role`, "Examples"; the
/// later `get-role` of the same role is in the Amazon Lex Developer Guide, "Exercise 1".
pub(crate) fn trusting_in_lists(service: &str) -> String {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Whether a trust policy allows a service to assume the role on behalf of the resource with the ARN `source`;
/// conditions are ignored without it. Source: AWS IAM User Guide, "AWS global condition context keys".
pub(crate) fn lets_in(document: &str, service: &str, source: Option<&str>) -> bool {
    let account = source.and_then(|source| source.split(':').nth(4)).unwrap_or_default();
    let keys = [("aws:SourceArn", source.unwrap_or_default()), ("aws:SourceAccount", account)];
    let document = serde_json::from_str(document).ok().and_then(|value| Document::read(value).ok());
    document.is_some_and(|document| {
        document.statements.iter().any(|statement| {
            let services = statement.get("Principal").and_then(|principal| principal.get("Service"));
            statement.allows()
                && (source.is_none()
                    || statement.get("Condition").is_none_or(|conditions| s3::conditions_hold(conditions, &keys)))
                && statement.one_or_other("Action").iter().any(|action| action.eq_ignore_ascii_case("sts:AssumeRole"))
                && services.and_then(texts).unwrap_or_default().contains(&service)
        })
    })
}

/// IAM preserves the meaning of a trust policy, not its text.
fn canonical(mut document: Value, partition: &str) -> String {
    match document.get_mut("Statement") {
        Some(Value::Array(statements)) => {
            statements.iter_mut().for_each(|statement| policy_language::normalize(statement, partition));
        }
        Some(statement) => policy_language::normalize(statement, partition),
        None => {}
    }
    document.to_string()
}
