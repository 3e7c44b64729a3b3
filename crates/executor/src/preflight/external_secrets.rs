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
    use saas_model::resource::{Resource, SecretValue, TaskDefinition};

    use super::*;
    use crate::state::external_values::ExternalVersion;
    use crate::testing::Bench;
    use crate::testing::job;

    fn receiving(values: Vec<SecretValue>) -> Resource {
        let mut definition: TaskDefinition = job::task_definition("a");
        let container = definition.containers.values_mut().next().expect("it has one container");
        container.secrets = values.into_iter().enumerate().map(|(index, value)| (format!("S{index}"), value)).collect();
        definition.into()
    }

    #[tokio::test]
    async fn all_missing_secrets_and_parameters_are_one_failure() {
        let external = |name: &str, key: Option<&str>| SecretValue::External {
            secret: name.parse().expect("valid"),
            key: key.map(|key| key.parse().expect("valid")),
        };
        let parameter = |name: &str| SecretValue::Parameter(name.parse().expect("valid"));
        let own = SecretValue::Whole(Ref::to(Address::literal("tenant/acme-corp/password")));
        let mut nodes = job::nodes();
        let values = vec![external("app/a", Some("license")), parameter("/app/dsn"), external("app/there", None), own];
        nodes.retain(|(address, _)| *address != job::TASK_DEFINITION);
        nodes.push((job::TASK_DEFINITION, receiving(values)));
        let bench = Bench::new("http://127.0.0.1:9", nodes).await;
        let there = ExternalValue::Secret("app/there".parse().expect("valid"));
        let version = ExternalVersion { arn: "arn:aws:secretsmanager:x".into(), version: "1".into() };
        bench.live.know_external([(there, version)].into());
        let failure = missing(&bench.cx()).expect("two are missing").to_string();
        for told in ["secret `app/a`", "parameter `/app/dsn`", job::TASK_DEFINITION] {
            assert!(failure.contains(told), "{told}: {failure}");
        }
        assert!(!failure.contains("app/there") && !failure.contains("password"), "{failure}");
    }
}
