use super::*;
use crate::testing::all;

fn create(bench: &Bench, input: Input<'_>) -> Result<String, String> {
    let usual = and(GROUPED, &[("Name", "group")]);
    let kept = usual.iter().filter(|(key, _)| !input.iter().any(|(other, _)| other == key)).copied();
    let input: Vec<(&str, &str)> = kept.chain(input.iter().copied()).filter(|(_, value)| *value != "-").collect();
    call(bench, "CreateTargetGroup", &input)
}

fn refusal<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_target_group_has_the_defaults_of_aws() {
    let bench = Bench::with_network();
    let answer = create(&bench, &[]).expect("a group");
    let text = |name| first(&answer, name).unwrap_or_default();
    assert!(
        text("TargetGroupArn").starts_with("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/group/")
    );
    assert_eq!([text("Protocol"), text("ProtocolVersion"), text("Port")], ["HTTP", "HTTP1", "80"]);
    assert_eq!([text("TargetType"), text("IpAddressType"), text("VpcId")], ["ip", "ipv4", VPC]);
    assert_eq!(
        [text("HealthCheckProtocol"), text("HealthCheckPort"), text("HealthCheckPath")],
        ["HTTP", "traffic-port", "/"]
    );
    assert_eq!([text("HealthCheckIntervalSeconds"), text("HealthCheckTimeoutSeconds")], ["30", "5"]);
    assert_eq!([text("HealthyThresholdCount"), text("UnhealthyThresholdCount")], ["5", "2"]);
    assert_eq!([text("HttpCode"), text("HealthCheckEnabled")], ["200", "true"]);
    assert_eq!(all(&answer, "member").len(), 1, "no load balancer uses it");
}

#[tokio::test(start_paused = true)]
async fn the_same_settings_are_the_same_target_group() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    assert_eq!(group(&bench, "group"), arn);
    assert_eq!(create(&bench, &[("Port", "81")]), refusal("DuplicateTargetGroupName"));
    assert_eq!(create(&bench, &[("HealthCheckPath", "/x")]), refusal("DuplicateTargetGroupName"));
    done(&bench, "ModifyTargetGroup", &[("TargetGroupArn", &arn), ("HealthCheckPath", "/x")]);
    assert_eq!(create(&bench, &[]), refusal("DuplicateTargetGroupName"));
    create(&bench, &[("HealthCheckPath", "/x")]).expect("it is the same now");
}

#[tokio::test(start_paused = true)]
async fn names_are_validated() {
    let bench = Bench::with_network();
    let long = "a".repeat(33);
    for name in ["", "-a", "a-", "under_score", &long] {
        assert_eq!(create(&bench, &[("Name", name)]), refusal("ValidationError"), "{name}");
    }
    create(&bench, &[("Name", "internal-a")]).expect("only load balancers may not");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_requires_a_protocol_a_port_and_a_vpc() {
    let bench = Bench::with_network();
    for (key, value, code) in [
        ("Protocol", "-", "ValidationError"),
        ("Protocol", "FTP", "ValidationError"),
        ("Protocol", "TCP", "NotModelled"),
        ("Port", "-", "ValidationError"),
        ("Port", "0", "ValidationError"),
        ("VpcId", "-", "ValidationError"),
        ("VpcId", "vpc-00000000000000099", "ValidationError"),
        ("TargetType", "host", "ValidationError"),
        ("TargetType", "lambda", "NotModelled"),
        ("ProtocolVersion", "HTTP3", "ValidationError"),
        ("Name", "-", "ValidationError"),
    ] {
        assert_eq!(create(&bench, &[(key, value)]), refusal(code), "{key} {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn health_checks_are_validated() {
    let bench = Bench::with_network();
    let long = format!("/{}", "a".repeat(1_024));
    for (key, value) in [
        ("HealthCheckIntervalSeconds", "4"),
        ("HealthCheckIntervalSeconds", "301"),
        // The interval must be longer than the timeout, which is 5 by default.
        ("HealthCheckIntervalSeconds", "5"),
        ("HealthCheckTimeoutSeconds", "1"),
        ("HealthCheckTimeoutSeconds", "121"),
        ("HealthCheckTimeoutSeconds", "30"),
        ("HealthyThresholdCount", "1"),
        ("HealthyThresholdCount", "11"),
        ("UnhealthyThresholdCount", "1"),
        ("HealthCheckPath", "health"),
        ("HealthCheckPath", &long),
        ("HealthCheckPort", "0"),
        ("HealthCheckPort", "http"),
        ("HealthCheckProtocol", "TCP"),
        ("HealthCheckEnabled", "false"),
        ("Matcher.HttpCode", "199"),
        ("Matcher.HttpCode", "200-500"),
        ("Matcher.HttpCode", "300-200"),
        ("Matcher.HttpCode", "200,"),
        ("Matcher.GrpcCode", "12"),
    ] {
        assert_eq!(create(&bench, &[(key, value)]), refusal("ValidationError"), "{key} {value}");
    }
    let answer = create(&bench, &[("HealthCheckIntervalSeconds", "6"), ("Matcher.HttpCode", "200,300-499")]);
    assert_eq!(first(&answer.expect("it is sound"), "HttpCode").as_deref(), Some("200,300-499"));
}

#[tokio::test(start_paused = true)]
async fn grpc_health_checks_have_other_defaults() {
    let bench = Bench::with_network();
    let answer = create(&bench, &[("ProtocolVersion", "GRPC")]).expect("a group");
    assert_eq!(first(&answer, "GrpcCode").as_deref(), Some("12"));
    assert_eq!(first(&answer, "HealthCheckPath").as_deref(), Some("/AWS.ALB/healthcheck"));
    let grpc = [("Name", "other"), ("ProtocolVersion", "GRPC"), ("Matcher.GrpcCode", "0-100")];
    assert_eq!(create(&bench, &grpc), refusal("ValidationError"));
}

#[tokio::test(start_paused = true)]
async fn the_health_check_can_be_modified() {
    let bench = Bench::with_network();
    let arn = group(&bench, "group");
    let input =
        [("TargetGroupArn", arn.as_str()), ("HealthCheckIntervalSeconds", "10"), ("Matcher.HttpCode", "200-399")];
    done(&bench, "ModifyTargetGroup", &input);
    let answer = done(&bench, "DescribeTargetGroups", &[("TargetGroupArns.member.1", &arn)]);
    let text = |name| first(&answer, name).unwrap_or_default();
    assert_eq!(
        [text("HealthCheckIntervalSeconds"), text("HttpCode"), text("HealthCheckTimeoutSeconds")],
        ["10", "200-399", "5"]
    );
    let slow = [("TargetGroupArn", arn.as_str()), ("HealthCheckTimeoutSeconds", "10")];
    assert_eq!(refused(&bench, "ModifyTargetGroup", &slow), "ValidationError");
    let unknown = arn.replace("/group/", "/x/");
    assert_eq!(refused(&bench, "ModifyTargetGroup", &[("TargetGroupArn", &unknown)]), "TargetGroupNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_of_a_rule_is_not_deleted() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let (listening, group) = (listener(&bench, &web, "80"), group(&bench, "group"));
    let delete = || call(&bench, "DeleteTargetGroup", &[("TargetGroupArn", &group)]).map(drop);
    let rule = rule(&bench, &listening, "1", &group).expect("a rule");
    let answer = done(&bench, "DescribeTargetGroups", &[("LoadBalancerArn", &web)]);
    assert!(answer.contains(&format!("<LoadBalancerArns><member>{web}</member></LoadBalancerArns>")));
    assert_eq!(delete(), refusal("ResourceInUse"));
    done(&bench, "DeleteRule", &[("RuleArn", &rule)]);
    let default = [
        ("ListenerArn", listening.as_str()),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &group),
    ];
    done(&bench, "ModifyListener", &default);
    assert_eq!(delete(), refusal("ResourceInUse"));
    done(&bench, "DeleteListener", &[("ListenerArn", &listening)]);
    delete().expect("nothing uses it");
    delete().expect("it is deleted already");
    assert_eq!(refused(&bench, "DeleteTargetGroup", &[("TargetGroupArn", "group")]), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn target_groups_are_selected_by_one_criterion() {
    let bench = Bench::with_network();
    let (a, b) = (group(&bench, "a"), group(&bench, "b"));
    let names = |input: Input<'_>| all(&done(&bench, "DescribeTargetGroups", input), "TargetGroupName");
    assert_eq!(names(&[]), ["a", "b"]);
    assert_eq!(names(&[("Names.member.1", "b")]), ["b"]);
    assert_eq!(names(&[("TargetGroupArns.member.1", &b), ("TargetGroupArns.member.2", &a)]), ["b", "a"]);
    let describe = |input: Input<'_>| refused(&bench, "DescribeTargetGroups", input);
    assert_eq!(describe(&[("Names.member.1", "a"), ("Names.member.2", "c")]), "TargetGroupNotFound");
    assert_eq!(describe(&[("TargetGroupArns.member.1", &a.replace("/a/", "/c/"))]), "TargetGroupNotFound");
    assert_eq!(describe(&[("TargetGroupArns.member.1", &a), ("Names.member.1", "a")]), "ValidationError");
    let balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/0123456789abcdef";
    assert_eq!(describe(&[("LoadBalancerArn", balancer)]), "LoadBalancerNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_page_has_at_most_400_target_groups() {
    let bench = Bench::with_network();
    fill(&bench, 401);
    let page = done(&bench, "DescribeTargetGroups", &[]);
    assert_eq!(all(&page, "TargetGroupName").len(), 400);
    let marker = first(&page, "NextMarker").expect("one is left");
    let rest = done(&bench, "DescribeTargetGroups", &[("Marker", &marker)]);
    assert_eq!((all(&rest, "TargetGroupName").len(), first(&rest, "NextMarker")), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_region_has_3000_target_groups() {
    let bench = Bench::with_network();
    fill(&bench, 3_000);
    assert_eq!(create(&bench, &[]), refusal("TooManyTargetGroups"));
}

/// Fills the account with this many target groups, without calls.
fn fill(bench: &Bench, count: usize) {
    let arn = group(bench, "first");
    bench.cloud(|cloud| {
        for number in 1..count {
            let mut group = cloud.elb.target_groups[&arn].clone();
            group.name = format!("group-{number:04}");
            group.arn = arn.replace("/first/", &format!("/{}/", group.name));
            cloud.elb.target_groups.insert(group.arn.clone(), group);
        }
    });
}
