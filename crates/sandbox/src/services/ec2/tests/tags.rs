//! Tags.

use super::Ec2;
use crate::services::Service;
use crate::tags::Tags;

fn tag<'a>(key: &'a str, value: &'a str) -> [(&'a str, &'a str); 2] {
    [("Tag.1.Key", key), ("Tag.1.Value", value)]
}

/// All tags, as `resource type:key=value`.
fn listed(ec2: &Ec2) -> Vec<String> {
    let parts = ["resourceType", "key", "value"].map(|part| ec2.list("DescribeTags", &[], part));
    let [types, keys, values] = parts;
    types.iter().zip(keys).zip(values).map(|((kind, key), value)| format!("{kind}:{key}={value}")).collect()
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_and_removed() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let gateway = ec2.internet_gateway(&vpc);
    let resources = [("ResourceId.1", vpc.as_str()), ("ResourceId.2", &gateway)];
    ec2.done("CreateTags", &[resources.as_slice(), &tag("owner", "me")].concat());
    ec2.done("CreateTags", &[resources.as_slice(), &tag("owner", "you")].concat());
    ec2.done("CreateTags", &[&resources[..1], &tag("stage", "")].concat());
    assert_eq!(listed(&ec2), ["internet-gateway:owner=you", "vpc:owner=you", "vpc:stage="]);

    ec2.done("DeleteTags", &[&resources[..1], &tag("owner", "me")].concat());
    assert_eq!(listed(&ec2).len(), 3, "the value is another");
    ec2.done("DeleteTags", &[&resources[..1], &tag("owner", "you")].concat());
    ec2.done("DeleteTags", &[&resources[..1], &tag("stage", "")[..1]].concat());
    assert_eq!(listed(&ec2), ["internet-gateway:owner=you"]);
    ec2.done("DeleteTags", &resources[1..].iter().map(|(_, id)| ("ResourceId.1", *id)).collect::<Vec<_>>());
    assert!(listed(&ec2).is_empty());
}

#[tokio::test(start_paused = true)]
async fn several_resources_are_tagged_atomically() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    for (id, code) in [
        ("igw-0123456789abcdef0", "InvalidInternetGatewayID.NotFound"),
        ("sgr-0123456789abcdef0", "InvalidSecurityGroupRuleId.NotFound"),
        ("nat-0123456789abcdef0", "NatGatewayNotFound"),
        ("sg-x", "InvalidGroupId.Malformed"),
        ("lt-0123456789abcdef0", "InvalidID"),
        ("web", "InvalidID"),
    ] {
        let input = [[("ResourceId.1", vpc.as_str()), ("ResourceId.2", id)], tag("owner", "me")].concat();
        assert_eq!(ec2.refused("CreateTags", &input), code);
        assert_eq!(ec2.refused("DeleteTags", &input), code);
    }
    assert!(listed(&ec2).is_empty());
    assert_eq!(ec2.refused("CreateTags", &[("ResourceId.1", &vpc)]), "MissingParameter");
    assert_eq!(ec2.refused("CreateTags", &tag("owner", "me")), "MissingParameter");
}

#[tokio::test(start_paused = true)]
async fn invalid_tags_are_refused() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (long, longer) = ("k".repeat(129), "v".repeat(257));
    for (key, value) in [("aws:mine", "x"), ("AWS:mine", "x"), (long.as_str(), "x"), ("k", longer.as_str()), ("", "x")]
    {
        let input = [[("ResourceId.1", vpc.as_str())].as_slice(), &tag(key, value)].concat();
        assert_eq!(ec2.refused("CreateTags", &input), "InvalidParameterValue", "{key}={value}");
    }
    let twice = [[("ResourceId.1", vpc.as_str()), ("Tag.2.Key", "k")], tag("k", "v")].concat();
    assert_eq!(ec2.refused("CreateTags", &twice), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn a_resource_has_50_tags() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let keys: Vec<String> = (1..=50).map(|number| format!("Tag.{number}.Key")).collect();
    let mut input = vec![("ResourceId.1", vpc.as_str())];
    input.extend(keys.iter().map(|key| (key.as_str(), key.as_str())));
    ec2.done("CreateTags", &input);
    ec2.done("CreateTags", &input);
    let one_more = [[("ResourceId.1", vpc.as_str())].as_slice(), &tag("k", "v")].concat();
    assert_eq!(ec2.refused("CreateTags", &one_more), "TagLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn tags_at_creation_must_match_the_created_resource_type() {
    let ec2 = Ec2::new();
    let create = |kind: &str, key: &str| {
        let input = [
            ("CidrBlock", "10.0.0.0/16"),
            ("TagSpecification.1.ResourceType", kind),
            ("TagSpecification.1.Tag.1.Key", key),
            ("TagSpecification.1.Tag.1.Value", "me"),
        ];
        ec2.call("CreateVpc", &input).map(drop)
    };
    let refused = Err("InvalidParameterValue".to_owned());
    assert_eq!(create("subnet", "owner"), refused);
    assert_eq!(create("vpc", "aws:owner"), refused);
    let empty = [("CidrBlock", "10.0.0.0/16"), ("TagSpecification.1.ResourceType", "vpc")];
    assert_eq!(ec2.refused("CreateVpc", &empty), "InvalidParameterValue");
    create("vpc", "owner").expect("a VPC");
    assert_eq!(listed(&ec2), ["vpc:owner=me"]);
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_lists_existing_tagged_resources() {
    let ec2 = Ec2::new();
    let [vpc, _, _, gateway, address] = ec2.network();
    let ids = [("ResourceId.1", vpc.as_str()), ("ResourceId.2", &gateway), ("ResourceId.3", &address)];
    ec2.done("CreateTags", &[ids.as_slice(), &tag("owner", "me")].concat());
    let tagged = || ec2.0.tagged(Service::Ec2);
    let arn = |rest: &str, id: &str| format!("arn:aws:ec2:us-east-1:123456789012:{rest}/{id}");
    let mine = Tags::from([("owner".to_owned(), "me".to_owned())]);
    let expected = [arn("vpc", &vpc), arn("elastic-ip", &address), arn("natgateway", &gateway)];
    assert_eq!(tagged(), expected.map(|arn| (arn, mine.clone())));

    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    crate::testing::pass(super::super::timing::NAT_GATEWAY_STOPS).await;
    assert_eq!(tagged().len(), 2, "one that is deleted is only listed");
}

#[tokio::test(start_paused = true)]
async fn tags_are_filtered() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    ec2.done("CreateTags", &[[("ResourceId.1", vpc.as_str())].as_slice(), &tag("owner", "me")].concat());
    let count =
        |name, value| ec2.list("DescribeTags", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)], "key").len();
    let found =
        [("key", "owner"), ("value", "m?"), ("resource-id", &vpc), ("resource-type", "vpc"), ("tag:owner", "*")];
    for (name, value) in found {
        assert_eq!(count(name, value), 1, "{name}");
    }
    assert_eq!(count("resource-type", "subnet"), 0);
    let unknown = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", "x")];
    assert_eq!(ec2.refused("DescribeTags", &unknown), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_resources_are_tagged_at_once() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let keys: Vec<String> = (1..=1_001).map(|number| format!("ResourceId.{number}")).collect();
    let mut input: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), vpc.as_str())).collect();
    input.extend(tag("owner", "me"));
    assert_eq!(ec2.refused("CreateTags", &input), "InvalidParameterValue");
    ec2.done("CreateTags", &input[1..]);
}
