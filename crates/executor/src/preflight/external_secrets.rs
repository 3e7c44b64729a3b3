//! Whether the secrets and parameters outside of the plan exist that its containers receive. Without one of
//! them, no task of the container starts.

use std::collections::BTreeMap;

use saas_model::Address;

use super::Failure;
use crate::context::Context;
use crate::state::external_values::ExternalValue;

/// The failure that names all that do not exist, each with one node that needs it.
pub(super) fn missing(cx: &Context<'_>) -> Option<Failure> {
    let mut missing: BTreeMap<ExternalValue, Address> = BTreeMap::new();
    for node in cx.plan.nodes().iter().filter(|node| cx.scope.looks_at(&node.address)) {
        let absent = ExternalValue::all_of(&node.resource).into_iter().filter(|value| cx.live.external(value).is_err());
        for value in absent {
            missing.entry(value).or_insert_with(|| node.address.clone());
        }
    }
    (!missing.is_empty()).then(|| Failure::MissingSecrets(missing.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use saas_model::Ref;
    use saas_model::resource::SecretValue;

    use super::*;
    use crate::state::external_values::ExternalVersion;
    use crate::testing::Bench;
    use crate::testing::application::{self, DEFINITION};

    #[tokio::test]
    async fn all_missing_secrets_and_parameters_are_one_failure() {
        let external = |name: &str, key: Option<&str>| SecretValue::External {
            secret: name.parse().expect("valid"),
            key: key.map(|key| key.parse().expect("valid")),
        };
        let parameter = SecretValue::Parameter("/app/dsn".parse().expect("valid"));
        let own = SecretValue::Whole(Ref::to(Address::literal(application::GENERATED)));
        let mut definition = application::task_definition();
        let container = definition.containers.get_mut("web").expect("it has one container");
        let values = [external("app/a", Some("license")), parameter, external("app/there", None), own];
        container.secrets = values.into_iter().enumerate().map(|(index, value)| (format!("S{index}"), value)).collect();
        let mut nodes = application::nodes();
        nodes.retain(|(address, _)| *address != DEFINITION);
        nodes.push((DEFINITION, definition.into()));
        let bench = Bench::new("http://127.0.0.1:9", nodes).await;
        let there = ExternalValue::Secret("app/there".parse().expect("valid"));
        let version = ExternalVersion { arn: "arn:aws:secretsmanager:x".into(), version: "1".into() };
        bench.live.know_external([(there, version)].into());
        let failure = missing(&bench.cx()).expect("two are missing").to_string();
        for told in ["secret `app/a`", "parameter `/app/dsn`", DEFINITION] {
            assert!(failure.contains(told), "{told}: {failure}");
        }
        assert!(!failure.contains("app/there") && !failure.contains("generated"), "{failure}");
    }
}
