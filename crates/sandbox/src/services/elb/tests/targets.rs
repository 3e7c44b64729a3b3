use std::time::Duration;

use super::*;
use crate::services::elb::{deregister, is_behind_listener, register};
use crate::testing::{all, pass};

/// A target group behind a listener: returns the listener and the group.
fn used(bench: &Bench) -> (String, String) {
    let (listener, group) = (listener(bench, &balancer(bench, "web"), "80"), group(bench, "group"));
    rule(bench, &listener, "1", &group).expect("a rule");
    (listener, group)
}

fn states(bench: &Bench, group: &str) -> Vec<String> {
    all(&done(bench, "DescribeTargetHealth", &[("TargetGroupArn", group)]), "State")
}

fn add(bench: &Bench, group: &str, input: Input<'_>) -> Result<(), String> {
    let input: Vec<(String, &str)> =
        input.iter().map(|(key, value)| (format!("Targets.member.1.{key}"), *value)).collect();
    let mut all = vec![("TargetGroupArn", group)];
    all.extend(input.iter().map(|(key, value)| (key.as_str(), *value)));
    call(bench, "RegisterTargets", &all).map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_target_of_a_service_is_healthy_after_its_checks() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    let check = [("HealthCheckIntervalSeconds", "15"), ("HealthyThresholdCount", "2"), ("TargetGroupArn", &group)];
    done(&bench, "ModifyTargetGroup", &check);
    bench.cloud(|cloud| register(cloud, &group, "10.0.1.10", 8080));
    let answer = done(&bench, "DescribeTargetHealth", &[("TargetGroupArn", &group)]);
    let text = |name| first(&answer, name).unwrap_or_default();
    assert_eq!([text("Id"), text("Port"), text("AvailabilityZone")], ["10.0.1.10", "8080", "us-east-1a"]);
    assert_eq!([text("HealthCheckPort"), text("State")], ["8080", "initial"]);
    assert_eq!(text("Reason"), "Elb.InitialHealthChecking");
    pass(Duration::from_secs(29)).await;
    assert_eq!(states(&bench, &group), ["initial"]);
    pass(Duration::from_secs(1)).await;
    let answer = done(&bench, "DescribeTargetHealth", &[("TargetGroupArn", &group)]);
    assert_eq!((first(&answer, "State").as_deref(), first(&answer, "Reason")), (Some("healthy"), None));
}

#[tokio::test(start_paused = true)]
async fn a_deregistered_target_drains_before_it_is_removed() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    let delay = [
        ("TargetGroupArn", group.as_str()),
        ("Attributes.member.1.Key", "deregistration_delay.timeout_seconds"),
        ("Attributes.member.1.Value", "30"),
    ];
    done(&bench, "ModifyTargetGroupAttributes", &delay);
    bench.cloud(|cloud| register(cloud, &group, "10.0.1.10", 80));
    pass(Duration::from_secs(200)).await;
    assert_eq!(bench.cloud(|cloud| deregister(cloud, &group, "10.0.1.10")), Duration::from_secs(30));
    assert_eq!(states(&bench, &group), ["draining"]);
    pass(Duration::from_secs(29)).await;
    assert_eq!(states(&bench, &group), ["draining"]);
    pass(Duration::from_secs(1)).await;
    assert_eq!(states(&bench, &group), Vec::<String>::new());
    assert_eq!(bench.cloud(|cloud| deregister(cloud, &group, "10.0.1.10")), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn registering_a_draining_target_again_keeps_it() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    add(&bench, &group, &[("Id", "10.0.1.10")]).expect("a target");
    let input = [("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", "10.0.1.10")];
    done(&bench, "DeregisterTargets", &input);
    pass(Duration::from_secs(100)).await;
    add(&bench, &group, &[("Id", "10.0.1.10")]).expect("the same target");
    assert_eq!(states(&bench, &group), ["initial"]);
    pass(Duration::from_secs(250)).await;
    assert_eq!(states(&bench, &group), ["healthy"]);
}

#[tokio::test(start_paused = true)]
async fn registering_a_target_again_has_no_effect() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    add(&bench, &group, &[("Id", "10.0.1.10")]).expect("a target");
    pass(Duration::from_secs(150)).await;
    add(&bench, &group, &[("Id", "10.0.1.10"), ("Port", "80")]).expect("the same target");
    assert_eq!(states(&bench, &group), ["healthy"]);
    add(&bench, &group, &[("Id", "10.0.1.10"), ("Port", "81")]).expect("the same address on another port");
    assert_eq!(states(&bench, &group), ["healthy", "initial"]);
}

#[tokio::test(start_paused = true)]
async fn targets_without_a_listener_are_not_health_checked() {
    let bench = Bench::with_network();
    let group = group(&bench, "group");
    assert_eq!(bench.cloud(|cloud| is_behind_listener(cloud, &group)), Some(false));
    bench.cloud(|cloud| register(cloud, &group, "10.0.1.10", 80));
    pass(Duration::from_secs(600)).await;
    let answer = done(&bench, "DescribeTargetHealth", &[("TargetGroupArn", &group)]);
    assert_eq!(first(&answer, "State").as_deref(), Some("unused"));
    assert_eq!(first(&answer, "Reason").as_deref(), Some("Target.NotInUse"));
    let listener = listener(&bench, &balancer(&bench, "web"), "80");
    rule(&bench, &listener, "1", &group).expect("a rule");
    assert_eq!(bench.cloud(|cloud| is_behind_listener(cloud, &group)), Some(true));
    assert_eq!(states(&bench, &group), ["initial"]);
    pass(Duration::from_secs(150)).await;
    assert_eq!(states(&bench, &group), ["healthy"]);
    done(&bench, "DeleteListener", &[("ListenerArn", &listener)]);
    assert_eq!(states(&bench, &group), ["unused"]);
    assert_eq!(bench.cloud(|cloud| deregister(cloud, &group, "10.0.1.10")), Duration::ZERO);
    assert_eq!(states(&bench, &group), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn registering_targets_in_an_unknown_group_has_no_effect() {
    let bench = Bench::with_network();
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef";
    bench.cloud(|cloud| {
        assert_eq!(is_behind_listener(cloud, arn), None);
        register(cloud, arn, "10.0.1.10", 80);
        assert_eq!(deregister(cloud, arn, "10.0.1.10"), Duration::ZERO);
    });
    assert_eq!(add(&bench, arn, &[("Id", "10.0.1.10")]), Err("TargetGroupNotFound".to_owned()));
    assert_eq!(refused(&bench, "DescribeTargetHealth", &[("TargetGroupArn", arn)]), "TargetGroupNotFound");
}

#[tokio::test(start_paused = true)]
async fn an_address_outside_the_vpc_requires_a_zone() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    let invalid = Err("ValidationError".to_owned());
    assert_eq!(add(&bench, &group, &[("Id", "host")]), invalid);
    assert_eq!(add(&bench, &group, &[("Id", "10.0.1.10"), ("AvailabilityZone", "all")]), invalid);
    assert_eq!(add(&bench, &group, &[("Id", "10.9.1.10")]), invalid);
    assert_eq!(add(&bench, &group, &[("Id", "8.8.8.8"), ("AvailabilityZone", "all")]), invalid);
    assert_eq!(add(&bench, &group, &[("Id", "10.0.1.10"), ("Port", "0")]), invalid);
    assert_eq!(add(&bench, &group, &[]), invalid);
    add(&bench, &group, &[("Id", "10.0.1.10"), ("AvailabilityZone", "us-east-1a")]).expect("it is its own");
    add(&bench, &group, &[("Id", "100.64.0.1"), ("AvailabilityZone", "all")]).expect("it is a private one");
    // The load balancer is in the zones a and b.
    add(&bench, &group, &[("Id", "10.0.3.10")]).expect("it is of the VPC");
    assert_eq!(states(&bench, &group), ["initial", "unused", "initial"]);
}

#[tokio::test(start_paused = true)]
async fn instance_targets_are_refused() {
    let bench = Bench::with_network();
    let input = [("Name", "group"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", VPC)];
    let group = first(&done(&bench, "CreateTargetGroup", &input), "TargetGroupArn").expect("an ARN");
    assert_eq!(add(&bench, &group, &[("Id", "i-00000000000000001")]), Err("InvalidTarget".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_1000_targets() {
    let bench = Bench::with_network();
    let (listener, group_a) = used(&bench);
    let group_b = group(&bench, "other");
    bench.cloud(|cloud| {
        for number in 0..999_u16 {
            register(cloud, &group_a, "10.0.1.10", 1_000 + number);
        }
    });
    for address in ["10.0.2.10", "10.0.2.11"] {
        add(&bench, &group_b, &[("Id", address)]).expect("no load balancer uses the group");
    }
    assert_eq!(rule(&bench, &listener, "2", &group_b), Err("TooManyTargets".to_owned()));
    let input = [("TargetGroupArn", group_b.as_str()), ("Targets.member.1.Id", "10.0.2.11")];
    done(&bench, "DeregisterTargets", &input);
    rule(&bench, &listener, "2", &group_b).expect("they are 1000 now");
    assert_eq!(add(&bench, &group_b, &[("Id", "10.0.2.12")]), Err("TooManyTargets".to_owned()));
    add(&bench, &group_b, &[("Id", "10.0.2.10")]).expect("it is there already");
    bench.cloud(|cloud| register(cloud, &group_b, "10.0.2.12", 80));
    assert_eq!(states(&bench, &group_b).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn target_health_may_be_limited_to_some_targets() {
    let bench = Bench::with_network();
    let (_, group) = used(&bench);
    add(&bench, &group, &[("Id", "10.0.1.10")]).expect("a target");
    add(&bench, &group, &[("Id", "10.0.1.11")]).expect("a target");
    let input = [
        ("TargetGroupArn", group.as_str()),
        ("Targets.member.1.Id", "10.0.1.11"),
        ("Targets.member.2.Id", "10.0.1.12"),
        ("Include.member.1", "All"),
    ];
    let answer = done(&bench, "DescribeTargetHealth", &input);
    assert_eq!(all(&answer, "State"), ["initial", "unused"]);
    assert_eq!(all(&answer, "Reason"), ["Elb.InitialHealthChecking", "Target.NotRegistered"]);
    assert_eq!(all(&answer, "Result"), ["normal"]);
}
