//! Permissions as text: JSON for programs, Terraform and CloudFormation.

mod cloudformation;
mod terraform;

use serde_json::{Value, json};

use crate::{Boundary, Named, Permissions};

pub use cloudformation::cloudformation;
pub use terraform::terraform;

/// All documents as JSON.
#[must_use]
pub fn json(permissions: &Permissions) -> String {
    let Permissions { role, path, policies, boundary, trust } = permissions;
    let named = |Named { name, document }: &Named| json!({ "name": name, "document": value(document) });
    let mut text = json!({
        "role": { "name": role, "path": path, "trust": trust },
        "policies": policies.iter().map(named).collect::<Vec<_>>(),
    });
    if let Some(Boundary { arn, policy, is_planned }) = boundary {
        text["boundary"] = json!({
            "arn": arn,
            "planned": is_planned,
            "name": policy.name,
            "document": value(&policy.document),
        });
    }
    pretty(&text)
}

/// A policy as AWS reads it.
fn value(policy: &saas_model::policy::Policy) -> Value {
    serde_json::from_str(&policy.to_json()).expect("a policy is written as JSON")
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The letters and digits of a name, each word capitalized: `saas-platform-boundary` is `SaasPlatformBoundary`.
fn camel(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            word.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter })
        })
        .collect()
}

/// The path in a policy's ARN.
fn path_of(arn: &str) -> &str {
    let within = arn.split_once(":policy").map_or("/", |(_, within)| within);
    within.rfind('/').map_or("/", |last| &within[..=last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_a_policy_is_that_of_its_arn() {
        assert_eq!(path_of("arn:aws:iam::123456789012:policy/a"), "/");
        assert_eq!(path_of("arn:aws:iam::123456789012:policy/security/a"), "/security/");
    }
}
