//! Service-linked roles.

use serde_json::{Value, json};

use super::{call, decoded, permission, trust};
use crate::testing::{Bench, first, item};

const SERVICES: [(&str, &str); 4] = [
    ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS"),
    ("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
];

#[tokio::test(start_paused = true)]
async fn a_service_has_one() {
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
async fn its_trust_is_told_in_lists_only_when_it_is_made() {
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

#[tokio::test(start_paused = true)]
async fn services_without_one_and_suffixes_are_refused() {
    let bench = Bench::new();
    for input in [
        vec![("AWSServiceName", "nobody.amazonaws.com")],
        vec![("AWSServiceName", "ecs.amazonaws.com"), ("CustomSuffix", "mine")],
    ] {
        assert_eq!(call(&bench, "CreateServiceLinkedRole", &input), Err("InvalidInput".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn only_its_service_changes_it() {
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
