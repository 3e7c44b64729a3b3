//! Tags: those that come with a creation, and those that come and go later.

use std::collections::BTreeSet;

use super::checks::invalid;
use super::resource::{self, Resource};
use super::{Listener, LoadBalancer, Rule, TargetGroup};
use crate::services::prelude::*;
use crate::tags;

/// The most resources whose tags one call tells. Source: Elastic Load Balancing API reference,
/// `DescribeTags`.
const DESCRIBED: usize = 20;

/// The tags that come with a call.
pub(super) fn of(input: &Input) -> Result<Tags, Refusal> {
    let mut keys = BTreeSet::new();
    for tag in input.list("Tags") {
        let key = tag.required("Key")?;
        if !keys.insert(key.to_owned()) {
            return Err(Refusal::new("DuplicateTagKeys", format!("Tag key was specified more than once: {key}")));
        }
    }
    let tags = input.tags("Tags");
    check(&tags)?;
    Ok(tags)
}

/// What AWS refuses in the tags that a resource would have.
fn check(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > tags::MOST {
        let message = format!("The maximum number of tags '{}' for a resource has been reached", tags::MOST);
        return Err(Refusal::new("TooManyTags", message));
    }
    if let Some(fault) = tags::fault(tags) {
        return Err(invalid(fault));
    }
    // Source: the API model, `TagKey` and `TagValue`.
    let sound = |text: &str| {
        text.chars().all(|letter| letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter))
    };
    match tags.iter().find(|(key, value)| !sound(key) || !sound(value)) {
        Some((key, _)) => Err(invalid(format!("The tag '{key}' contains a character that tags may not contain"))),
        None => Ok(()),
    }
}

/// `AddTags`.
pub(super) fn add(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = arns(input)?;
    let new = of(input)?;
    if new.is_empty() {
        return Err(Refusal::missing("Tags"));
    }
    for arn in &arns {
        let mut tags = of_resource(cloud, arn)?.clone();
        tags.extend(new.clone());
        check(&tags)?;
    }
    for arn in &arns {
        change(cloud, arn, |tags| tags.extend(new.clone()));
    }
    Ok(Vec::new())
}

/// `RemoveTags`.
pub(super) fn remove(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = arns(input)?;
    let keys = input.texts("TagKeys");
    if keys.is_empty() {
        return Err(Refusal::missing("TagKeys"));
    }
    for arn in &arns {
        of_resource(cloud, arn)?;
    }
    for arn in &arns {
        change(cloud, arn, |tags| tags.retain(|key, _| !keys.contains(key)));
    }
    Ok(Vec::new())
}

/// `DescribeTags`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = arns(input)?;
    if arns.len() > DESCRIBED {
        return Err(invalid(format!("Up to '{DESCRIBED}' resources can be described, but '{}' were", arns.len())));
    }
    let describe = |arn: &String| {
        let tags = of_resource(cloud, arn)?;
        Ok(vec![xml::text("ResourceArn", arn), xml::tags("Tags", "member", ["Key", "Value"], tags)])
    };
    let descriptions = arns.iter().map(describe).collect::<Result<Vec<_>, Refusal>>()?;
    Ok(vec![xml::list("TagDescriptions", "member", descriptions)])
}

/// Everything that has tags.
pub(super) fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    fn of_kind<'a, R: Resource + 'a>(cloud: &'a Cloud) -> impl Iterator<Item = (String, &'a Tags)> {
        R::all(&cloud.elb).iter().map(|(arn, resource)| (arn.clone(), resource.tags()))
    }
    let balancers = of_kind::<LoadBalancer>(cloud).chain(of_kind::<Listener>(cloud));
    balancers.chain(of_kind::<Rule>(cloud)).chain(of_kind::<TargetGroup>(cloud)).collect()
}

fn arns(input: &Input) -> Result<Vec<String>, Refusal> {
    let arns = input.texts("ResourceArns");
    if arns.is_empty() { Err(Refusal::missing("ResourceArns")) } else { Ok(arns) }
}

/// The tags of a resource of any kind.
fn of_resource<'a>(cloud: &'a Cloud, arn: &str) -> Result<&'a Tags, Refusal> {
    fn of_kind<'a, R: Resource + 'a>(cloud: &'a Cloud, arn: &str) -> Result<&'a Tags, Refusal> {
        resource::named::<R>(cloud, arn).map(R::tags)
    }
    if resource::is_arn::<TargetGroup>(cloud, arn) {
        of_kind::<TargetGroup>(cloud, arn)
    } else if resource::is_arn::<Listener>(cloud, arn) {
        of_kind::<Listener>(cloud, arn)
    } else if resource::is_arn::<Rule>(cloud, arn) {
        of_kind::<Rule>(cloud, arn)
    } else {
        of_kind::<LoadBalancer>(cloud, arn)
    }
}

fn change(cloud: &mut Cloud, arn: &str, change: impl FnOnce(&mut Tags)) {
    if resource::is_arn::<TargetGroup>(cloud, arn) {
        resource::change::<TargetGroup>(cloud, arn, |group| change(group.tags_mut()));
    } else if resource::is_arn::<Listener>(cloud, arn) {
        resource::change::<Listener>(cloud, arn, |listener| change(listener.tags_mut()));
    } else if resource::is_arn::<Rule>(cloud, arn) {
        resource::change::<Rule>(cloud, arn, |rule| change(rule.tags_mut()));
    } else {
        resource::change::<LoadBalancer>(cloud, arn, |balancer| change(balancer.tags_mut()));
    }
}
