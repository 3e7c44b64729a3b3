//! The Resource Groups Tagging API: everything that has tags, in one list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{JsonOperation, ec2, ecs, elb, iam, logs, rds, s3, scaling, secrets};
use crate::cloud::Cloud;
use crate::input::Input;
use crate::paging;
use crate::refusal::Refusal;
use crate::tags::Tags;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, JsonOperation)] = &[("GetResources", get_resources)];

/// The most resources of a page, of filters, of values in one, and of types and ARNs.
/// Source: Resource Groups Tagging API reference, GetResources.
const MOST_IN_PAGE: usize = 100;
const MOST_FILTERS: usize = 50;
const MOST_VALUES: usize = 20;
const MOST_NAMED: usize = 100;

fn get_resources(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let filters = filters(input)?;
    let types = types(input)?;
    let arns = arns(input)?;
    let size = number(input, "ResourcesPerPage", 1, MOST_IN_PAGE)?.unwrap_or(MOST_IN_PAGE);
    number(input, "TagsPerPage", 100, 500)?;
    if input.flag("ExcludeCompliantResources") == Some(true) && input.flag("IncludeComplianceDetails") != Some(true) {
        return Err(invalid("ExcludeCompliantResources needs IncludeComplianceDetails"));
    }
    let wanted = tagged(cloud).into_iter().filter(|(arn, tags)| {
        filters.iter().all(|filter| filter.fits(tags))
            && (types.is_empty() || types.iter().any(|kind| is_of(arn, kind)))
            && (arns.is_empty() || arns.contains(arn))
    });
    let mappings = wanted.map(|(arn, tags)| {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        (arn.clone(), json!({ "ResourceARN": arn, "Tags": tags }))
    });
    let token = input.text("PaginationToken").filter(|token| !token.is_empty());
    let (page, next) = paging::page(mappings, token, size, "InvalidParameterException")?;
    // The last page has an empty token, not none.
    Ok(json!({ "PaginationToken": next.unwrap_or_default(), "ResourceTagMappingList": page }))
}

/// Everything that has tags, by ARN.
fn tagged(cloud: &Cloud) -> BTreeMap<String, Tags> {
    let services = [
        ec2::tagged,
        ecs::tagged,
        elb::tagged,
        iam::tagged,
        logs::tagged,
        rds::tagged,
        s3::tagged,
        scaling::tagged,
        secrets::tagged,
    ];
    services.iter().flat_map(|tagged| tagged(cloud)).collect()
}

/// A key and the values that it may have; any, when there are none.
struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    fn fits(&self, tags: &Tags) -> bool {
        tags.get(&self.key).is_some_and(|value| self.values.is_empty() || self.values.contains(value))
    }
}

fn filters(input: &Input) -> Result<Vec<Filter>, Refusal> {
    let filters = input.list("TagFilters");
    if filters.len() > MOST_FILTERS {
        return Err(invalid(format!("TagFilters has more than {MOST_FILTERS} members")));
    }
    let read = |filter: &Input| {
        let key = filter.text("Key").unwrap_or_default().to_owned();
        if key.is_empty() || key.chars().count() > 128 {
            return Err(invalid("Key of a tag filter must have between 1 and 128 characters"));
        }
        let values = filter.texts("Values");
        if values.len() > MOST_VALUES || values.iter().any(|value| value.chars().count() > 256) {
            return Err(invalid(format!(
                "Values of a tag filter has more than {MOST_VALUES} members, or one is too long"
            )));
        }
        Ok(Filter { key, values })
    };
    filters.iter().map(read).collect()
}

fn types(input: &Input) -> Result<Vec<String>, Refusal> {
    let types = input.texts("ResourceTypeFilters");
    let sound = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte))
    };
    if types.len() > MOST_NAMED || !types.iter().all(|kind| kind.splitn(2, ':').all(sound)) {
        return Err(invalid("ResourceTypeFilters must be of the form service or service:type"));
    }
    Ok(types)
}

/// A list of ARNs stands alone.
fn arns(input: &Input) -> Result<Vec<String>, Refusal> {
    let arns = input.texts("ResourceARNList");
    if arns.is_empty() {
        return Ok(arns);
    }
    let others = ["TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken"];
    if let Some(other) = others.iter().find(|other| input.has(other)) {
        return Err(invalid(format!("ResourceARNList and {other} cannot be specified together")));
    }
    if arns.len() > MOST_NAMED || arns.iter().any(|arn| !arn.starts_with("arn:")) {
        return Err(invalid(format!("ResourceARNList must have at most {MOST_NAMED} members, all of them ARNs")));
    }
    Ok(arns)
}

fn number(input: &Input, name: &str, least: usize, most: usize) -> Result<Option<usize>, Refusal> {
    if !input.has(name) {
        return Ok(None);
    }
    let number = input.number(name).and_then(|number| usize::try_from(number).ok());
    match number.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(invalid(format!("{name} must be between {least} and {most}"))),
    }
}

/// Whether an ARN is of a type, such as `s3` or `ecs:task-definition`. A bucket's ARN is the only
/// one that does not say what it is.
fn is_of(arn: &str, kind: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts.as_slice() else { return false };
    let own = if *service == "s3" { "bucket" } else { resource.split(['/', ':']).next().unwrap_or_default() };
    match kind.split_once(':') {
        None => kind == *service,
        Some((wanted, kind)) => wanted == *service && kind == own,
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}
