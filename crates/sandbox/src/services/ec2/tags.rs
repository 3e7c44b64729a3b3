//! Tags: set at creation, added, removed and listed.

use std::collections::BTreeMap;

use super::checks::{done, invalid};
use super::filter::Filters;
use super::listing::{LONGEST, paged};
use super::resource::{Kind, Resource, find};
use super::{
    Address, Endpoint, Interface, InternetGateway, NatGateway, RouteTable, Rule, SecurityGroup, State, Subnet, Vpc,
};
use crate::services::prelude::*;
use crate::tags;

/// The maximum number of resources in one call. Source: Amazon EC2 API reference, `CreateTags`.
const MOST_RESOURCES: usize = 1_000;

/// The tags of a resource in a listing.
pub(super) fn tag_set(tags: &Tags) -> Element {
    xml::tags("tagSet", "item", ["key", "value"], tags)
}

/// The tags for the resource that a call creates.
pub(super) fn at_creation<R: Resource>(input: &Input) -> Result<Tags, Refusal> {
    let refuse = |message: String| Refusal::new("InvalidParameterValue", message);
    let mut tags = Tags::new();
    for (position, specification) in input.list("TagSpecification").iter().enumerate() {
        let kind = specification
            .text("ResourceType")
            .ok_or_else(|| refuse("Tag specification resource type must have a value".to_owned()))?;
        if kind != R::kind().name {
            return Err(refuse(format!("'{kind}' is not a valid taggable resource type for this operation.")));
        }
        ensure!(position == 0, refuse(format!("Duplicate tag specification for resource type '{kind}'")));
        tags = given(specification)?;
        ensure!(!tags.is_empty(), refuse("Tag specification must have at least one tag".to_owned()));
    }
    check(&tags)?;
    Ok(tags)
}

/// The tags in `Tag`; no key may occur twice.
fn given(input: &Input) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for tag in input.list("Tag") {
        let key = tag.text("Key").ok_or_else(|| Refusal::missing("Tag.Key"))?;
        if tags.insert(key.to_owned(), tag.text("Value").unwrap_or_default().to_owned()).is_some() {
            return Err(Refusal::new("InvalidParameterValue", format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(tags)
}

/// Refuses invalid tags of a resource.
fn check(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > tags::MOST {
        let message = "The maximum number of Tags for a resource has been reached.";
        return Err(Refusal::new("TagLimitExceeded", message));
    }
    match tags::fault(tags) {
        None => Ok(()),
        Some(fault) => Err(Refusal::new("InvalidParameterValue", format!("Invalid tags: {fault}"))),
    }
}

/// The operations on tags that all kinds of resources share.
struct Taggable {
    kind: fn() -> &'static Kind,
    check: fn(&Cloud, &str) -> Result<Tags, Refusal>,
    /// All existing resources, or with `true` also deleted ones that are still listed.
    all: fn(&Cloud, bool) -> Vec<(&String, &Tags)>,
    set: fn(&mut State, &str, Tags),
}

const fn taggable<R: Resource>() -> Taggable {
    Taggable {
        kind: R::kind,
        check: |cloud, id| find::<R>(cloud, id).map(|found| found.tags().clone()),
        all: |cloud, only_listed| {
            let is_out = |one: &R| if only_listed { one.is_forgotten() } else { one.is_deleted() };
            let seen = R::all(&cloud.ec2).iter().filter(|(_, one)| !is_out(one));
            seen.map(|(id, one)| (id, one.tags())).collect()
        },
        set: |state, id, tags| {
            if let Some(resource) = R::all_mut(state).get_mut(id) {
                *resource.tags_mut() = tags;
            }
        },
    }
}

static KINDS: [Taggable; 10] = [
    taggable::<Vpc>(),
    taggable::<Subnet>(),
    taggable::<InternetGateway>(),
    taggable::<Address>(),
    taggable::<NatGateway>(),
    taggable::<RouteTable>(),
    taggable::<SecurityGroup>(),
    taggable::<Rule>(),
    taggable::<Endpoint>(),
    taggable::<Interface>(),
];

fn kind_of(id: &str) -> Result<&'static Taggable, Refusal> {
    let prefix = id.split_once('-').map(|(prefix, _)| prefix);
    let found = KINDS.iter().find(|taggable| Some((taggable.kind)().prefix) == prefix);
    found.ok_or_else(|| Refusal::new("InvalidID", format!("The ID '{id}' is not valid")))
}

/// The resources of a call, all of which must exist, with their tags.
fn resources(cloud: &Cloud, input: &Input) -> Result<BTreeMap<String, (&'static Taggable, Tags)>, Refusal> {
    let ids = input.texts("ResourceId");
    if ids.len() > MOST_RESOURCES {
        return Err(invalid(&ids.len().to_string(), "ResourceId", "At most 1000 resources can be tagged at once."));
    }
    let tagged = ids.into_iter().map(|id| {
        let kind = kind_of(&id)?;
        let tags = (kind.check)(cloud, &id)?;
        Ok((id, (kind, tags)))
    });
    tagged.collect()
}

/// `CreateTags`: adds tags to resources, and replaces those with the same keys.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let new = given(input)?;
    let mut resources = resources(cloud, input)?;
    for (_, tags) in resources.values_mut() {
        tags.extend(new.clone());
        check(tags)?;
    }
    resources.into_iter().for_each(|(id, (kind, tags))| (kind.set)(&mut cloud.ec2, &id, tags));
    Ok(done())
}

/// `DeleteTags`: removes tags from resources. A tag with a value is removed only if the value matches;
/// a call without tags removes all of them. Source: Amazon EC2 API reference, `DeleteTags`.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let named = input.list("Tag");
    let mut resources = resources(cloud, input)?;
    for (_, tags) in resources.values_mut() {
        if named.is_empty() {
            tags.clear();
        }
        for tag in &named {
            let key = tag.required("Key")?;
            if tags.get(key).is_some_and(|value| tag.text("Value").is_none_or(|wanted| wanted == value)) {
                tags.remove(key);
            }
        }
    }
    resources.into_iter().for_each(|(id, (kind, tags))| (kind.set)(&mut cloud.ec2, &id, tags));
    Ok(done())
}

/// `DescribeTags`: every tag of every resource.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let filters = Filters::of(input, &["key", "value", "resource-id", "resource-type", "tag:"])?;
    // Source: Amazon EC2 API reference, `DescribeTags`, `MaxResults`; the API model has no bounds.
    if input.number("MaxResults").is_some_and(|size| !(5..=1_000).contains(&size)) {
        return Err(Refusal::new("InvalidParameterValue", "MaxResults must be from 5 to 1000"));
    }
    let mut found = BTreeMap::new();
    for taggable in &KINDS {
        for (id, tags) in (taggable.all)(cloud, true) {
            for (key, value) in tags {
                let item = vec![
                    xml::text("resourceId", id),
                    xml::text("resourceType", (taggable.kind)().name),
                    xml::text("key", key),
                    xml::text("value", value),
                ];
                let alone = Tags::from([(key.clone(), value.clone())]);
                if filters.admit_tags(&alone) && filters.admit(&item, |_| Vec::new()) {
                    // Keys contain no control characters, so this orders by id and key.
                    found.insert(format!("{id}\n{key}"), item);
                }
            }
        }
    }
    paged(input, "tagSet", LONGEST, found)
}

/// The ARNs and tags of all listed resources, for the Tagging API.
pub(super) fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    let of_kind = |taggable: &'static Taggable| {
        let arn = |id: &str| cloud.account.arn("ec2", &format!("{}/{id}", (taggable.kind)().name));
        (taggable.all)(cloud, false).into_iter().map(move |(id, tags)| (arn(id), tags))
    };
    KINDS.iter().flat_map(of_kind).collect()
}
