//! Permissions as a Terraform module: managed policies, and the role with `--github`.

use std::fmt::Write;

use serde_json::Value;

use super::{path_of, value};
use crate::{Boundary, Named, Permissions};

/// Resources of the AWS provider for Terraform.
#[must_use]
pub fn terraform(permissions: &Permissions) -> String {
    let Permissions { role, path, policies, boundary, trust } = permissions;
    let mut text = String::new();
    if let Some(Boundary { arn, policy, is_planned: _ }) = boundary {
        policy_resource(&mut text, policy, path_of(arn));
    }
    policies.iter().for_each(|policy| policy_resource(&mut text, policy, "/"));
    if let Some(trust) = trust {
        let label = label(role);
        let trust = expression(trust);
        let _ = write!(
            text,
            "resource \"aws_iam_role\" \"{label}\" {{\n  name               = \"{role}\"\n  path               = \"{path}\"\n  \
             assume_role_policy = jsonencode({trust})\n}}\n\n"
        );
        for Named { name, .. } in policies {
            let policy = self::label(name);
            let _ = write!(
                text,
                "resource \"aws_iam_role_policy_attachment\" \"{policy}\" {{\n  role       = aws_iam_role.{label}.name\n  \
                 policy_arn = aws_iam_policy.{policy}.arn\n}}\n\n"
            );
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn policy_resource(text: &mut String, policy: &Named, path: &str) {
    let Named { name, document } = policy;
    let document = expression(&value(document));
    let label = label(name);
    let _ = write!(
        text,
        "resource \"aws_iam_policy\" \"{label}\" {{\n  name   = \"{name}\"\n  path   = \"{path}\"\n  \
         policy = jsonencode({document})\n}}\n\n"
    );
}

/// A value as an expression, whose objects and lists are written as in JSON. `${` begins a template.
/// Source: Terraform Language, "Strings and Templates", escape sequences.
fn expression(value: &Value) -> String {
    let text = format!("{value:#}").replace("${", "$${").replace("%{", "%%{");
    text.replace('\n', "\n  ")
}

/// A name as an identifier.
fn label(name: &str) -> String {
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policy_variables_are_not_templates() {
        let text = expression(&json!({ "Resource": "arn:aws:s3:::${aws:PrincipalTag/tenant_id}" }));
        assert!(text.contains("$${aws:PrincipalTag/tenant_id}"), "{text}");
    }
}
