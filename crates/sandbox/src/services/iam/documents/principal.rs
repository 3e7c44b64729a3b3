//! Whom a trust policy may name.
//!
//! IAM looks up every principal when the document is written, and refuses it when one does not
//! exist. Source: IAM User Guide, "AWS JSON policy elements: Principal".

use super::statement::texts;
use super::syntax;
use crate::services::iam::check::malformed;
use crate::services::iam::role;
use crate::services::policy_language::is_account;
use crate::services::prelude::*;

/// The service principals, without `.amazonaws.com`: of those that AWS has, the ones that a role is
/// commonly made for.
const SERVICES: Words = Words(
    "apigateway application-autoscaling autoscaling backup batch build.apprunner cloudformation cloudtrail codebuild \
     codedeploy codepipeline config custom-resource.application-autoscaling delivery.logs dms ec2 \
     ec2.application-autoscaling ecs ecs-tasks ecs.application-autoscaling edgelambda eks eks-fargate-pods \
     elasticfilesystem elasticloadbalancing elasticmapreduce events export.rds firehose glue iot kinesis \
     kinesisanalytics kms lambda logs monitoring monitoring.rds opensearchservice pipes pods.eks rds \
     rds.application-autoscaling redshift replication.ecr s3 sagemaker scheduler secretsmanager ses sns spotfleet sqs \
     ssm states tasks.apprunner transfer vpc-flow-logs xray",
);

/// The providers of identities on the web that need not be made known to an account first.
const PROVIDERS: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

/// Refuses principals that do not exist.
pub(super) fn check(cloud: &Cloud, principal: &Value) -> Result<(), Refusal> {
    let kinds = match principal {
        Value::String(anyone) if anyone == "*" => return Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        Value::Object(_) => return Err(malformed("Missing required field Principal cannot be empty!")),
        _ => return Err(malformed("Invalid principal in policy")),
    };
    for (kind, named) in kinds {
        let named = texts(named).ok_or_else(syntax)?;
        if named.is_empty() {
            return Err(malformed("Missing required field Principal cannot be empty!"));
        }
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

/// Whether there is an account, a role, a user or a session of this ARN, as far as can be told:
/// what is in other accounts is taken to exist. A new role is not found until it is seen.
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

/// Whether there is a service principal of this name; some have one for each region as well.
fn is_service(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".amazonaws.com") else { return false };
    let regional = stem.rsplit_once('.').filter(|(_, region)| {
        let parts: Vec<&str> = region.split('-').collect();
        parts.len() >= 3 && parts.last().is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    SERVICES.contains(stem) || regional.is_some_and(|(service, _)| SERVICES.contains(service))
}
