//! Calls that pass a role to ECS, for which the caller needs `iam:PassRole`.
//!
//! That check does not see a new role for some seconds, and AWS denies the call as if the permission were
//! missing. So a denial is retried while one of the roles is new by IAM's own clock, which also covers
//! roles of a killed run. A denial for older roles is final.
//! Source: terraform-aws-modules/terraform-aws-ecs#414; IAM User Guide, "Troubleshooting IAM", "Changes that
//! I make are not always immediately visible".

use std::time::Duration;

use saas_model::Ref;
use saas_model::resource::{ResourceSpec, Role, TaskDefinition};
use tokio::time::Instant;

use crate::aws::answer_date::AnswerDate;
use crate::context::Context;
use crate::error::{Error, Required, Result};

/// A role younger than this may not be visible everywhere yet.
const NEW_ROLE_AGE: Duration = Duration::from_secs(5 * 60);

/// For how long a denial is retried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

const PERMISSION: &str = "iam:PassRole";
const HINT: &str = "the caller is not allowed to pass this role to ECS: allow it `iam:PassRole` on the named role for \
                    `ecs-tasks.amazonaws.com`, or apply with the provisioner's role";

/// Makes a call that passes the roles of a task definition to ECS. Retries while AWS denies it because one
/// of them is new.
pub(crate) async fn passing<T>(
    cx: &Context<'_>,
    definition: &TaskDefinition,
    call: impl AsyncFn() -> Result<T>,
) -> Result<T> {
    let start = Instant::now();
    let retry_timeout = RETRY_TIMEOUT.min(cx.retry_policy.timeout);
    let mut pauses = cx.retry_policy.pauses();
    let mut is_new = None;
    loop {
        let error = match call().await {
            Err(error) if is_denied(&error) => error,
            other => return other,
        };
        let roles = [&definition.execution_role, &definition.task_role];
        let is_young = match is_new {
            Some(known) => known,
            None => any_is_new(cx, &roles, &error).await,
        };
        is_new = Some(is_young);
        if !is_young || start.elapsed() >= retry_timeout {
            return Err(explained(cx, &roles, error));
        }
        cx.retrying("the new role is not known to every part of IAM yet");
        if cx.pause(pauses.next()).await.is_break() {
            return Err(error);
        }
    }
}

/// The same for a call that refers to a task definition of the plan.
pub(crate) async fn passing_of<T>(
    cx: &Context<'_>,
    definition: &Ref<TaskDefinition>,
    call: impl AsyncFn() -> Result<T>,
) -> Result<T> {
    let node = cx.plan.node(definition.address());
    match node.and_then(|node| TaskDefinition::of(&node.resource)) {
        Some(definition) => passing(cx, definition, call).await,
        None => call().await,
    }
}

fn is_denied(error: &Error) -> bool {
    error.is(&["AccessDeniedException", "AccessDenied"]) && error.to_string().contains(PERMISSION)
}

/// Whether one of the roles is new, of those that the denial names, or of all if it names none.
async fn any_is_new(cx: &Context<'_>, roles: &[&Ref<Role>], error: &Error) -> bool {
    let message = error.to_string();
    let arns = roles.iter().filter_map(|role| cx.arn(role).ok()).collect::<Vec<_>>();
    let named = arns.iter().filter(|arn| message.contains(arn.as_str())).collect::<Vec<_>>();
    let asked = if named.is_empty() { arns.iter().collect() } else { named };
    for arn in asked {
        match age(cx, arn).await {
            Ok(age) if age >= NEW_ROLE_AGE => {}
            Ok(_) => return true,
            // IAM does not even show the role yet.
            Err(error) if error.is(&["NoSuchEntity"]) => return true,
            // Without permission to read the role, AWS's denial stands.
            Err(_) => {}
        }
    }
    false
}

/// The age of a role by the clock of IAM.
async fn age(cx: &Context<'_>, arn: &str) -> Result<Duration> {
    let date = AnswerDate::default();
    let name = arn.rsplit('/').next().unwrap_or_default();
    let answer = cx.aws.iam.get_role().role_name(name).customize().interceptor(date.clone()).send().await?;
    let created = answer.role.map(|role| role.create_date).required("iam GetRole", "CreateDate")?;
    let created = saas_model::time::UtcTime::from_unix(created.secs().try_into().unwrap_or_default());
    Ok(Duration::from_secs(date.required("iam GetRole")?.since(created)))
}

/// Adds to the denial the roles, unless AWS named them, and the remedy.
fn explained(cx: &Context<'_>, roles: &[&Ref<Role>], error: Error) -> Error {
    let Error::Call(mut call) = error else { return error };
    let arns: Vec<String> = roles.iter().filter_map(|role| cx.arn(role).ok()).collect();
    if !arns.iter().any(|arn| call.message.contains(arn.as_str())) {
        call.message = format!("{} (roles {})", call.message, arns.join(" and "));
    }
    call.hint = Some(HINT);
    Error::Call(call)
}
