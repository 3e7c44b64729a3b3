//! Whether the JSON of secrets outside of the plan has the keys that containers receive. ECS starts no task with
//! a key that is missing.
//!
//! The values themselves are dropped while they are parsed. Source: Amazon ECS Developer Guide, "Pass Secrets
//! Manager secrets through Amazon ECS environment variables".

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};
use itertools::Itertools as _;
use saas_model::identifier::{SecretKey, SecretName};
use saas_model::{Address, ExternalResources};
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{Check, Failure};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::state::external_values::ExternalValue;

/// How many secrets are read at a time.
const CONCURRENCY: usize = 8;

/// A secret without some of the keys that containers receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutKeys {
    /// The secret.
    pub secret: SecretName,
    /// The missing keys.
    pub keys: BTreeSet<SecretKey>,
    /// Whether its content is a JSON object at all.
    pub is_json: bool,
    /// A node that needs a key.
    pub address: Address,
}

impl std::fmt::Display for WithoutKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { secret, keys, is_json, address } = self;
        let keys = keys.iter().map(|key| format!("`{key}`")).join(", ");
        match is_json {
            true => write!(f, "secret `{secret}` has no key {keys} (for `{address}`)"),
            false => write!(f, "secret `{secret}` is not a JSON object with the key {keys} (for `{address}`)"),
        }
    }
}

/// What a secret's content says about keys.
enum Content {
    /// The keys that its JSON has.
    Keys(BTreeSet<String>),
    /// It is not a JSON object.
    NotJson,
    /// The caller may not read it.
    Denied,
}

/// The failures. Secrets that the caller may not read are named in a warning; missing secrets are the failure
/// of another check.
pub(super) async fn missing(cx: &Context<'_>) -> Vec<Failure> {
    let mut wanted: BTreeMap<SecretName, (BTreeSet<SecretKey>, Address)> = BTreeMap::new();
    for node in cx.plan.nodes().iter().filter(|node| cx.scope.looks_at(&node.address)) {
        for (name, keys) in ExternalResources::of([&node.resource]).secrets {
            let exists = cx.live.external(&ExternalValue::Secret(name.clone())).is_ok();
            if exists && !keys.is_empty() {
                wanted.entry(name).or_insert_with(|| (BTreeSet::new(), node.address.clone())).0.extend(keys);
            }
        }
    }
    let contents: Vec<_> = stream::iter(wanted)
        .map(async |(name, wanted)| {
            let content = content(cx, &name).await;
            (name, wanted, content)
        })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let (mut without, mut denied, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (secret, (mut keys, address), content) in contents {
        let is_json = matches!(content, Ok(Content::Keys(_)));
        match content {
            Ok(Content::Keys(found)) => keys.retain(|key| !found.contains(key.as_str())),
            Ok(Content::NotJson) => {}
            Ok(Content::Denied) => {
                denied.push(secret);
                continue;
            }
            Err(error) => {
                let what = "the keys of a secret";
                failures.push(Failure::Unanswered { what, check: Some(Check::ExternalSecrets), error });
                continue;
            }
        }
        if !keys.is_empty() {
            without.push(WithoutKeys { secret, keys, is_json, address });
        }
    }
    if !denied.is_empty() {
        let message = format!(
            "the caller may not read the content of secrets outside of the plan, so that their keys are not checked: {}",
            denied.iter().map(|name| format!("`{name}`")).join(", ")
        );
        cx.report(Event::Warning { address: None, message });
    }
    if !without.is_empty() {
        failures.push(Failure::MissingKeys(without));
    }
    failures
}

/// The keys of a secret. Its values are not kept.
async fn content(cx: &Context<'_>, name: &SecretName) -> Result<Content> {
    match cx.aws.secrets.get_secret_value().secret_id(name.as_str()).send().await.map_err(Error::from) {
        Ok(answer) => {
            let text = answer.secret_string.map(Zeroizing::new);
            let keys = text.and_then(|text| serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&text).ok());
            Ok(keys.map_or(Content::NotJson, |keys| Content::Keys(keys.into_keys().collect())))
        }
        // Without access to the secret, or to the KMS key that encrypts it.
        // Source: AWS Secrets Manager API, `GetSecretValue`, "Errors", and "Common errors".
        Err(error) if error.is(&["AccessDeniedException", "DecryptionFailure"]) => Ok(Content::Denied),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use saas_model::resource::SecretValue;
    use serde_json::json;
    use wiremock::MockServer;
    use wiremock::matchers::body_partial_json;

    use super::*;
    use crate::state::external_values::ExternalVersion;
    use crate::testing::application::{self, DEFINITION};
    use crate::testing::json_api::{answer, called, calls, refusal};
    use crate::testing::{Bench, RecordingReporter};

    const SERVICE: &str = "secretsmanager";

    /// A platform whose container receives these keys of secrets that exist.
    async fn bench(server: &MockServer, values: &[(&str, Option<&str>)]) -> Bench {
        let external = |(name, key): &(&str, Option<&str>)| SecretValue::External {
            secret: name.parse().expect("valid"),
            key: key.map(|key| key.parse().expect("valid")),
        };
        let mut definition = application::task_definition();
        let container = definition.containers.get_mut("web").expect("it has one container");
        let named = values.iter().enumerate().map(|(index, value)| (format!("S{index}"), external(value)));
        container.secrets = named.collect();
        let mut nodes = application::nodes();
        nodes.retain(|(address, _)| *address != DEFINITION);
        nodes.push((DEFINITION, definition.into()));
        let bench = Bench::new(&server.uri(), nodes).await;
        let there = values.iter().map(|(name, _)| {
            let version = ExternalVersion { arn: format!("arn:{name}"), version: "1".into() };
            (ExternalValue::Secret(name.parse().expect("valid")), version)
        });
        bench.live.know_external(there.collect());
        bench
    }

    async fn on(server: &MockServer, name: &str, response: wiremock::ResponseTemplate) {
        let asked = called(SERVICE, "GetSecretValue").and(body_partial_json(json!({ "SecretId": name })));
        asked.respond_with(response).mount(server).await;
    }

    fn content_of(text: &str) -> wiremock::ResponseTemplate {
        answer(json!({ "ARN": "arn", "SecretString": text }))
    }

    #[tokio::test]
    async fn missing_keys_are_one_failure_without_any_value() {
        let server = MockServer::start().await;
        on(&server, "app/full", content_of(r#"{"license":"hunter2","dsn":"hunter2"}"#)).await;
        on(&server, "app/half", content_of(r#"{"license":"hunter2","other":{"key":"hunter2"}}"#)).await;
        on(&server, "app/text", content_of("hunter2")).await;
        on(&server, "app/binary", answer(json!({ "ARN": "arn", "SecretBinary": "aHVudGVyMg==" }))).await;
        let values = [
            ("app/full", Some("license")),
            ("app/full", Some("dsn")),
            ("app/half", Some("license")),
            ("app/half", Some("key")),
            ("app/text", Some("license")),
            ("app/binary", Some("license")),
            ("app/whole", None),
        ];
        let bench = bench(&server, &values).await;
        let failures = missing(&bench.cx()).await;
        let [failure] = &failures[..] else { panic!("{failures:?}") };
        let text = format!("{failure} {failure:?}");
        for told in [
            "secret `app/half` has no key `key`",
            "secret `app/text` is not a JSON object with the key `license`",
            "secret `app/binary` is not a JSON object",
            DEFINITION,
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("hunter2") && !text.contains("app/full"), "{text}");
        // One call for each secret whose keys are needed.
        assert_eq!(calls(&server, "GetSecretValue").await.len(), 4);
    }

    #[tokio::test]
    async fn secret_that_the_caller_may_not_read_is_named_in_a_warning() {
        let server = MockServer::start().await;
        on(&server, "app/closed", refusal("AccessDeniedException", "not authorized")).await;
        let bench = bench(&server, &[("app/closed", Some("license"))]).await;
        let told = RecordingReporter::default();
        assert!(missing(&Context { reporter: &told, ..bench.cx() }).await.is_empty());
        let told = told.0.lock().expect("no test panics with it");
        let [Event::Warning { message, .. }] = &told[..] else { panic!("{told:?}") };
        assert!(message.ends_with("their keys are not checked: `app/closed`"), "{message}");
    }

    #[tokio::test]
    async fn secrets_manager_without_an_answer_is_a_failure() {
        let server = MockServer::start().await;
        on(&server, "app/a", refusal("InvalidParameterException", "no")).await;
        let bench = bench(&server, &[("app/a", Some("license"))]).await;
        let failures = missing(&bench.cx()).await;
        assert!(
            matches!(&failures[..], [Failure::Unanswered { check: Some(Check::ExternalSecrets), .. }]),
            "{failures:?}"
        );
    }
}
