use super::*;
use crate::testing::all;

fn attribute(answer: &str, key: &str) -> String {
    let place = all(answer, "Key").iter().position(|text| text == key).expect("the attribute is text");
    all(answer, "Value")[place].clone()
}

fn set(bench: &Bench, arn: &str, key: &str, value: &str) -> Result<String, String> {
    let attribute = [("Attributes.member.1.Key", key), ("Attributes.member.1.Value", value)];
    if arn.contains(":targetgroup/") {
        call(bench, "ModifyTargetGroupAttributes", &and(&attribute, &[("TargetGroupArn", arn)]))
    } else {
        call(bench, "ModifyLoadBalancerAttributes", &and(&attribute, &[("LoadBalancerArn", arn)]))
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_its_default_attributes() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let answer = done(&bench, "DescribeLoadBalancerAttributes", &[("LoadBalancerArn", &arn)]);
    assert_eq!(all(&answer, "Key").len(), 22);
    for (key, value) in [
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.bucket", ""),
        ("client_keep_alive.seconds", "3600"),
        ("deletion_protection.enabled", "false"),
        ("idle_timeout.timeout_seconds", "60"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("routing.http.drop_invalid_header_fields.enabled", "false"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("routing.http2.enabled", "true"),
        ("waf.fail_open.enabled", "false"),
        ("zonal_shift.config.enabled", "false"),
    ] {
        assert_eq!(attribute(&answer, key), value, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn omitted_attributes_are_unchanged() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let answer = set(&bench, &arn, "routing.http.drop_invalid_header_fields.enabled", "true").expect("it can be set");
    assert_eq!(attribute(&answer, "routing.http.drop_invalid_header_fields.enabled"), "true");
    set(&bench, &arn, "idle_timeout.timeout_seconds", "120").expect("it can be set");
    let answer = done(&bench, "DescribeLoadBalancerAttributes", &[("LoadBalancerArn", &arn)]);
    assert_eq!(attribute(&answer, "routing.http.drop_invalid_header_fields.enabled"), "true");
    assert_eq!(attribute(&answer, "idle_timeout.timeout_seconds"), "120");
    assert_eq!(attribute(&answer, "deletion_protection.enabled"), "false");
}

#[tokio::test(start_paused = true)]
async fn load_balancer_attributes_are_validated() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    for (key, value) in [
        ("deletion_protection", "true"),
        ("preserve_client_ip.enabled", "true"),
        ("deletion_protection.enabled", "yes"),
        ("deletion_protection.enabled", "True"),
        ("idle_timeout.timeout_seconds", "0"),
        ("idle_timeout.timeout_seconds", "4001"),
        ("client_keep_alive.seconds", "59"),
        ("routing.http.desync_mitigation_mode", "none"),
        ("load_balancing.cross_zone.enabled", "false"),
    ] {
        assert_eq!(set(&bench, &arn, key, value), Err("ValidationError".to_owned()), "{key}");
    }
    assert_eq!(refused(&bench, "ModifyLoadBalancerAttributes", &[("LoadBalancerArn", &arn)]), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn attributes_are_changed_atomically() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let input = [
        ("LoadBalancerArn", arn.as_str()),
        ("Attributes.member.1.Key", "waf.fail_open.enabled"),
        ("Attributes.member.1.Value", "true"),
        ("Attributes.member.2.Key", "no.such"),
        ("Attributes.member.2.Value", "true"),
    ];
    assert_eq!(refused(&bench, "ModifyLoadBalancerAttributes", &input), "ValidationError");
    let answer = done(&bench, "DescribeLoadBalancerAttributes", &[("LoadBalancerArn", &arn)]);
    assert_eq!(attribute(&answer, "waf.fail_open.enabled"), "false");
}

#[tokio::test(start_paused = true)]
async fn access_logs_require_a_bucket() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let refusal = Err("InvalidConfigurationRequest".to_owned());
    assert_eq!(set(&bench, &arn, "access_logs.s3.enabled", "true"), refusal);
    set(&bench, &arn, "access_logs.s3.bucket", "logs").expect("it can be set");
    set(&bench, &arn, "access_logs.s3.enabled", "true").expect("there is a bucket");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_has_its_default_attributes() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    let answer = done(&bench, "DescribeTargetGroupAttributes", &[("TargetGroupArn", &arn)]);
    for (key, value) in [
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("load_balancing.algorithm.anomaly_mitigation", "off"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("slow_start.duration_seconds", "0"),
        ("stickiness.app_cookie.cookie_name", ""),
        ("stickiness.app_cookie.duration_seconds", "86400"),
        ("stickiness.enabled", "false"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
        ("stickiness.type", "lb_cookie"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ] {
        assert_eq!(attribute(&answer, key), value, "{key}");
    }
    assert_eq!(all(&answer, "Key").len(), 14);
}

#[tokio::test(start_paused = true)]
async fn target_group_attributes_are_validated() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    for (key, value) in [
        ("deregistration_delay", "30"),
        ("deregistration_delay.timeout_seconds", "3601"),
        ("deregistration_delay.timeout_seconds", "-1"),
        ("deregistration_delay.timeout_seconds", "30s"),
        ("slow_start.duration_seconds", "29"),
        ("stickiness.type", "source_ip"),
        ("stickiness.lb_cookie.duration_seconds", "604801"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "101"),
    ] {
        assert_eq!(set(&bench, &arn, key, value), Err("ValidationError".to_owned()), "{key}");
    }
    for (key, value) in [("deregistration_delay.timeout_seconds", "0"), ("slow_start.duration_seconds", "30")] {
        let answer = set(&bench, &arn, key, value).expect("it can be set");
        assert_eq!(attribute(&answer, key), value);
    }
}

#[tokio::test(start_paused = true)]
async fn conflicting_attributes_are_refused() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    let refusal = Err("InvalidConfigurationRequest".to_owned());
    assert_eq!(set(&bench, &arn, "load_balancing.algorithm.anomaly_mitigation", "on"), refusal);
    assert_eq!(set(&bench, &arn, "stickiness.app_cookie.cookie_name", "AWSALBX"), refusal);
    set(&bench, &arn, "stickiness.type", "app_cookie").expect("it can be set");
    assert_eq!(set(&bench, &arn, "stickiness.enabled", "true"), refusal);
    set(&bench, &arn, "load_balancing.algorithm.type", "least_outstanding_requests").expect("it can be set");
    assert_eq!(set(&bench, &arn, "slow_start.duration_seconds", "30"), refusal);
}

#[tokio::test(start_paused = true)]
async fn attributes_require_an_existing_resource() {
    let bench = Bench::with_network();
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef";
    assert_eq!(set(&bench, arn, "stickiness.enabled", "true"), Err("TargetGroupNotFound".to_owned()));
    assert_eq!(refused(&bench, "DescribeTargetGroupAttributes", &[("TargetGroupArn", arn)]), "TargetGroupNotFound");
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/0123456789abcdef";
    assert_eq!(set(&bench, arn, "routing.http2.enabled", "true"), Err("LoadBalancerNotFound".to_owned()));
}
