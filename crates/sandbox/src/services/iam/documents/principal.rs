//! The principals of trust policies.
//!
//! IAM looks up every principal when the document is written, and rejects those that do not exist.
//! Source: IAM User Guide, "AWS JSON policy elements: Principal".

use super::statement::texts;
use super::syntax;
use crate::services::iam::check::malformed;
use crate::services::iam::role;
use crate::services::policy_language::is_account;
use crate::services::prelude::*;

/// Common service principals, without `.amazonaws.com`.
const SERVICES: Words = Words(
    "apigateway application-autoscaling autoscaling backup batch build.apprunner cloudformation cloudtrail codebuild \
     codedeploy codepipeline config custom-resource.application-autoscaling delivery.logs dms ec2 \
     ec2.application-autoscaling ecs ecs-tasks ecs.application-autoscaling edgelambda eks eks-fargate-pods \
     elasticfilesystem elasticloadbalancing elasticmapreduce events export.rds firehose glue iot kinesis \
     kinesisanalytics kms lambda logs monitoring monitoring.rds opensearchservice pipes pods.eks rds \
     rds.application-autoscaling redshift replication.ecr s3 sagemaker scheduler secretsmanager ses sns spotfleet sqs \
     ssm states tasks.apprunner transfer vpc-flow-logs xray",
);

/// The web identity providers that an account can trust without registration.
const PROVIDERS: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

/// Rejects principals that do not exist.
pub(super) fn check(cloud: &Cloud, principal: &Value) -> Result<(), Refusal> {
    let kinds = match principal {
        Value::String(anyone) if anyone == "*" => return Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        Value::Object(_) => return Err(malformed("Missing required field Principal cannot be empty!")),
        _ => return Err(malformed("Invalid principal in policy")),
    };
    for (kind, named) in kinds {
        let named = texts(named).ok_or_else(syntax)?;
        ensure!(!named.is_empty(), malformed("Missing required field Principal cannot be empty!"));
        for name in named {
            let exists = match kind.as_str() {
                "AWS" => is_identity(cloud, name),
                "Service" => is_service(name),
                "Federated" => PROVIDERS.contains(&name),
                _ => false,
            };
            if !exists {
                let kind = if kind == "Service" { "SERVICE" } else { kind };
                return Err(malformed(format!("Invalid principal in policy: \"{kind}\":\"{name}\"")));
            }
        }
    }
    Ok(())
}

/// Whether the account, role, user or session with this ARN exists. Those of other accounts are
/// assumed to exist. A new role is found only when reads show it.
fn is_identity(cloud: &Cloud, name: &str) -> bool {
    if name == "*" || is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service @ ("iam" | "sts"), "", account, resource] = parts.as_slice() else { return false };
    if *partition != cloud.account.partition() || !is_account(account) || resource.contains(['*', '?']) {
        return false;
    }
    let foreign = *account != cloud.account.id;
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    match (*service, kind) {
        ("iam", "root") => rest.is_empty(),
        ("iam", "role") if foreign => !rest.is_empty(),
        ("iam", "role") => role::seen(cloud, name).is_some(),
        ("iam", "user") => !rest.is_empty() && (foreign || cloud.account.caller == name),
        ("sts", "assumed-role" | "federated-user") => !rest.is_empty(),
        _ => false,
    }
}

/// Whether a service principal with this name exists, possibly with a Region.
fn is_service(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".amazonaws.com") else { return false };
    let regional = stem.rsplit_once('.').filter(|(_, region)| {
        let parts: Vec<&str> = region.split('-').collect();
        parts.len() >= 3 && parts.last().is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    SERVICES.contains(stem) || regional.is_some_and(|(service, _)| SERVICES.contains(service))
}
