//! Service-linked roles.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, decoded, permission, trust};
use crate::dials::Dials;
use crate::services::Service;
use crate::testing::{Bench, SUBNETS, first, item, pass};

const SERVICES: [(&str, &str); 4] = [
    ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS"),
    ("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
];

#[tokio::test(start_paused = true)]
async fn a_service_has_one_linked_role() {
    let bench = Bench::new();
    for (service, name) in SERVICES {
        let made = call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", service)]).expect("a role");
        let arn = format!("arn:aws:iam::123456789012:role/aws-service-role/{service}/{name}");
        assert_eq!(first(&made, "Arn"), Some(arn));
        let again = call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", service)]);
        assert_eq!(again, Err("InvalidInput".to_owned()), "its name has been taken");
        assert!(item(&bench.inventory(), "iam:role", name).is_some());
    }
    assert_eq!(bench.inventory().len(), SERVICES.len(), "what AWS attached to them is not listed");
}

#[tokio::test(start_paused = true)]
async fn a_linked_trust_policy_has_lists_only_in_the_creation_response() {
    let bench = Bench::new();
    let statement = |answer: &str| -> Value {
        let document = decoded(&first(answer, "AssumeRolePolicyDocument").expect("a document"));
        document["Statement"][0].clone()
    };
    let made = call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]).expect("a role");
    assert_eq!(statement(&made)["Action"], json!(["sts:AssumeRole"]));
    assert_eq!(statement(&made)["Principal"], json!({"Service": ["ecs.amazonaws.com"]}));
    let read = call(&bench, "GetRole", &[("RoleName", "AWSServiceRoleForECS")]).expect("it is there");
    assert_eq!(statement(&read)["Action"], json!("sts:AssumeRole"));
    assert_eq!(statement(&read)["Principal"], json!({"Service": "ecs.amazonaws.com"}));
}

/// The code and message of an RDS error.
fn refused(bench: &Bench, action: &str, input: &[(&str, &str)]) -> (String, String) {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).extend_pairs(input);
    let response = bench.send(Service::Rds, "POST", "/", &[], body.finish().into_bytes());
    let text = String::from_utf8_lossy(response.body()).into_owned();
    (first(&text, "Code").unwrap_or_default(), first(&text, "Message").unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_service_creates_its_linked_role_at_first_use_if_enabled() {
    let dials = Dials { linked_roles: Duration::from_secs(20), ..Dials::default() };
    let bench = Bench::with_network_and(dials);
    let group = [
        ("DBSubnetGroupName", "db"),
        ("DBSubnetGroupDescription", "databases"),
        ("SubnetIds.SubnetIdentifier.1", SUBNETS[0]),
        ("SubnetIds.SubnetIdentifier.2", SUBNETS[1]),
    ];
    let (code, text) = refused(&bench, "CreateDBSubnetGroup", &group);
    assert_eq!(code, "InvalidParameterValue");
    assert!(text.contains("permission to create service linked role"), "{text}");
    let (code, text) = refused(&bench, "CreateDBSubnetGroup", &group);
    assert_eq!(code, "InvalidParameterValue");
    assert!(text.starts_with("Missing necessary credentials"), "{text}");
    let cluster = ("clusterName", "shop");
    let ecs = || bench.json(Service::Ecs, "CreateCluster", &json!({cluster.0: cluster.1}));
    assert_eq!(ecs(), Err("InvalidParameterException".to_owned()), "each service has its own");
    pass(Duration::from_secs(20)).await;
    bench.query(Service::Rds, "CreateDBSubnetGroup", &group).expect("RDS can assume its role");
    ecs().expect("ECS can assume its role");
    call(&bench, "GetRole", &[("RoleName", "AWSServiceRoleForRDS")]).expect("it is there like any other");
    assert!(bench.inventory().iter().all(|item| item.kind != "iam:role"), "no call made it");
    let taken = call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", "rds.amazonaws.com")]);
    assert_eq!(taken, Err("InvalidInput".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_existing_linked_role_is_used() {
    let dials = Dials { linked_roles: Duration::from_secs(20), ..Dials::default() };
    let bench = Bench::with(dials);
    call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]).expect("a role");
    pass(Duration::from_secs(20)).await;
    bench.json(Service::Ecs, "CreateCluster", &json!({"clusterName": "shop"})).expect("it is there");
}

#[tokio::test(start_paused = true)]
async fn services_without_linked_roles_and_suffixes_are_refused() {
    let bench = Bench::new();
    for input in [
        vec![("AWSServiceName", "nobody.amazonaws.com")],
        vec![("AWSServiceName", "ecs.amazonaws.com"), ("CustomSuffix", "mine")],
    ] {
        assert_eq!(call(&bench, "CreateServiceLinkedRole", &input), Err("InvalidInput".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn callers_cannot_modify_a_linked_role() {
    let bench = Bench::new();
    call(&bench, "CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]).expect("a role");
    let role = ("RoleName", "AWSServiceRoleForECS");
    let (permission, trust) = (permission(), trust());
    for (action, more) in [
        ("DeleteRole", vec![]),
        ("UpdateRole", vec![("Description", "mine")]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", trust.as_str())]),
        ("PutRolePolicy", vec![("PolicyName", "p"), ("PolicyDocument", permission.as_str())]),
        ("AttachRolePolicy", vec![("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")]),
    ] {
        let input: Vec<_> = [role].into_iter().chain(more).collect();
        assert_eq!(call(&bench, action, &input), Err("UnmodifiableEntity".to_owned()), "{action}");
    }
    call(&bench, "TagRole", &[role, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]).expect("a tag");
}
