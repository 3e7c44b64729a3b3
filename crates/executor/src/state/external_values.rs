//! Secrets and parameters outside of the plan, whose values ECS injects into containers.
//!
//! Preflight alone reads secrets, for the keys of their JSON. This describes them once for each listing: task
//! definitions refer to secrets by their ARNs, and the version of each is part of the resolved inputs of what
//! uses it, so that a changed value starts new tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::identifier::{ParameterName, SecretName};
use saas_model::{ExternalResources, Resource};

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
    /// All that a resource refers to.
    pub(crate) fn all_of(resource: &Resource) -> BTreeSet<Self> {
        let ExternalResources { secrets, parameters, certificates: _, permissions_boundaries: _, queues: _ } =
            ExternalResources::of([resource]);
        secrets.into_keys().map(Self::Secret).chain(parameters.into_iter().map(Self::Parameter)).collect()
    }
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

#[cfg(test)]
mod tests {
    use saas_model::resource::{Container, SecretValue, TaskDefinition};
    use serde_json::json;
    use wiremock::MockServer;
    use wiremock::matchers::body_partial_json;

    use super::*;
    use crate::testing::application::{self, DEFINITION, bench, nodes_with};
    use crate::testing::json_api::{answer, called, calls, refusal};

    const SECRETS: &str = "secretsmanager";
    const SSM: &str = "AmazonSSM";

    /// A task definition that receives these values.
    fn definition(values: impl IntoIterator<Item = SecretValue>) -> TaskDefinition {
        let secrets = values.into_iter().enumerate().map(|(index, value)| (format!("VALUE_{index:02}"), value));
        let container = Container { secrets: secrets.collect(), ..application::container() };
        TaskDefinition { containers: [("web".to_owned(), container)].into(), ..application::task_definition() }
    }

    fn secret(name: &str, key: Option<&str>) -> SecretValue {
        let key = key.map(|key| key.parse().expect("valid"));
        SecretValue::External { secret: name.parse().expect("valid"), key }
    }

    fn parameter(name: impl AsRef<str>) -> SecretValue {
        SecretValue::Parameter(name.as_ref().parse().expect("valid"))
    }

    #[tokio::test]
    async fn secrets_are_described_once_in_their_current_version() {
        let server = MockServer::start().await;
        let secret_named =
            |name: &str| called(SECRETS, "DescribeSecret").and(body_partial_json(json!({ "SecretId": name })));
        let versions = json!({ "old": ["AWSPREVIOUS"], "new": ["AWSCURRENT"] });
        let there = json!({ "ARN": "arn:there", "Name": "app/there", "VersionIdsToStages": versions });
        secret_named("app/there").respond_with(answer(there)).mount(&server).await;
        let leaving = json!({ "ARN": "arn:leaves", "DeletedDate": 1.0, "VersionIdsToStages": versions });
        secret_named("app/leaves").respond_with(answer(leaving)).mount(&server).await;
        let empty = json!({ "ARN": "arn:empty", "Name": "app/empty" });
        secret_named("app/empty").respond_with(answer(empty)).mount(&server).await;
        let none = refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        secret_named("app/none").respond_with(none).mount(&server).await;
        let values = [
            secret("app/there", None),
            secret("app/there", Some("key")),
            secret("app/leaves", None),
            secret("app/empty", None),
            secret("app/none", None),
        ];
        let bench = bench(&server.uri(), nodes_with(DEFINITION, definition(values))).await;
        let found = describe(&bench.cx()).await.expect("Secrets Manager answers");
        let there = ExternalValue::Secret("app/there".parse().expect("valid"));
        assert_eq!(found, [(there, ExternalVersion { arn: "arn:there".into(), version: "new".into() })].into());
        assert_eq!(calls(&server, "DescribeSecret").await.len(), 4);
        assert_eq!(calls(&server, "GetSecretValue").await.len(), 0);
    }

    #[tokio::test]
    async fn parameters_are_described_ten_at_a_time_without_decryption() {
        let server = MockServer::start().await;
        let there = json!({ "Name": "/app/00", "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/app/00",
            "Type": "SecureString", "Value": "encrypted", "Version": 3 });
        let first = json!({ "Parameters": [there], "InvalidParameters": ["/app/01"] });
        called(SSM, "GetParameters").respond_with(answer(first)).up_to_n_times(1).mount(&server).await;
        let nothing = json!({ "Parameters": [], "InvalidParameters": ["/app/10"] });
        called(SSM, "GetParameters").respond_with(answer(nothing)).mount(&server).await;
        let values = (0..12).map(|number| parameter(format!("/app/{number:02}")));
        let bench = bench(&server.uri(), nodes_with(DEFINITION, definition(values))).await;
        let found = describe(&bench.cx()).await.expect("SSM answers");
        let name = ExternalValue::Parameter("/app/00".parse().expect("valid"));
        assert_eq!(found.get(&name).map(|found| found.version.as_str()), Some("3"));
        assert_eq!(found.len(), 1);
        let sent = calls(&server, "GetParameters").await;
        let sizes: Vec<usize> = sent.iter().map(|body| body["Names"].as_array().map_or(0, Vec::len)).collect();
        assert_eq!(sizes, [10, 2]);
        assert!(sent.iter().all(|body| body["WithDecryption"] == false), "{sent:#?}");
    }

    #[tokio::test]
    async fn plan_without_external_values_makes_no_call() {
        let bench = bench("http://127.0.0.1:9", application::nodes()).await;
        assert_eq!(describe(&bench.cx()).await.expect("nothing is asked"), Found::new());
    }
}
