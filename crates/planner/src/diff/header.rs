//! The differences between the headers of two plans.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Header;
use saas_model::fields::FieldChange;
use saas_model::identifier::{TagKey, TagValue};

use super::text;

pub(super) fn header(before: &Header, after: &Header) -> Vec<FieldChange> {
    let Header { platform, environment, account, region, provisioner, platform_tags, spec, lock } = before;
    [
        text("platform", platform.as_str(), after.platform.as_str()),
        text("environment", environment.as_str(), after.environment.as_str()),
        text("account", account.as_str(), after.account.as_str()),
        text("region", region.as_str(), after.region.as_str()),
        text("provisioner", provisioner.as_str(), after.provisioner.as_str()),
        text("spec", &spec.to_string(), &after.spec.to_string()),
        text("lock", &lock.to_string(), &after.lock.to_string()),
    ]
    .into_iter()
    .flatten()
    .chain(tags(platform_tags, &after.platform_tags))
    .collect()
}

fn tags(before: &BTreeMap<TagKey, TagValue>, after: &BTreeMap<TagKey, TagValue>) -> Vec<FieldChange> {
    let keys: BTreeSet<&TagKey> = before.keys().chain(after.keys()).collect();
    let value = |tags: &BTreeMap<TagKey, TagValue>, key: &TagKey| tags.get(key).map(TagValue::as_str).into();
    let change = |key: &TagKey| FieldChange {
        field: format!("platform_tags.{key}"),
        before: value(before, key),
        after: value(after, key),
    };
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).map(change).collect()
}
