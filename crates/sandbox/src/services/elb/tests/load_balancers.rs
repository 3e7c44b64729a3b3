use std::time::Duration;

use super::*;
use crate::dials::{Lag, Staleness};
use crate::testing::{all, pass};

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_active_after_some_minutes() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    assert!(arn.starts_with("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/"));
    let state = || first(&done(&bench, "DescribeLoadBalancers", &[("Names.member.1", "web")]), "Code");
    assert_eq!(state().as_deref(), Some("provisioning"));
    pass(Duration::from_secs(60)).await;
    assert_eq!(state().as_deref(), Some("provisioning"));
    pass(Duration::from_secs(120)).await;
    assert_eq!(state().as_deref(), Some("active"));
}

#[tokio::test(start_paused = true)]
async fn a_description_has_the_members_that_aws_returns() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let answer = done(&bench, "DescribeLoadBalancers", &[("LoadBalancerArns.member.1", &arn)]);
    let text = |name| first(&answer, name).unwrap_or_default();
    assert!(text("DNSName").starts_with("web-") && text("DNSName").ends_with(".us-east-1.elb.amazonaws.com"));
    assert_eq!(text("CanonicalHostedZoneId"), "Z35SXDOTRQ7X7K");
    assert_eq!(text("CreatedTime"), "2026-01-01T00:00:00Z");
    assert_eq!([text("Scheme"), text("Type"), text("IpAddressType")], ["internet-facing", "application", "ipv4"]);
    assert_eq!(text("VpcId"), VPC);
    assert_eq!(all(&answer, "ZoneName"), ["us-east-1a", "us-east-1b"]);
    assert_eq!(all(&answer, "SubnetId"), SUBNETS[..2]);
}

#[tokio::test(start_paused = true)]
async fn an_internal_load_balancer_has_an_internal_dns_name() {
    let bench = Bench::with_network();
    let answer = done(&bench, "CreateLoadBalancer", &and(PLACED, &[("Name", "web"), ("Scheme", "internal")]));
    assert!(first(&answer, "DNSName").is_some_and(|name| name.starts_with("internal-web-")));
    assert_eq!(
        refused(&bench, "CreateLoadBalancer", &and(PLACED, &[("Name", "x"), ("Scheme", "y")])),
        "ValidationError"
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_settings_are_the_same_load_balancer() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let swapped = [
        ("Name", "web"),
        ("Subnets.member.1", SUBNETS[1]),
        ("Subnets.member.2", SUBNETS[0]),
        ("SecurityGroups.member.1", GROUP),
    ];
    assert_eq!(first(&done(&bench, "CreateLoadBalancer", &swapped), "LoadBalancerArn"), Some(arn));
    assert_eq!(bench.cloud(|cloud| cloud.ec2.interfaces.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_name_with_other_settings_is_refused() {
    let bench = Bench::with_network();
    balancer(&bench, "web");
    let more = [("Name", "web"), ("Subnets.member.3", SUBNETS[2])];
    assert_eq!(refused(&bench, "CreateLoadBalancer", &and(PLACED, &more)), "DuplicateLoadBalancerName");
    let internal = [("Name", "web"), ("Scheme", "internal")];
    assert_eq!(refused(&bench, "CreateLoadBalancer", &and(PLACED, &internal)), "DuplicateLoadBalancerName");
}

#[tokio::test(start_paused = true)]
async fn names_are_validated() {
    let bench = Bench::with_network();
    let long = "a".repeat(33);
    for name in ["", "-a", "a-", "a_b", "a.b", "internal-a", &long] {
        let code = refused(&bench, "CreateLoadBalancer", &and(PLACED, &[("Name", name)]));
        assert_eq!(code, "ValidationError", "{name}");
    }
    balancer(&bench, &"a".repeat(32));
    balancer(&bench, "internal");
}

#[tokio::test(start_paused = true)]
async fn a_protected_load_balancer_is_not_deleted() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let protect = |on| {
        let attribute = [("Attributes.member.1.Key", "deletion_protection.enabled"), ("Attributes.member.1.Value", on)];
        done(&bench, "ModifyLoadBalancerAttributes", &and(&attribute, &[("LoadBalancerArn", &arn)]));
    };
    protect("true");
    assert_eq!(refused(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]), "OperationNotPermitted");
    protect("false");
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]);
}

#[tokio::test(start_paused = true)]
async fn listeners_and_rules_are_deleted_with_their_load_balancer() {
    let bench = Bench::with_network();
    let (web, other) = (balancer(&bench, "web"), balancer(&bench, "other"));
    let group = group(&bench, "group");
    let listening = listener(&bench, &web, "80");
    rule(&bench, &listening, "1", &group).expect("a rule");
    let kept = listener(&bench, &other, "80");
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &web)]);
    assert_eq!(refused(&bench, "DescribeListeners", &[("ListenerArns.member.1", &listening)]), "ListenerNotFound");
    assert_eq!(bench.cloud(|cloud| cloud.elb.rules.len()), 1);
    done(&bench, "DescribeListeners", &[("ListenerArns.member.1", &kept)]);
    done(&bench, "DeleteTargetGroup", &[("TargetGroupArn", &group)]);
}

#[tokio::test(start_paused = true)]
async fn deletions_are_immediate_and_idempotent() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]);
    let by_name = [("Names.member.1", "web")];
    assert_eq!(refused(&bench, "DescribeLoadBalancers", &by_name), "LoadBalancerNotFound");
    let subnets =
        [("LoadBalancerArn", arn.as_str()), ("Subnets.member.1", SUBNETS[0]), ("Subnets.member.2", SUBNETS[1])];
    assert_eq!(refused(&bench, "SetSubnets", &subnets), "LoadBalancerNotFound");
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]);
    assert_eq!(refused(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", "web")]), "ValidationError");
    assert_ne!(balancer(&bench, "web"), arn);
}

#[tokio::test(start_paused = true)]
async fn a_region_has_50_load_balancers() {
    let bench = Bench::with_network();
    for number in 0..50 {
        balancer(&bench, &format!("web-{number}"));
    }
    let one_more = and(PLACED, &[("Name", "web-50")]);
    assert_eq!(refused(&bench, "CreateLoadBalancer", &one_more), "TooManyLoadBalancers");
    // Creating the same one again does not count.
    balancer(&bench, "web-49");
}

#[tokio::test(start_paused = true)]
async fn load_balancers_are_listed_in_pages() {
    let bench = Bench::with_network();
    for name in ["a", "b", "c"] {
        balancer(&bench, name);
    }
    let page = done(&bench, "DescribeLoadBalancers", &[("PageSize", "2")]);
    assert_eq!(all(&page, "LoadBalancerName"), ["a", "b"]);
    let marker = first(&page, "NextMarker").expect("a third one");
    let rest = done(&bench, "DescribeLoadBalancers", &[("PageSize", "2"), ("Marker", &marker)]);
    assert_eq!((all(&rest, "LoadBalancerName"), first(&rest, "NextMarker")), (vec!["c".to_owned()], None));
    for (key, value) in [("PageSize", "401"), ("PageSize", "0"), ("Marker", "x")] {
        assert_eq!(refused(&bench, "DescribeLoadBalancers", &[(key, value)]), "ValidationError");
    }
}

#[tokio::test(start_paused = true)]
async fn named_resources_must_exist() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let describe = |input: Input<'_>| refused(&bench, "DescribeLoadBalancers", input);
    assert_eq!(describe(&[("Names.member.1", "web"), ("Names.member.2", "x")]), "LoadBalancerNotFound");
    let unknown = arn.replace("/web/", "/x/");
    assert_eq!(describe(&[("LoadBalancerArns.member.1", &unknown)]), "LoadBalancerNotFound");
    let foreign = arn.replace("us-east-1", "us-east-2");
    assert_eq!(describe(&[("LoadBalancerArns.member.1", &foreign)]), "ValidationError");
    assert_eq!(describe(&[("LoadBalancerArns.member.1", &arn), ("Names.member.1", "web")]), "ValidationError");
    let keys: Vec<String> = (1..=21).map(|number| format!("LoadBalancerArns.member.{number}")).collect();
    let many: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), arn.as_str())).collect();
    assert_eq!(describe(&many), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn a_new_resource_is_listed_late_but_can_be_changed() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(10))));
    let arn = balancer(&bench, "web");
    let by_arn = [("LoadBalancerArn", arn.as_str())];
    assert_eq!(all(&done(&bench, "DescribeLoadBalancers", &[]), "LoadBalancerArn"), Vec::<String>::new());
    assert_eq!(refused(&bench, "DescribeLoadBalancers", &[("Names.member.1", "web")]), "LoadBalancerNotFound");
    assert_eq!(refused(&bench, "DescribeLoadBalancerAttributes", &by_arn), "LoadBalancerNotFound");
    assert_eq!(refused(&bench, "DescribeListeners", &by_arn), "LoadBalancerNotFound");
    assert_eq!(refused(&bench, "DescribeTags", &[("ResourceArns.member.1", &arn)]), "LoadBalancerNotFound");
    let listening = listener(&bench, &arn, "80");
    pass(Duration::from_secs(10)).await;
    assert_eq!(all(&done(&bench, "DescribeListeners", &by_arn), "ListenerArn"), [listening]);
}

#[tokio::test(start_paused = true)]
async fn other_load_balancer_types_are_not_modelled() {
    let bench = Bench::with_network();
    assert_eq!(
        refused(&bench, "CreateLoadBalancer", &and(PLACED, &[("Name", "x"), ("Type", "network")])),
        "NotModelled"
    );
    assert_eq!(refused(&bench, "CreateLoadBalancer", &and(PLACED, &[("Name", "x"), ("Type", "z")])), "ValidationError");
}
