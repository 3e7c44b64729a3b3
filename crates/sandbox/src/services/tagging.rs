//! The Resource Groups Tagging API: all tagged resources in one list.

use crate::paging;
use crate::services::prelude::*;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Resource Groups Tagging API",
    signing_name: "tagging",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../models/resourcegroupstaggingapi.json"),
    errors: Errors {
        // Source: the API model of the Tagging API.
        throttled: ("ThrottledException", 400, "Rate exceeded"),
        ..Errors::JSON
    },
    // Its data comes from other services and is stale for a while.
    consistency: |operation| (operation == "GetResources").then_some(Consistency::EventualEverywhere),
    latency: Latency::USUAL,
    collections: |_| Vec::new(),
    inventory: |_, _| {},
    tagged: |_| Vec::new(),
};

no_events!();

const OPERATIONS: &[(&str, JsonOperation)] = &[("GetResources", get_resources)];

/// The maximum number of resources per page. Source: Resource Groups Tagging API reference,
/// GetResources.
const MOST_IN_PAGE: u16 = 100;

fn get_resources(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let filters = filters(input)?;
    let types = types(input)?;
    let arns = arns(input)?;
    let size = input.within("ResourcesPerPage", 1..=MOST_IN_PAGE.into()).map_err(invalid)?;
    let size = size.unwrap_or_else(|| MOST_IN_PAGE.into());
    input.within::<i64>("TagsPerPage", 100..=500).map_err(invalid)?;
    let is_set = |name| input.flag(name) == Some(true);
    let is_complete = !is_set("ExcludeCompliantResources") || is_set("IncludeComplianceDetails");
    ensure!(is_complete, invalid("ExcludeCompliantResources needs IncludeComplianceDetails"));
    let wanted = cloud.tagged().into_iter().filter(|(arn, tags)| {
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
    // The last page has an empty token, not a missing one.
    Ok(json!({ "PaginationToken": next.unwrap_or_default(), "ResourceTagMappingList": page }))
}

/// A tag key and its permitted values; an empty list permits any value.
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
    let read = |filter: &Input| {
        let key = filter.text("Key").ok_or_else(|| invalid("A tag filter must have a key"))?.to_owned();
        Ok(Filter { key, values: filter.texts("Values") })
    };
    input.list("TagFilters").iter().map(read).collect()
}

fn types(input: &Input) -> Result<Vec<String>, Refusal> {
    let types = input.texts("ResourceTypeFilters");
    let sound = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte))
    };
    let are_sound = types.iter().all(|kind| kind.splitn(2, ':').all(sound));
    ensure!(are_sound, invalid("ResourceTypeFilters must be of the form service or service:type"));
    Ok(types)
}

/// A list of ARNs excludes other parameters.
fn arns(input: &Input) -> Result<Vec<String>, Refusal> {
    let arns = input.texts("ResourceARNList");
    if arns.is_empty() {
        return Ok(arns);
    }
    let others = ["TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken"];
    if let Some(other) = others.iter().find(|other| input.has(other)) {
        return Err(invalid(format!("ResourceARNList and {other} cannot be specified together")));
    }
    ensure!(arns.iter().all(|arn| arn.starts_with("arn:")), invalid("The members of ResourceARNList must be ARNs"));
    Ok(arns)
}

/// Whether an ARN is of a type, such as `s3` or `ecs:task-definition`. Only a bucket's ARN does not
/// contain its type.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is_of;
    use crate::services::Service;
    use crate::testing::Bench;

    fn with_buckets(count: usize) -> Bench {
        let bench = Bench::new();
        for number in 0..count {
            let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
            let parity = if number % 2 == 0 { "even" } else { "odd" };
            let tags = tag("parity", parity) + &tag("number", &number.to_string());
            let body = format!("<CreateBucketConfiguration><Tags>{tags}</Tags></CreateBucketConfiguration>");
            let answer = bench.send(Service::S3, "PUT", &format!("/bucket-{number:03}"), &[], body.into_bytes());
            assert_eq!(answer.status(), 200);
        }
        bench
    }

    fn get(bench: &Bench, input: &Value) -> Result<(Vec<String>, String), String> {
        let answer = bench.json(Service::Tagging, "GetResources", input)?;
        let arn = |mapping: &Value| mapping["ResourceARN"].as_str().unwrap_or_default().to_owned();
        let arns = answer["ResourceTagMappingList"].as_array().into_iter().flatten().map(arn).collect();
        Ok((arns, answer["PaginationToken"].as_str().expect("a token, if empty").to_owned()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_has_at_most_100_resources() {
        let bench = with_buckets(150);
        let (page, token) = get(&bench, &json!({})).expect("anybody may");
        assert_eq!((page.len(), token.is_empty()), (100, false));
        let (rest, token) = get(&bench, &json!({ "PaginationToken": token })).expect("a token that was given");
        assert_eq!((rest.len(), token.as_str()), (50, ""));
        assert!(page.iter().all(|arn| !rest.contains(arn)));
        let (page, _) = get(&bench, &json!({ "ResourcesPerPage": 7 })).expect("anybody may");
        assert_eq!(page.len(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn resources_match_all_filters_and_one_value_of_each() {
        let bench = with_buckets(4);
        let count = |filters: Value| get(&bench, &json!({ "TagFilters": filters })).expect("good filters").0.len();
        assert_eq!(count(json!([{ "Key": "parity" }])), 4);
        assert_eq!(count(json!([{ "Key": "parity", "Values": ["even"] }])), 2);
        assert_eq!(count(json!([{ "Key": "number", "Values": ["0", "1"] }])), 2);
        assert_eq!(
            count(json!([{ "Key": "parity", "Values": ["even"] }, { "Key": "number", "Values": ["0", "1"] }])),
            1
        );
        assert_eq!(count(json!([{ "Key": "Parity" }])), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn resources_are_selected_by_type_or_by_arn() {
        let bench = with_buckets(2);
        let count = |input: Value| get(&bench, &input).expect("good filters").0.len();
        assert_eq!(count(json!({ "ResourceTypeFilters": ["s3", "ecs:task-definition"] })), 2);
        assert_eq!(count(json!({ "ResourceTypeFilters": ["s3:bucket"] })), 2);
        assert_eq!(count(json!({ "ResourceTypeFilters": ["logs"] })), 0);
        assert_eq!(count(json!({ "ResourceARNList": ["arn:aws:s3:::bucket-001", "arn:aws:s3:::none"] })), 1);
    }

    #[test]
    fn resource_types_are_read_from_arns() {
        for (arn, kind) in [
            ("arn:aws:ecs:us-east-1:123456789012:task-definition/family:1", "ecs:task-definition"),
            ("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/a", "logs:log-group"),
            ("arn:aws:rds:us-east-1:123456789012:cluster:a", "rds:cluster"),
            ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", "ec2"),
            ("arn:aws:s3:::name", "s3:bucket"),
        ] {
            assert!(is_of(arn, kind), "{arn} {kind}");
        }
        assert!(!is_of("arn:aws:ecs:us-east-1:123456789012:task/family", "ecs:task-definition"));
    }

    #[tokio::test(start_paused = true)]
    async fn invalid_parameters_are_refused() {
        let bench = with_buckets(1);
        let values: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        for input in [
            json!({ "ResourcesPerPage": 0 }),
            json!({ "ResourcesPerPage": 101 }),
            json!({ "TagsPerPage": 99 }),
            json!({ "PaginationToken": "x" }),
            json!({ "TagFilters": [{ "Values": ["a"] }] }),
            json!({ "TagFilters": [{ "Key": "a", "Values": values }] }),
            json!({ "TagFilters": vec![json!({ "Key": "a" }); 51] }),
            json!({ "ResourceTypeFilters": ["s3:"] }),
            json!({ "ResourceARNList": ["arn:aws:s3:::a"], "ResourceTypeFilters": ["s3"] }),
            json!({ "ResourceARNList": ["bucket"] }),
            json!({ "ExcludeCompliantResources": true }),
        ] {
            assert_eq!(get(&bench, &input), Err("InvalidParameterException".to_owned()), "{input}");
        }
    }
}
