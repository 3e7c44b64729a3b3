//! Secrets that a plan assumes to exist: the program that runs the sandbox adds them.

use std::collections::{BTreeMap, BTreeSet};

use super::secret::Secret;
use super::value::Value;
use super::version::{CURRENT, Version};
use crate::services::prelude::*;

/// Adds a secret whose value is a JSON object with these keys, or a text if there are none. One that was added
/// before gets the keys that it lacks, and keeps its version; every other secret with this name stays as it is.
pub(crate) fn assume(cloud: &mut Cloud, name: &str, keys: &BTreeSet<String>) {
    let secrets = &mut cloud.secrets.secrets;
    let existing = secrets.values().find(|secret| secret.name == name);
    if let Some((arn, is_assumed)) = existing.map(|secret| (secret.arn.clone(), secret.is_assumed)) {
        let current = secrets.get_mut(&arn).filter(|_| is_assumed).and_then(Secret::current_mut);
        if let Some(version) = current.filter(|version| !keys.iter().all(|key| version.value.has(key))) {
            let before = version.value.keys();
            version.value = value(before.iter().chain(keys));
        }
        return;
    }
    let arn = cloud.account.arn("secretsmanager", &format!("secret:{name}-{}", cloud.ids.letters(6)));
    let stages = [CURRENT.to_owned()].into();
    let version = Version { value: value(keys), created: cloud.now, accessed: None, stages };
    let secret = Secret {
        arn: arn.clone(),
        name: name.to_owned(),
        description: None,
        key: None,
        created: cloud.now,
        changed: cloud.now,
        accessed: None,
        rotation: None,
        tags: Tags::default(),
        versions: BTreeMap::from([(cloud.ids.uuid(), version)]),
        deletion: None,
        policy: None,
        is_assumed: true,
    };
    cloud.secrets.secrets.insert(arn, secret);
}

/// A value that says nothing.
fn value<'a>(keys: impl IntoIterator<Item = &'a String>) -> Value {
    const TEXT: &str = "sandbox";
    let object: BTreeMap<&String, &str> = keys.into_iter().map(|key| (key, TEXT)).collect();
    Value::Text(if object.is_empty() { TEXT.to_owned() } else { json!(object).to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Service;
    use crate::testing::Bench;

    fn assumed(bench: &Bench, keys: &[&str]) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        bench.cloud(|cloud| assume(cloud, "app/license", &keys));
    }

    fn described(bench: &Bench) -> (serde_json::Value, serde_json::Value) {
        let call = |operation: &str| bench.json(Service::Secrets, operation, &json!({"SecretId": "app/license"}));
        (call("DescribeSecret").expect("it exists"), call("GetSecretValue").expect("it has a value"))
    }

    #[tokio::test(start_paused = true)]
    async fn assumed_secret_exists_and_is_not_reported_as_left_over() {
        let bench = Bench::new();
        assumed(&bench, &[]);
        let (description, value) = described(&bench);
        let arn = description["ARN"].as_str().expect("an ARN").to_owned();
        assert!(arn.starts_with("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/license-"), "{arn}");
        assert_eq!(value["SecretString"], "sandbox");
        assert!(bench.cloud(|cloud| super::super::has_value(cloud, &arn)));
        assert_eq!(bench.inventory(), Vec::new());
    }

    #[tokio::test(start_paused = true)]
    async fn missing_keys_are_added_to_the_same_version() {
        let bench = Bench::new();
        assumed(&bench, &["license"]);
        let (before, _) = described(&bench);
        assumed(&bench, &["contract"]);
        let (after, value) = described(&bench);
        assert_eq!((&before["ARN"], &before["VersionIdsToStages"]), (&after["ARN"], &after["VersionIdsToStages"]));
        assert_eq!(value["SecretString"], r#"{"contract":"sandbox","license":"sandbox"}"#);
    }

    #[tokio::test(start_paused = true)]
    async fn secret_of_a_caller_stays_as_it_is() {
        let bench = Bench::new();
        let input = json!({"Name": "app/license", "SecretString": "own", "ClientRequestToken": "a".repeat(32)});
        bench.json(Service::Secrets, "CreateSecret", &input).expect("a secret");
        assumed(&bench, &["license"]);
        assert_eq!(described(&bench).1["SecretString"], "own");
    }
}
