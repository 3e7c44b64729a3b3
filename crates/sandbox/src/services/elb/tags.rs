//! Tags: set at creation, added and removed.

use std::collections::BTreeSet;

use super::checks::invalid;
use super::resource::{self, Resource};
use super::{Listener, LoadBalancer, Rule, TargetGroup};
use crate::services::prelude::*;
use crate::tags;

/// The maximum number of resources in one call. Source: Elastic Load Balancing API reference,
/// `DescribeTags`.
const DESCRIBED: usize = 20;

/// The tags of a call.
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

/// Refuses invalid tags of a resource.
fn check(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > tags::MOST {
        let message = format!("The maximum number of tags '{}' for a resource has been reached", tags::MOST);
        return Err(Refusal::new("TooManyTags", message));
    }
    if let Some(fault) = tags::fault(tags) {
        return Err(invalid(fault));
    }
    Ok(())
}

/// `AddTags`.
pub(super) fn add(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = input.texts("ResourceArns");
    let new = of(input)?;
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
    let arns = input.texts("ResourceArns");
    let keys = input.texts("TagKeys");
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
    let arns = input.texts("ResourceArns");
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

/// The ARNs and tags of all resources, for the Tagging API.
pub(super) fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    KINDS.iter().flat_map(|kind| (kind.all)(cloud)).collect()
}

/// The operations on tags that all kinds of resources share.
struct Taggable {
    is_arn: fn(&Cloud, &str) -> bool,
    tags: for<'c> fn(&'c Cloud, &str) -> Result<&'c Tags, Refusal>,
    all: fn(&Cloud) -> Vec<(String, &Tags)>,
    tags_mut: for<'c> fn(&'c mut Cloud, &str) -> Option<&'c mut Tags>,
}

const fn taggable<R: Resource>() -> Taggable {
    Taggable {
        is_arn: resource::is_arn::<R>,
        tags: |cloud, arn| resource::named::<R>(cloud, arn).map(R::tags),
        all: |cloud| R::all(&cloud.elb).iter().map(|(arn, resource)| (arn.clone(), resource.tags())).collect(),
        tags_mut: |cloud, arn| R::all_mut(&mut cloud.elb).get_mut(arn).map(R::tags_mut),
    }
}

static KINDS: [Taggable; 4] =
    [taggable::<LoadBalancer>(), taggable::<Listener>(), taggable::<Rule>(), taggable::<TargetGroup>()];

/// The kind of an ARN. For an ARN of no kind it is the load balancer, whose check refuses the ARN.
fn kind_of(cloud: &Cloud, arn: &str) -> &'static Taggable {
    KINDS.iter().find(|kind| (kind.is_arn)(cloud, arn)).unwrap_or(&KINDS[0])
}

fn of_resource<'a>(cloud: &'a Cloud, arn: &str) -> Result<&'a Tags, Refusal> {
    (kind_of(cloud, arn).tags)(cloud, arn)
}

fn change(cloud: &mut Cloud, arn: &str, change: impl FnOnce(&mut Tags)) {
    if let Some(tags) = (kind_of(cloud, arn).tags_mut)(cloud, arn) {
        change(tags);
    }
}
