//! What AWS says about its actions: their resource types and condition keys.
//!
//! `catalogue/actions.txt` has the facts, and `catalogue/generate.mjs` their source.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// All actions of the services that saas calls, by `service:Action`.
static ACTIONS: LazyLock<BTreeMap<String, Action>> = LazyLock::new(|| parse(include_str!("../catalogue/actions.txt")));

/// An action of IAM policies.
#[derive(Debug)]
pub(crate) struct Action {
    /// The types of resources that it acts on; empty when a policy can allow it only on `*`.
    pub(crate) types: Vec<ResourceType>,
    /// The condition keys that it has for all types.
    keys: Vec<&'static str>,
}

/// A type of resources of an action.
#[derive(Debug)]
pub(crate) struct ResourceType {
    /// The name in the Service Authorization Reference.
    pub(crate) name: &'static str,
    request_tag: bool,
    resource_tag: bool,
}

/// The action of this name; `None` when AWS has none.
pub(crate) fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.get(name)
}

impl Action {
    /// Whether requests for the action have a condition key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }

    /// Whether a condition on the tags of a resource of this type holds for the action.
    pub(crate) fn sees_tags_of(&self, of: &ResourceType) -> bool {
        of.resource_tag || self.has("aws:ResourceTag")
    }

    /// Whether a condition on the tags that a request gives to a resource of this type holds for the action.
    pub(crate) fn sees_tags_for(&self, of: &ResourceType) -> bool {
        of.request_tag || self.has("aws:RequestTag")
    }
}

fn parse(text: &'static str) -> BTreeMap<String, Action> {
    let mut actions = BTreeMap::new();
    let mut service = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            service = name;
            continue;
        }
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let (keys, types): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('@'));
        let keys = keys.into_iter().map(|key| key.trim_start_matches('@')).collect();
        let types = types.into_iter().map(resource_type).collect();
        actions.insert(format!("{service}:{name}"), Action { types, keys });
    }
    actions
}

fn resource_type(word: &'static str) -> ResourceType {
    let name = word.trim_end_matches(['!', '+', '=']);
    let flags = &word[name.len()..];
    ResourceType { name, request_tag: flags.contains('+'), resource_tag: flags.contains('=') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(name: &str) -> Vec<&'static str> {
        action(name).expect("AWS has the action").types.iter().map(|of| of.name).collect()
    }

    #[test]
    fn created_type_takes_the_tags_of_the_request() {
        let create = action("ec2:CreateSubnet").expect("AWS has the action");
        let tags = |of: &str| {
            let of = create.types.iter().find(|found| found.name == of).expect("the action has the type");
            (create.sees_tags_for(of), create.sees_tags_of(of))
        };
        assert_eq!(tags("subnet"), (true, false));
        assert_eq!(tags("vpc"), (false, true));
    }

    #[test]
    fn both_generations_of_load_balancers_are_known() {
        assert_eq!(types("elasticloadbalancing:DeleteLoadBalancer"), ["loadbalancer", "loadbalancer/app/"]);
        assert!(types("elasticloadbalancing:AddTags").contains(&"targetgroup"));
    }

    #[test]
    fn operation_of_another_name_is_no_action() {
        assert!(action("s3:ListObjectsV2").is_none() && action("s3:ListBucket").is_some());
    }
}
