use super::*;
use crate::testing::all;

/// A load balancer with a listener, and a target group.
fn ready(bench: &Bench) -> (String, String) {
    (listener(bench, &balancer(bench, "web"), "80"), group(bench, "group"))
}

/// Creates a rule with a fixed response and these conditions.
fn with_conditions(bench: &Bench, listener: &str, conditions: Input<'_>) -> Result<String, String> {
    let conditions: Vec<(String, &str)> =
        conditions.iter().map(|(key, value)| (format!("Conditions.member.{key}"), *value)).collect();
    let mut input = vec![
        ("ListenerArn", listener),
        ("Priority", "7"),
        ("Actions.member.1.Type", "fixed-response"),
        ("Actions.member.1.FixedResponseConfig.StatusCode", "404"),
    ];
    input.extend(conditions.iter().map(|(key, value)| (key.as_str(), *value)));
    call(bench, "CreateRule", &input)
}

fn refusal<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_host_condition_is_returned_in_both_forms() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    let both = "<Field>host-header</Field><Values><member>a.example.com</member></Values>\
                <HostHeaderConfig><Values><member>a.example.com</member></Values></HostHeaderConfig>";
    for key in ["1.HostHeaderConfig.Values.member.1", "1.Values.member.1"] {
        let answer = with_conditions(&bench, &listener, &[("1.Field", "host-header"), (key, "a.example.com")]);
        let answer = answer.expect("it is sound");
        assert!(answer.contains(both), "{answer}");
        let rule = first(&answer, "RuleArn").expect("an ARN");
        done(&bench, "DeleteRule", &[("RuleArn", &rule)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_forwards_to_a_target_group() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    let arn = rule(&bench, &listener, "1", &group).expect("a rule");
    assert!(arn.starts_with(&listener.replace(":listener/", ":listener-rule/")));
    let answer = done(&bench, "DescribeRules", &[("RuleArns.member.1", &arn)]);
    assert_eq!(all(&answer, "TargetGroupArn"), [group.as_str(), &group]);
    let text = |name| first(&answer, name).unwrap_or_default();
    assert_eq!([text("Priority"), text("IsDefault"), text("Weight"), text("Enabled")], ["1", "false", "1", "false"]);
}

#[tokio::test(start_paused = true)]
async fn a_priority_belongs_to_one_rule_of_a_listener() {
    let bench = Bench::with_network();
    let (arn, group) = ready(&bench);
    rule(&bench, &arn, "1", &group).expect("a rule");
    assert_eq!(rule(&bench, &arn, "1", &group), refusal("PriorityInUse"));
    let balancer = bench.cloud(|cloud| cloud.elb.listeners[&arn].load_balancer.clone());
    let other = listener(&bench, &balancer, "81");
    rule(&bench, &other, "1", &group).expect("another listener has its own");
}

#[tokio::test(start_paused = true)]
async fn a_priority_is_from_1_to_50000() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    for priority in ["0", "50001", "-1"] {
        assert_eq!(rule(&bench, &listener, priority, &group), refusal("ValidationError"), "{priority}");
    }
    for priority in ["x", ""] {
        assert_eq!(rule(&bench, &listener, priority, &group), refusal("MalformedInput"), "{priority}");
    }
    rule(&bench, &listener, "50000", &group).expect("a rule");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_100_rules_in_addition_to_the_default_ones() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let listeners = [listener(&bench, &web, "80"), listener(&bench, &web, "81")];
    let group = group(&bench, "group");
    for priority in 1..=50 {
        for listener in &listeners {
            rule(&bench, listener, &priority.to_string(), &group).expect("there is room");
        }
    }
    assert_eq!(rule(&bench, &listeners[0], "51", &group), refusal("TooManyRules"));
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_uses_100_target_groups() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    for number in 1..=100 {
        let group = group(&bench, &format!("group-{number}"));
        rule(&bench, &listener, &number.to_string(), &group).expect("there is room");
    }
    // Both the rules and the groups have reached their quotas; with one rule fewer, only the groups
    // have.
    let one_more = group(&bench, "one-more");
    let rules = done(&bench, "DescribeRules", &[("ListenerArn", &listener)]);
    let last = all(&rules, "RuleArn")[99].clone();
    let forward = [("Actions.member.1.Type", "forward"), ("Actions.member.1.TargetGroupArn", one_more.as_str())];
    // A rule may replace its group by another.
    done(&bench, "ModifyRule", &and(&forward, &[("RuleArn", &last)]));
    let default = [
        ("ListenerArn", listener.as_str()),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &group(&bench, "group-100")),
    ];
    assert_eq!(refused(&bench, "ModifyListener", &default), "TooManyUniqueTargetGroupsPerLoadBalancer");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_belongs_to_one_load_balancer() {
    let bench = Bench::with_network();
    let (listening, group) = ready(&bench);
    let arn = rule(&bench, &listening, "1", &group).expect("a rule");
    let other = listener(&bench, &balancer(&bench, "other"), "80");
    assert_eq!(rule(&bench, &other, "1", &group), refusal("TargetGroupAssociationLimit"));
    rule(&bench, &listening, "2", &group).expect("it may be used twice");
    done(&bench, "DeleteRule", &[("RuleArn", &arn)]);
    assert_eq!(rule(&bench, &other, "1", &group), refusal("TargetGroupAssociationLimit"));
    done(&bench, "DeleteListener", &[("ListenerArn", &listening)]);
    rule(&bench, &other, "1", &group).expect("it is free now");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_must_exist_in_the_vpc() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    assert_eq!(rule(&bench, &listener, "1", "group"), refusal("ValidationError"));
    assert_eq!(rule(&bench, &listener, "1", &group.replace("/group/", "/x/")), refusal("TargetGroupNotFound"));
    add_other_vpc(&bench);
    let input = [("Name", "foreign"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", OTHER_VPC), ("TargetType", "ip")];
    let foreign = first(&done(&bench, "CreateTargetGroup", &input), "TargetGroupArn").expect("an ARN");
    assert_eq!(rule(&bench, &listener, "1", &foreign), refusal("InvalidConfigurationRequest"));
    let grpc = and(GROUPED, &[("Name", "grpc"), ("ProtocolVersion", "GRPC")]);
    let grpc = first(&done(&bench, "CreateTargetGroup", &grpc), "TargetGroupArn").expect("an ARN");
    assert_eq!(rule(&bench, &listener, "1", &grpc), refusal("InvalidLoadBalancerAction"));
    assert_eq!(rule(&bench, &listener.replace("/web/", "/x/"), "1", &group), refusal("ListenerNotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_action_forwards_to_at_most_five_target_groups() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    let groups: Vec<String> = (1..=6).map(|number| group(&bench, &format!("group-{number}"))).collect();
    let spread = |count: usize, weight: Option<&str>| {
        let mut input = vec![
            ("ListenerArn".to_owned(), listener.as_str()),
            ("Priority".to_owned(), "1"),
            ("Conditions.member.1.Field".to_owned(), "path-pattern"),
            ("Conditions.member.1.Values.member.1".to_owned(), "/a/*"),
            ("Actions.member.1.Type".to_owned(), "forward"),
        ];
        for (number, group) in groups.iter().enumerate().take(count) {
            let place = format!("Actions.member.1.ForwardConfig.TargetGroups.member.{}", number + 1);
            input.push((format!("{place}.TargetGroupArn"), group));
            input.extend(weight.map(|weight| (format!("{place}.Weight"), weight)));
        }
        let input: Vec<(&str, &str)> = input.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        call(&bench, "CreateRule", &input)
    };
    assert_eq!(spread(6, Some("1")), refusal("TooManyTargetGroups"));
    assert_eq!(spread(2, Some("1000")), refusal("ValidationError"));
    assert_eq!(spread(2, None), refusal("ValidationError"));
    let answer = spread(5, Some("999")).expect("five are the most");
    assert_eq!((all(&answer, "Weight").len(), all(&answer, "TargetGroupArn").len()), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn a_rule_has_five_values_and_six_wildcards() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    let hosts = |values: &[&str]| {
        let keys: Vec<String> =
            (1..=values.len()).map(|number| format!("1.HostHeaderConfig.Values.member.{number}")).collect();
        let mut input = vec![("1.Field", "host-header")];
        input.extend(keys.iter().zip(values).map(|(key, value)| (key.as_str(), *value)));
        with_conditions(&bench, &listener, &input)
    };
    assert_eq!(hosts(&["a.b", "b.b", "c.b", "d.b", "e.b", "f.b"]), refusal("ValidationError"));
    assert_eq!(hosts(&["*.*.a", "*.*.b", "*.*.c", "*.d"]), refusal("ValidationError"));
    hosts(&["*.*.a", "*.*.b", "*.*.c", "d.d", "e.e"]).expect("it has five and six");
}

#[tokio::test(start_paused = true)]
async fn host_names_are_validated() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    let host = |host: &str| {
        let input = [("1.Field", "host-header"), ("1.HostHeaderConfig.Values.member.1", host)];
        with_conditions(&bench, &listener, &input).map(drop)
    };
    let long = format!("{}.com", "a".repeat(125));
    for wrong in
        ["", "localhost", "example.*", "example.c0m", "example.com.", "a_b.example.com", "example.com:8080", &long]
    {
        assert_eq!(host(wrong), refusal("ValidationError"), "{wrong}");
    }
    host("*.a-?.EXAMPLE.com").expect("wildcards and capitals are allowed");
}

#[tokio::test(start_paused = true)]
async fn invalid_conditions_are_refused() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    for conditions in [
        &[][..],
        &[("1.Field", "host-header")],
        &[("1.Field", "host")],
        &[("1.Values.member.1", "a.b")],
        &[("1.Field", "host-header"), ("1.Values.member.1", "a.b"), ("1.HostHeaderConfig.Values.member.1", "a.b")],
        &[("1.Field", "host-header"), ("1.Values.member.1", "a.b"), ("1.Values.member.2", "c.d")],
        &[("1.Field", "http-header"), ("1.Values.member.1", "a")],
        &[("1.Field", "source-ip"), ("1.SourceIpConfig.Values.member.1", "10.0.0.1")],
        &[("1.Field", "source-ip"), ("1.SourceIpConfig.Values.member.1", "10.0.0.0/33")],
        &[("1.Field", "http-request-method"), ("1.HttpRequestMethodConfig.Values.member.1", "get")],
        &[("1.Field", "path-pattern"), ("1.Values.member.1", "/a b")],
        &[("1.Field", "query-string"), ("1.QueryStringConfig.Values.member.1.Key", "a")],
        &[
            ("1.Field", "http-header"),
            ("1.HttpHeaderConfig.HttpHeaderName", "Host"),
            ("1.HttpHeaderConfig.Values.member.1", "a"),
        ],
        &[
            ("1.Field", "host-header"),
            ("1.Values.member.1", "a.b"),
            ("2.Field", "host-header"),
            ("2.Values.member.1", "c.d"),
        ],
    ] {
        assert_eq!(with_conditions(&bench, &listener, conditions), refusal("ValidationError"), "{conditions:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn conditions_of_all_fields_are_returned() {
    let bench = Bench::with_network();
    let (listener, _) = ready(&bench);
    let answer = with_conditions(
        &bench,
        &listener,
        &[
            ("1.Field", "http-header"),
            ("1.HttpHeaderConfig.HttpHeaderName", "X-Tenant"),
            ("1.HttpHeaderConfig.Values.member.1", "a*"),
            ("2.Field", "query-string"),
            ("2.QueryStringConfig.Values.member.1.Key", "v"),
            ("2.QueryStringConfig.Values.member.1.Value", "1"),
            ("3.Field", "source-ip"),
            ("3.SourceIpConfig.Values.member.1", "10.0.0.0/8"),
            ("4.Field", "http-request-method"),
            ("4.HttpRequestMethodConfig.Values.member.1", "GET"),
            ("5.Field", "host-header"),
            ("5.HostHeaderConfig.RegexValues.member.1", "^a\\.b$"),
        ],
    );
    let answer = answer.expect("they are sound");
    for part in [
        "<Field>http-header</Field><HttpHeaderConfig><HttpHeaderName>X-Tenant</HttpHeaderName>\
         <Values><member>a*</member></Values></HttpHeaderConfig>",
        "<QueryStringConfig><Values><member><Key>v</Key><Value>1</Value></member></Values></QueryStringConfig>",
        "<Field>source-ip</Field><SourceIpConfig><Values><member>10.0.0.0/8</member></Values></SourceIpConfig>",
        "<HttpRequestMethodConfig><Values><member>GET</member></Values></HttpRequestMethodConfig>",
        "<RegexValues><member>^a\\.b$</member></RegexValues>",
    ] {
        assert!(answer.contains(part), "{part} in {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_are_listed_by_priority_with_the_default_rule_last() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    for priority in ["100", "9", "20"] {
        rule(&bench, &listener, priority, &group).expect("a rule");
    }
    let page = done(&bench, "DescribeRules", &[("ListenerArn", &listener), ("PageSize", "3")]);
    assert_eq!(all(&page, "Priority"), ["9", "20", "100"]);
    let marker = first(&page, "NextMarker").expect("the default rule is left");
    let rest = done(&bench, "DescribeRules", &[("ListenerArn", &listener), ("Marker", &marker)]);
    assert_eq!(
        (all(&rest, "Priority"), all(&rest, "IsDefault")),
        (vec!["default".to_owned()], vec!["true".to_owned()])
    );
    assert_eq!(refused(&bench, "DescribeRules", &[]), "ValidationError");
    let both = [("ListenerArn", listener.as_str()), ("RuleArns.member.1", "x")];
    assert_eq!(refused(&bench, "DescribeRules", &both), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn the_default_rule_is_not_changed_or_deleted() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    let rules = done(&bench, "DescribeRules", &[("ListenerArn", &listener)]);
    let default = first(&rules, "RuleArn").expect("an ARN");
    assert_eq!(refused(&bench, "DeleteRule", &[("RuleArn", &default)]), "OperationNotPermitted");
    let forward = [("Actions.member.1.Type", "forward"), ("Actions.member.1.TargetGroupArn", group.as_str())];
    assert_eq!(refused(&bench, "ModifyRule", &and(&forward, &[("RuleArn", &default)])), "OperationNotPermitted");
    let first_place =
        [("RulePriorities.member.1.RuleArn", default.as_str()), ("RulePriorities.member.1.Priority", "1")];
    assert_eq!(refused(&bench, "SetRulePriorities", &first_place), "OperationNotPermitted");
}

#[tokio::test(start_paused = true)]
async fn rules_can_swap_priorities() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    let rules: Vec<String> = ["1", "2", "3"]
        .into_iter()
        .map(|priority| rule(&bench, &listener, priority, &group).expect("a rule"))
        .collect();
    let set = |pairs: &[(usize, &str)]| {
        let keys: Vec<(String, String)> = (1..=pairs.len())
            .map(|number| format!("RulePriorities.member.{number}"))
            .map(|place| (format!("{place}.RuleArn"), format!("{place}.Priority")))
            .collect();
        let mut input = Vec::new();
        for ((arn, priority), (rule, wanted)) in keys.iter().zip(pairs) {
            input.extend([(arn.as_str(), rules[*rule].as_str()), (priority.as_str(), *wanted)]);
        }
        call(&bench, "SetRulePriorities", &input).map(drop)
    };
    set(&[(0, "2"), (1, "1")]).expect("they change places");
    let answer = done(&bench, "DescribeRules", &[("ListenerArn", &listener)]);
    assert_eq!(all(&answer, "RuleArn")[..2], [rules[1].clone(), rules[0].clone()]);
    assert_eq!(set(&[(0, "3")]), refusal("PriorityInUse"));
    assert_eq!(set(&[(0, "9"), (1, "9")]), refusal("ValidationError"));
    assert_eq!(set(&[(0, "0")]), refusal("ValidationError"));
    assert_eq!(set(&[]), refusal("ValidationError"));
}

#[tokio::test(start_paused = true)]
async fn omitted_settings_of_a_rule_are_unchanged() {
    let bench = Bench::with_network();
    let (listener, first_group) = ready(&bench);
    let arn = rule(&bench, &listener, "1", &first_group).expect("a rule");
    let host = [
        ("RuleArn", arn.as_str()),
        ("Conditions.member.1.Field", "host-header"),
        ("Conditions.member.1.Values.member.1", "b.example.com"),
    ];
    let answer = done(&bench, "ModifyRule", &host);
    assert!(answer.contains("b.example.com") && answer.contains(&first_group) && !answer.contains("a.example.com"));
    let second = group(&bench, "second");
    let forward = [("Actions.member.1.Type", "forward"), ("Actions.member.1.TargetGroupArn", second.as_str())];
    let answer = done(&bench, "ModifyRule", &and(&forward, &[("RuleArn", &arn)]));
    assert!(answer.contains("b.example.com") && answer.contains(&second) && !answer.contains(&first_group));
    done(&bench, "DeleteTargetGroup", &[("TargetGroupArn", &first_group)]);
    assert_eq!(refused(&bench, "ModifyRule", &[("RuleArn", &arn)]), "ValidationError");
    done(&bench, "DeleteRule", &[("RuleArn", &arn)]);
    assert_eq!(refused(&bench, "ModifyRule", &host), "RuleNotFound");
    assert_eq!(refused(&bench, "DeleteRule", &[("RuleArn", &arn)]), "RuleNotFound");
}

#[tokio::test(start_paused = true)]
async fn transforms_are_returned_until_they_are_reset() {
    let bench = Bench::with_network();
    let (listener, group) = ready(&bench);
    let arn = rule(&bench, &listener, "1", &group).expect("a rule");
    let rewrite = [
        ("RuleArn", arn.as_str()),
        ("Transforms.member.1.Type", "url-rewrite"),
        ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Regex", "^/a"),
        ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Replace", "/b"),
    ];
    done(&bench, "ModifyRule", &rewrite);
    let answer = done(&bench, "DescribeRules", &[("RuleArns.member.1", &arn)]);
    assert_eq!((first(&answer, "Regex"), first(&answer, "Replace")), (Some("^/a".into()), Some("/b".into())));
    let twice = and(&rewrite, &[("Transforms.member.2.Type", "url-rewrite")]);
    assert_eq!(refused(&bench, "ModifyRule", &twice), "ValidationError");
    let answer = done(&bench, "ModifyRule", &[("RuleArn", &arn), ("ResetTransforms", "true")]);
    assert_eq!(first(&answer, "Regex"), None);
}
