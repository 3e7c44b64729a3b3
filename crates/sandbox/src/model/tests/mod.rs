mod boundaries;

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

#[test]
fn models_and_operations_match_their_list() {
    let listed = include_str!("../../../models/operations.txt");
    let listed: BTreeSet<&str> = listed.lines().collect();
    let mut there = BTreeSet::new();
    for service in Service::ALL {
        let operations: BTreeSet<&str> = service.operations().into_iter().collect();
        let modelled: BTreeSet<&str> = Model::of(service).operations.keys().copied().collect();
        assert_eq!(modelled, operations, "{service:?}: list it in models/operations.txt, and run `cargo xtask models`");
        there.extend(operations);
    }
    let listed: BTreeSet<&str> = listed.iter().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
    assert_eq!(listed, there);
}

#[test]
fn every_named_shape_exists_and_every_pattern_compiles() {
    for service in Service::ALL {
        Model::of(service).check();
    }
}

fn refused(service: Service, operation: &str, input: &Value) -> (String, String) {
    let refusal = admit(service, operation, input).expect_err("it is not as the model says");
    (refusal.code.into_owned(), refusal.message)
}

#[test]
fn several_errors_are_reported_together() {
    let (code, message) = refused(
        Service::Secrets,
        "CreateSecret",
        &json!({ "Name": "", "Tags": [{ "Key": "k".repeat(129), "Value": "v" }] }),
    );
    assert_eq!(code, "ValidationException");
    let key = "k".repeat(129);
    let expected = format!(
        "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length \
         greater than or equal to 1; Value '{key}' at 'tags.1.member.key' failed to satisfy constraint: Member must \
         have length less than or equal to 128"
    );
    assert_eq!(message, expected);
}

#[test]
fn errors_contain_no_secrets() {
    let secret = "s3cr3t".repeat(20_000);
    for (service, operation, input) in [
        (Service::Secrets, "CreateSecret", json!({ "Name": "n", "SecretString": secret })),
        (Service::Secrets, "PutSecretValue", json!({ "SecretId": "n", "SecretString": [secret] })),
        (Service::Secrets, "PutSecretValue", json!({ "SecretId": "n", "RotationToken": secret })),
        (Service::Rds, "CreateDBCluster", json!({ "MasterUserPassword": { secret.clone(): secret } })),
    ] {
        let (_, message) = refused(service, operation, &input);
        assert!(!message.contains("s3cr3t"), "{operation}: {}", &message[..200]);
    }
}

#[test]
fn each_service_has_a_dialect() {
    for (service, operation, input, code, message) in [
        (Service::Ec2, "CreateVpc", json!({ "Cidr": "x" }), "UnknownParameter", "The parameter Cidr is not recognized"),
        (Service::Ec2, "CreateSubnet", json!({}), "MissingParameter", "The request must contain the parameter VpcId"),
        (
            Service::Ec2,
            "CreateVpc",
            json!({ "CidrBlock": "10.0.0.0/16", "InstanceTenancy": "own" }),
            "InvalidParameterValue",
            "Value (own) for parameter InstanceTenancy is invalid.",
        ),
        (
            Service::Rds,
            "CreateDBCluster",
            json!({ "DBClusterIdentifier": "a" }),
            "InvalidParameterValue",
            "The parameter Engine must be provided and must not be blank.",
        ),
        (
            Service::Logs,
            "CreateLogGroup",
            json!({}),
            "InvalidParameterException",
            "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not \
             be null",
        ),
        (
            Service::Ecs,
            "CreateService",
            json!({ "serviceName": "a", "desiredCount": "1" }),
            "SerializationException",
            "STRING_VALUE cannot be converted to Integer: desiredCount",
        ),
        (
            Service::Iam,
            "ListRoles",
            json!({ "MaxItems": "many" }),
            "MalformedInput",
            "STRING_VALUE cannot be converted to Integer: MaxItems",
        ),
    ] {
        assert_eq!(refused(service, operation, &input), (code.to_owned(), message.to_owned()));
    }
}

#[test]
fn answers_are_validated_against_the_model() {
    let json = |body: Value| http::Response::new(bytes::Bytes::from(body.to_string()));
    let group = |members: Value| json(json!({ "logGroups": [members] }));
    let held = |answer: http::Response<bytes::Bytes>| faults(Service::Logs, "DescribeLogGroups", &answer);
    assert!(held(group(json!({ "logGroupName": "a", "creationTime": 1, "logGroupClass": "STANDARD" }))).is_empty());
    assert_eq!(held(group(json!({ "creationTime": "now" }))), ["logGroups.creationTime: not a Long"]);
    assert_eq!(held(group(json!({ "logGroupClass": "OWN" }))), ["logGroups.logGroupClass: outside the enumeration"]);
    assert_eq!(held(json(json!({ "other": 1 }))), ["other: unknown"]);
    let ec2 = |content: &str| {
        let xml = format!("<DescribeVpcsResponse><requestId>r</requestId>{content}</DescribeVpcsResponse>");
        faults(Service::Ec2, "DescribeVpcs", &http::Response::new(bytes::Bytes::from(xml)))
    };
    assert!(ec2("<vpcSet><item><vpcId>v</vpcId><isDefault>false</isDefault></item></vpcSet>").is_empty());
    assert_eq!(ec2("<vpcSet><item><isDefault>no</isDefault></item></vpcSet>"), ["vpcSet.isDefault: not a Boolean"]);
    assert_eq!(ec2("<vpcSet><vpc/></vpcSet><extra/>"), ["extra: unknown", "vpcSet: not a List"]);
}
