//! Identity policies: they have resources and no principals.

use super::{Document, syntax};
use crate::regions;
use crate::services::iam::check::malformed;
use crate::services::prelude::*;

/// The prefixes of the resources of IAM itself.
const KINDS: Words = Words(
    "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ sms-mfa/ saml-provider/ \
     oidc-provider/ report/ access-report/",
);

const LEGACY: &str = "The policy failed legacy parsing";

/// Validates an inline policy and returns it unchanged.
pub(crate) fn identity(input: &Input, key: &str) -> Result<String, Refusal> {
    let text = input.required(key)?;
    let document = Document::read(serde_json::from_str(text).map_err(|_| syntax())?)?;
    if document.version.as_deref() != Some("2012-10-17") {
        return Err(malformed("Policy document must be version 2012-10-17 or greater."));
    }
    for statement in &document.statements {
        if statement.has("Principal") || statement.has("NotPrincipal") {
            return Err(malformed("Policy document should not specify a principal."));
        }
        let resources = statement.one_or_other("Resource");
        ensure!(!resources.is_empty(), malformed("Policy statement must contain resources."));
        resources.into_iter().try_for_each(resource)?;
    }
    Ok(text.to_owned())
}

/// Rejects a resource that is neither `*` nor an ARN: `arn:partition:vendor:region:account:path`.
fn resource(resource: &str) -> Result<(), Refusal> {
    if resource == "*" {
        return Ok(());
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let (Some(&first), Some(&partition)) = (parts.first(), parts.get(1)) else {
        return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
    };
    if first != "arn" || partition != "*" && !regions::is_partition(partition) {
        let message = format!("Partition \"{partition}\" is not valid for resource \"{resource}\".");
        return Err(malformed(message));
    }
    let vendor = parts.get(2).copied().unwrap_or_default();
    if vendor.is_empty() || vendor.contains(['*', '?']) {
        return Err(malformed("Resource vendor must be fully qualified and cannot contain regexes."));
    }
    let [_, _, _, region, _, path] = parts.as_slice() else { return Err(malformed(LEGACY)) };
    match vendor {
        "iam" if !region.is_empty() => {
            Err(malformed(format!("IAM resource {resource} cannot contain region information.")))
        }
        "iam" if *path != "*" && !KINDS.iter().any(|kind| path.starts_with(kind)) => {
            let kinds = KINDS.0.replace(' ', ", ");
            Err(malformed(format!("IAM resource path must either be \"*\" or start with {kinds}.")))
        }
        "s3" if !region.is_empty() && !path.starts_with("accesspoint/") => {
            Err(malformed(format!("Resource {resource} can not contain region information.")))
        }
        _ => Ok(()),
    }
}
