//! Tests of CloudWatch Logs: calls as a provisioner sends them, and their validation.

use serde_json::{Value, json};

use super::has_group;
use crate::services::Service;
use crate::testing::{Bench, item};

const NAME: &str = "/ecs/tenant/acme";
const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme";

fn call(bench: &Bench, operation: &str, input: &Value) -> Result<Value, String> {
    bench.json(Service::Logs, operation, input)
}

fn refusal(code: &str) -> Result<Value, String> {
    Err(code.to_owned())
}

fn with_group() -> Bench {
    let bench = Bench::new();
    let input = json!({"logGroupName": NAME, "tags": {"tenant_id": "acme", "saas:platform": "p"}});
    call(&bench, "CreateLogGroup", &input).expect("a group");
    bench
}

fn describe(bench: &Bench, input: Value) -> Vec<Value> {
    let list = call(bench, "DescribeLogGroups", &input).expect("a list");
    list["logGroups"].as_array().expect("groups").clone()
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_with_its_tags_described_and_deleted() {
    let bench = with_group();
    let groups = describe(&bench, json!({"logGroupNamePrefix": "/ecs/"}));
    let expected = json!({
        "logGroupName": NAME,
        "arn": format!("{ARN}:*"),
        "logGroupArn": ARN,
        "creationTime": 1_767_225_600_000_u64,
        "metricFilterCount": 0,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": false,
    });
    assert_eq!(groups, [expected]);
    let tags = call(&bench, "ListTagsForResource", &json!({"resourceArn": ARN})).expect("tags");
    assert_eq!(tags["tags"], json!({"saas:platform": "p", "tenant_id": "acme"}));
    assert!(item(&bench.inventory(), "logs:log-group", NAME).is_some_and(|tags| tags.len() == 2));
    assert_eq!(bench.tagged(Service::Logs).first().map(|(arn, _)| arn.clone()).as_deref(), Some(ARN));
    assert!(bench.cloud(|cloud| has_group(cloud, NAME)));
    call(&bench, "DeleteLogGroup", &json!({"logGroupName": NAME})).expect("a deletion");
    assert!(!bench.cloud(|cloud| has_group(cloud, NAME)));
    assert_eq!(bench.inventory(), []);
    assert_eq!(call(&bench, "DeleteLogGroup", &json!({"logGroupName": NAME})), refusal("ResourceNotFoundException"));
}

#[tokio::test(start_paused = true)]
async fn group_names_are_unique() {
    let bench = with_group();
    let again = call(&bench, "CreateLogGroup", &json!({"logGroupName": NAME}));
    assert_eq!(again, refusal("ResourceAlreadyExistsException"));
}

#[tokio::test(start_paused = true)]
async fn group_names_are_validated() {
    let bench = Bench::new();
    for name in ["", "a b", "a:b", "a*", "ä", "aws/mine", &"n".repeat(513)] {
        let made = call(&bench, "CreateLogGroup", &json!({"logGroupName": name}));
        assert_eq!(made, refusal("InvalidParameterException"), "{name}");
    }
    assert_eq!(call(&bench, "CreateLogGroup", &json!({})), refusal("InvalidParameterException"));
    for name in ["/aws/lambda/f", "a.b-c_d/e#F9", &"n".repeat(512)] {
        call(&bench, "CreateLogGroup", &json!({"logGroupName": name})).expect(name);
    }
}

#[tokio::test(start_paused = true)]
async fn only_retentions_that_aws_offers_are_accepted() {
    let bench = with_group();
    let put = |days: Value| call(&bench, "PutRetentionPolicy", &json!({"logGroupName": NAME, "retentionInDays": days}));
    for days in [0, 2, 31, 364, 3_654, -1] {
        assert_eq!(put(json!(days)), refusal("InvalidParameterException"), "{days}");
    }
    assert_eq!(put(Value::Null), refusal("InvalidParameterException"));
    put(json!(30)).expect("a retention");
    assert_eq!(describe(&bench, json!({}))[0]["retentionInDays"], 30);
    call(&bench, "DeleteRetentionPolicy", &json!({"logGroupName": NAME})).expect("a removal");
    assert_eq!(describe(&bench, json!({}))[0]["retentionInDays"], Value::Null);
    for operation in ["PutRetentionPolicy", "DeleteRetentionPolicy"] {
        let mut none = json!({"logGroupName": "none"});
        if operation == "PutRetentionPolicy" {
            none["retentionInDays"] = json!(30);
        }
        assert_eq!(call(&bench, operation, &none), refusal("ResourceNotFoundException"));
    }
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_of_fifty_by_name() {
    let bench = with_group();
    for number in (0..60).rev() {
        call(&bench, "CreateLogGroup", &json!({"logGroupName": format!("group-{number:02}")})).expect("a group");
    }
    let first = call(&bench, "DescribeLogGroups", &json!({"logGroupNamePrefix": "group"})).expect("a page");
    assert_eq!(first["logGroups"].as_array().map(Vec::len), Some(50));
    assert_eq!(first["logGroups"][49]["logGroupName"], "group-49");
    let rest = json!({"logGroupNamePrefix": "group", "nextToken": first["nextToken"]});
    let rest = call(&bench, "DescribeLogGroups", &rest).expect("a page");
    assert_eq!((rest["logGroups"].as_array().map(Vec::len), &rest["nextToken"]), (Some(10), &Value::Null));
    for input in [
        json!({"limit": 0}),
        json!({"limit": 51}),
        json!({"nextToken": "x"}),
        json!({"logGroupNamePrefix": "a b"}),
        json!({"logGroupNamePrefix": ""}),
        json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}),
        json!({"logGroupIdentifiers": [NAME], "logGroupNamePrefix": "a"}),
        json!({"logGroupClass": "LARGE"}),
    ] {
        assert_eq!(call(&bench, "DescribeLogGroups", &input), refusal("InvalidParameterException"), "{input}");
    }
    assert_eq!(describe(&bench, json!({"logGroupNamePattern": "tenant"})).len(), 1);
    assert_eq!(describe(&bench, json!({"logGroupIdentifiers": ["group-01", NAME]})).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_replaced_and_removed() {
    let bench = with_group();
    let tag = |tags: Value| call(&bench, "TagResource", &json!({"resourceArn": ARN, "tags": tags}));
    tag(json!({"tenant_id": "bravo", "more": ""})).expect("tags");
    let keys = json!({"resourceArn": ARN, "tagKeys": ["saas:platform", "none"]});
    call(&bench, "UntagResource", &keys).expect("a removal");
    let tags = call(&bench, "ListTagsForResource", &json!({"resourceArn": ARN})).expect("tags");
    assert_eq!(tags["tags"], json!({"more": "", "tenant_id": "bravo"}));
    for tags in [json!({}), json!({"aws:a": "b"}), json!({"a*": "b"}), json!({"": "b"}), json!({"k": "v".repeat(257)})]
    {
        assert_eq!(tag(tags.clone()), refusal("InvalidParameterException"), "{tags}");
        let input = json!({"logGroupName": "new", "tags": tags});
        assert_eq!(call(&bench, "CreateLogGroup", &input), refusal("InvalidParameterException"), "{tags}");
    }
    let many: serde_json::Map<String, Value> = (0..49).map(|number| (format!("k{number}"), json!("v"))).collect();
    assert_eq!(tag(Value::Object(many)), refusal("TooManyTagsException"));
}

#[tokio::test(start_paused = true)]
async fn tags_are_stored_at_the_arn_without_an_asterisk() {
    let bench = with_group();
    for (arn, code) in [
        (format!("{ARN}:*"), "InvalidParameterException"),
        (NAME.to_owned(), "InvalidParameterException"),
        (String::new(), "InvalidParameterException"),
        (format!("{ARN}-none"), "ResourceNotFoundException"),
        (ARN.replace("us-east-1", "eu-west-1"), "ResourceNotFoundException"),
    ] {
        assert_eq!(call(&bench, "ListTagsForResource", &json!({"resourceArn": arn})), refusal(code), "{arn}");
        let input = json!({"resourceArn": arn, "tags": {"a": "b"}});
        assert_eq!(call(&bench, "TagResource", &input), refusal(code), "{arn}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_protected_group_is_not_deleted() {
    let bench = Bench::new();
    let input = json!({"logGroupName": NAME, "deletionProtectionEnabled": true});
    call(&bench, "CreateLogGroup", &input).expect("a group");
    assert_eq!(call(&bench, "DeleteLogGroup", &json!({"logGroupName": NAME})), refusal("ValidationException"));
    let off = json!({"logGroupIdentifier": ARN, "deletionProtectionEnabled": false});
    call(&bench, "PutLogGroupDeletionProtection", &off).expect("a change");
    call(&bench, "DeleteLogGroup", &json!({"logGroupName": NAME})).expect("a deletion");
}

#[tokio::test(start_paused = true)]
async fn streams_are_deleted_with_their_group() {
    let bench = with_group();
    let create = |group: &str, name: &str| {
        call(&bench, "CreateLogStream", &json!({"logGroupName": group, "logStreamName": name}))
    };
    for name in ["b", "a/1", "c"] {
        create(NAME, name).expect(name);
    }
    assert_eq!(create(NAME, "b"), refusal("ResourceAlreadyExistsException"));
    assert_eq!(create("none", "b"), refusal("ResourceNotFoundException"));
    for name in ["", "a:b", "a*", &"s".repeat(513)] {
        assert_eq!(create(NAME, name), refusal("InvalidParameterException"), "{name}");
    }
    let list = |input: Value| call(&bench, "DescribeLogStreams", &input).expect("a list");
    let first = list(json!({"logGroupName": NAME, "logStreamNamePrefix": "a"}));
    assert_eq!(first["logStreams"][0]["arn"], json!(format!("{ARN}:log-stream:a/1")));
    let down = list(json!({"logGroupIdentifier": ARN, "descending": true, "limit": 2}));
    assert_eq!(
        (&down["logStreams"][0]["logStreamName"], &down["logStreams"][1]["logStreamName"]),
        (&json!("c"), &json!("b"))
    );
    let rest = list(json!({"logGroupName": NAME, "descending": true, "nextToken": down["nextToken"]}));
    assert_eq!(rest["logStreams"][0]["logStreamName"], "a/1");
    for (input, code) in [
        (json!({"logGroupName": NAME, "logGroupIdentifier": ARN}), "ValidationException"),
        (json!({}), "ValidationException"),
        (json!({"logGroupName": "none"}), "ResourceNotFoundException"),
        (
            json!({"logGroupName": NAME, "orderBy": "LastEventTime", "logStreamNamePrefix": "a"}),
            "InvalidParameterException",
        ),
        (json!({"logGroupName": NAME, "limit": 51}), "InvalidParameterException"),
    ] {
        assert_eq!(call(&bench, "DescribeLogStreams", &input), refusal(code), "{input}");
    }
    let delete = json!({"logGroupName": NAME, "logStreamName": "b"});
    call(&bench, "DeleteLogStream", &delete).expect("a deletion");
    assert_eq!(call(&bench, "DeleteLogStream", &delete), refusal("ResourceNotFoundException"));
}

#[tokio::test(start_paused = true)]
async fn a_saved_sandbox_continues() {
    let bench = with_group();
    call(&bench, "PutRetentionPolicy", &json!({"logGroupName": NAME, "retentionInDays": 30})).expect("a retention");
    let before = (describe(&bench, json!({})), bench.inventory());
    bench.cloud(|cloud| {
        let text = serde_json::to_string(cloud).expect("a text");
        *cloud = serde_json::from_str(&text).expect("the same cloud");
    });
    assert_eq!((describe(&bench, json!({})), bench.inventory()), before);
}

#[tokio::test(start_paused = true)]
async fn events_are_read_from_the_end_or_page_by_page() {
    let bench = with_group();
    let stream = json!({"logGroupName": NAME, "logStreamName": "web/web/1"});
    assert_eq!(call(&bench, "GetLogEvents", &stream), refusal("ResourceNotFoundException"));
    let lines: Vec<String> = (0..5).map(|number| format!("line {number}")).collect();
    bench.cloud(|cloud| {
        super::open_stream(cloud, NAME, "web/web/1");
        super::write(cloud, NAME, "web/web/1", &lines);
    });
    let get = |changes: Value| {
        let mut input = stream.clone();
        for (key, value) in changes.as_object().into_iter().flatten() {
            input[key] = value.clone();
        }
        let answer = call(&bench, "GetLogEvents", &input).expect("events");
        let events = answer["events"].as_array().expect("events").iter();
        let texts: Vec<String> = events.filter_map(|event| event["message"].as_str()).map(str::to_owned).collect();
        (texts, answer["nextForwardToken"].clone(), answer["nextBackwardToken"].clone())
    };
    assert_eq!(get(json!({})).0, lines);
    let (last, end, before) = get(json!({"limit": 2}));
    assert_eq!(last, lines[3..]);
    assert_eq!(get(json!({"nextToken": end})), (Vec::new(), end.clone(), json!(format!("b/{:056}", 5))));
    assert_eq!(get(json!({"nextToken": before, "limit": 2})).0, lines[1..3]);
    let (first, next, _) = get(json!({"limit": 2, "startFromHead": true}));
    assert_eq!((first, get(json!({"nextToken": next, "limit": 2})).0), (lines[..2].to_vec(), lines[2..4].to_vec()));
    let now = bench.cloud(|cloud| cloud.now.as_millis());
    assert_eq!((get(json!({"startTime": now})).0.len(), get(json!({"endTime": now})).0.len()), (5, 0));
    let odd = json!({"logGroupName": NAME, "logStreamName": "web/web/1", "nextToken": "x"});
    assert_eq!(call(&bench, "GetLogEvents", &odd), refusal("InvalidParameterException"));
    let by_time = json!({"logGroupName": NAME, "orderBy": "LastEventTime", "descending": true});
    let listed = call(&bench, "DescribeLogStreams", &by_time).expect("a list");
    assert_eq!(listed["logStreams"][0]["lastEventTimestamp"], json!(now));
}

#[tokio::test(start_paused = true)]
async fn a_group_has_at_most_two_subscription_filters() {
    let bench = with_group();
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let put = |name: &str| {
        let input = json!({
            "logGroupName": NAME, "filterName": name, "filterPattern": "", "destinationArn": function,
        });
        call(&bench, "PutSubscriptionFilter", &input)
    };
    for name in ["one", "two", "one"] {
        put(name).expect("a filter");
    }
    assert_eq!(put("three"), refusal("LimitExceededException"));
    let list = call(&bench, "DescribeSubscriptionFilters", &json!({"logGroupName": NAME})).expect("a list");
    let filters = list["subscriptionFilters"].as_array().expect("filters");
    let names: Vec<&str> = filters.iter().filter_map(|filter| filter["filterName"].as_str()).collect();
    assert_eq!((names, &filters[0]["destinationArn"]), (vec!["one", "two"], &json!(function)));
    let named = json!({"logGroupName": NAME, "filterName": "one"});
    call(&bench, "DeleteSubscriptionFilter", &named).expect("a deletion");
    assert_eq!(call(&bench, "DeleteSubscriptionFilter", &named), refusal("ResourceNotFoundException"));
    let other = json!({"logGroupName": "another"});
    assert_eq!(call(&bench, "DescribeSubscriptionFilters", &other), refusal("ResourceNotFoundException"));
}
