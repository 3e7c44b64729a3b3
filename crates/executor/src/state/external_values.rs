//! Secrets and parameters outside of the plan, whose values ECS injects into containers.
//!
//! saas never reads their values. It describes them once for each listing: task definitions refer to secrets
//! by their ARNs, and the version of each is part of the resolved inputs of what uses it, so that a changed
//! value starts new tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::identifier::{ParameterName, SecretName};
use saas_model::resource::{ResourceSpec, SecretValue, TaskDefinition};
use saas_model::{Plan, Resource};

use crate::context::Context;
use crate::error::{Error, Required, Result, unless_gone};

/// A secret or parameter outside of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExternalValue {
    /// A secret of Secrets Manager.
    Secret(SecretName),
    /// A parameter of SSM Parameter Store.
    Parameter(ParameterName),
}

/// What identifies the present value of a live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternalVersion {
    /// Its ARN; that of a secret ends in six random characters.
    pub(crate) arn: String,
    /// The version of its value.
    pub(crate) version: String,
}

impl fmt::Display for ExternalValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(name) => write!(f, "secret `{name}`"),
            Self::Parameter(name) => write!(f, "parameter `{name}`"),
        }
    }
}

impl ExternalValue {
    /// What a reference of a container leads to; `None` when it leads to a secret of the plan.
    pub(crate) fn of(value: &SecretValue) -> Option<Self> {
        match value {
            SecretValue::Whole(_) | SecretValue::Key { .. } => None,
            SecretValue::External { secret, key: _ } => Some(Self::Secret(secret.clone())),
            SecretValue::Parameter(name) => Some(Self::Parameter(name.clone())),
        }
    }

    /// All that a resource refers to.
    pub(crate) fn all_of(resource: &Resource) -> BTreeSet<Self> {
        let containers = TaskDefinition::of(resource).into_iter().flat_map(|definition| definition.containers.values());
        containers.flat_map(|container| container.secrets.values()).filter_map(Self::of).collect()
    }
}

/// The secrets and parameters outside of a plan that its task definitions refer to. They must exist before it
/// is applied.
#[must_use]
pub fn external_values(plan: &Plan) -> BTreeSet<ExternalValue> {
    plan.nodes().iter().flat_map(|node| ExternalValue::all_of(&node.resource)).collect()
}

/// Describes those within the scope that exist.
pub(crate) async fn describe(cx: &Context<'_>) -> Result<BTreeMap<ExternalValue, ExternalVersion>> {
    let within = cx.plan.nodes().iter().filter(|node| cx.scope.looks_at(&node.address));
    let wanted: BTreeSet<ExternalValue> = within.flat_map(|node| ExternalValue::all_of(&node.resource)).collect();
    let (mut secrets, mut parameters) = (Vec::new(), Vec::new());
    for value in wanted {
        match value {
            ExternalValue::Secret(name) => secrets.push(name),
            ExternalValue::Parameter(name) => parameters.push(name),
        }
    }
    let mut found = secrets_among(cx, secrets).await?;
    found.extend(parameters_among(cx, &parameters).await?);
    Ok(found)
}

type Found = BTreeMap<ExternalValue, ExternalVersion>;

async fn secrets_among(cx: &Context<'_>, names: Vec<SecretName>) -> Result<Found> {
    const SIDE_BY_SIDE: usize = 8;
    const OPERATION: &str = "secretsmanager DescribeSecret";
    let described = stream::iter(names).map(async |name| {
        let answer = cx.aws.secrets.describe_secret().secret_id(name.as_str()).send().await.map_err(Error::from);
        let answer = unless_gone(answer, &["ResourceNotFoundException"])?;
        // The value of a secret that is scheduled for deletion cannot be read.
        let Some(secret) = answer.filter(|secret| secret.deleted_date.is_none()) else { return Ok(None) };
        let arn = secret.arn.required(OPERATION, "ARN")?;
        let is_current = |stages: &Vec<String>| stages.iter().any(|stage| stage == "AWSCURRENT");
        let mut versions = secret.version_ids_to_stages.into_iter().flatten();
        // A secret without a current version has no value yet.
        let current = versions.find(|(_, stages)| is_current(stages));
        Ok::<_, Error>(current.map(|(version, _)| (ExternalValue::Secret(name), ExternalVersion { arn, version })))
    });
    let found: Vec<_> = described.buffered(SIDE_BY_SIDE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Describes ten in a call. Without decryption, the answer has the values of plain parameters, which are
/// dropped. Source: AWS Systems Manager API, `GetParameters`.
async fn parameters_among(cx: &Context<'_>, names: &[ParameterName]) -> Result<Found> {
    const AT_A_TIME: usize = 10;
    const OPERATION: &str = "ssm GetParameters";
    let mut found = Found::new();
    for names in names.chunks(AT_A_TIME) {
        let asked = names.iter().map(ToString::to_string).collect();
        let answer = cx.aws.ssm.get_parameters().set_names(Some(asked)).with_decryption(false).send().await?;
        for parameter in answer.parameters.unwrap_or_default() {
            let name = parameter.name.required(OPERATION, "Name")?;
            let Some(name) = names.iter().find(|asked| asked.as_str() == name) else { continue };
            let arn = parameter.arn.required(OPERATION, "ARN")?;
            let version = ExternalVersion { arn, version: parameter.version.to_string() };
            found.insert(ExternalValue::Parameter(name.clone()), version);
        }
    }
    Ok(found)
}
