use crate::services::Service;
use std::collections::BTreeMap;

use super::*;
use crate::testing::{all, item};

fn tag_keys(count: usize) -> Vec<(String, String)> {
    let place = |number| (format!("Tags.member.{number}.Key"), format!("key-{number}"));
    (1..=count).map(place).collect()
}

fn borrowed(input: &[(String, String)]) -> Vec<(&str, &str)> {
    input.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn tags_are_set_at_creation_and_changed_later() {
    let bench = Bench::with_network();
    let tags = [("Tags.member.1.Key", "tenant"), ("Tags.member.1.Value", "a"), ("Tags.member.2.Key", "empty")];
    let answer = done(&bench, "CreateTargetGroup", &and(&and(GROUPED, &tags), &[("Name", "group")]));
    let arn = first(&answer, "TargetGroupArn").expect("an ARN");
    let input = [("ResourceArns.member.1", arn.as_str())];
    let text = || {
        let answer = done(&bench, "DescribeTags", &input);
        assert_eq!(first(&answer, "ResourceArn"), Some(arn.clone()));
        all(&answer, "Key").into_iter().zip(all(&answer, "Value")).collect::<BTreeMap<String, String>>()
    };
    let tags = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(text(), tags(&[("tenant", "a"), ("empty", "")]));
    done(&bench, "AddTags", &and(&input, &[("Tags.member.1.Key", "tenant"), ("Tags.member.1.Value", "b")]));
    assert_eq!(text(), tags(&[("tenant", "b"), ("empty", "")]));
    done(&bench, "RemoveTags", &and(&input, &[("TagKeys.member.1", "empty"), ("TagKeys.member.2", "unknown")]));
    assert_eq!(text(), tags(&[("tenant", "b")]));
    assert_eq!(item(&bench.inventory(), "elb:target-group", "group"), Some(&tags(&[("tenant", "b")])));
}

#[tokio::test(start_paused = true)]
async fn tags_are_validated() {
    let bench = Bench::with_network();
    let create =
        |tags: Input<'_>| call(&bench, "CreateTargetGroup", &and(&and(GROUPED, tags), &[("Name", "group")])).map(drop);
    let refusal = |code: &str| Err(code.to_owned());
    let long = "k".repeat(129);
    for key in ["", "aws:x", "a*b", &long] {
        assert_eq!(create(&[("Tags.member.1.Key", key)]), refusal("ValidationError"), "{key}");
    }
    assert_eq!(create(&[("Tags.member.1.Value", "x")]), refusal("ValidationError"));
    let twice = [("Tags.member.1.Key", "a"), ("Tags.member.2.Key", "a")];
    assert_eq!(create(&twice), refusal("DuplicateTagKeys"));
    assert_eq!(create(&borrowed(&tag_keys(51))), refusal("TooManyTags"));
    create(&borrowed(&tag_keys(50))).expect("50 are the most");
}

#[tokio::test(start_paused = true)]
async fn a_resource_has_at_most_50_tags() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let resource = [("ResourceArns.member.1", arn.as_str())];
    done(&bench, "AddTags", &and(&resource, &borrowed(&tag_keys(50))));
    assert_eq!(refused(&bench, "AddTags", &and(&resource, &[("Tags.member.1.Key", "more")])), "TooManyTags");
    done(&bench, "AddTags", &and(&resource, &[("Tags.member.1.Key", "key-1"), ("Tags.member.1.Value", "new")]));
}

#[tokio::test(start_paused = true)]
async fn tags_require_an_existing_resource() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let (listening, group) = (listener(&bench, &web, "80"), group(&bench, "group"));
    let rule = rule(&bench, &listening, "1", &group).expect("a rule");
    for (arn, code) in [
        (web.replace("/web/", "/x/"), "LoadBalancerNotFound"),
        (listening.replace("/web/", "/x/"), "ListenerNotFound"),
        (rule.replace("/web/", "/x/"), "RuleNotFound"),
        (group.replace("/group/", "/x/"), "TargetGroupNotFound"),
        (web.replace("elasticloadbalancing", "ec2"), "ValidationError"),
    ] {
        let two = [("ResourceArns.member.1", web.as_str()), ("ResourceArns.member.2", &arn)];
        assert_eq!(refused(&bench, "DescribeTags", &two), code);
        assert_eq!(refused(&bench, "AddTags", &and(&two, &[("Tags.member.1.Key", "a")])), code);
        assert_eq!(refused(&bench, "RemoveTags", &and(&two, &[("TagKeys.member.1", "a")])), code);
    }
    assert_eq!(bench.tagged(Service::Elb), []);
    assert_eq!(refused(&bench, "DescribeTags", &[]), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn tags_of_at_most_20_resources_are_described_per_call() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    let keys: Vec<String> = (1..=21).map(|number| format!("ResourceArns.member.{number}")).collect();
    let many: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), arn.as_str())).collect();
    assert_eq!(refused(&bench, "DescribeTags", &many), "ValidationError");
    assert_eq!(all(&done(&bench, "DescribeTags", &many[..20]), "ResourceArn").len(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_lists_all_tagged_resources() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let (listening, group) = (listener(&bench, &web, "80"), group(&bench, "group"));
    let rule = rule(&bench, &listening, "1", &group).expect("a rule");
    let mut arns = vec![web, listening, rule, group];
    for arn in &arns {
        done(&bench, "AddTags", &[("ResourceArns.member.1", arn), ("Tags.member.1.Key", "a")]);
    }
    let mut text: Vec<String> = bench.tagged(Service::Elb).into_iter().map(|(arn, _)| arn).collect();
    arns.sort();
    text.sort();
    assert_eq!(text, arns);
}

#[tokio::test(start_paused = true)]
async fn the_inventory_lists_resources_of_callers() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    let (listening, group) = (https_listener(&bench, &web), group(&bench, "group"));
    rule(&bench, &listening, "1", &group).expect("a rule");
    let input = [("ListenerArn", listening.as_str()), ("Certificates.member.1.CertificateArn", OTHER_CERTIFICATE)];
    done(&bench, "AddListenerCertificates", &input);
    let kinds = || bench.inventory().into_iter().map(|item| item.kind).collect::<Vec<_>>();
    let elb: Vec<String> = kinds().into_iter().filter(|kind| kind.starts_with("elb:")).collect();
    assert_eq!(elb, ["elb:listener", "elb:listener-certificate", "elb:load-balancer", "elb:rule", "elb:target-group"]);
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &web)]);
    done(&bench, "DeleteTargetGroup", &[("TargetGroupArn", &group)]);
    assert!(!kinds().iter().any(|kind| kind.starts_with("elb:")));
}
