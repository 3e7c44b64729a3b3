//! Elastic Load Balancing in cases with unexpected responses of the service.

use saas_model::fields::FieldChange;
use saas_model::identifier::CertificateArn;
use saas_model::resource::{
    DefaultAction, HealthCheck, Kind, Listener, ListenerRule, LoadBalancer, Protocol, TargetGroup, Vpc,
};
use saas_model::{Address, Ref, Resource};
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use crate::error::Error;
use crate::provider::{self, Changes};
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::testing::Bench;

const RULE: &str = "tenant/acme/rule";
const GROUP: &str = "tenant/acme/target-group";

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    let balancer = LoadBalancer {
        name: "saas-platform-1".parse().expect("valid"),
        subnets: [].into(),
        security_groups: [].into(),
        drop_invalid_header_fields: true,
        deletion_protection: false,
    };
    let listener = Listener {
        load_balancer: Ref::to(Address::literal("ingress/balancer")),
        port: 80,
        protocol: Protocol::Http,
        certificate: None,
        more_certificates: [].into(),
        tls_policy: None,
        default_action: DefaultAction::NotFound,
    };
    let group = TargetGroup {
        name: "acme-12345678".parse().expect("valid"),
        vpc: Ref::to(Address::literal("network/vpc")),
        port: 80,
        health_check: HealthCheck {
            path: "/".into(),
            matcher: "200-399".into(),
            interval_seconds: 15,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        },
        deregistration_delay_seconds: 30,
    };
    let rule = ListenerRule {
        listener: Ref::to(Address::literal("ingress/listener")),
        priority: 7,
        hosts: ["acme.example.com".parse().expect("valid")].into(),
        paths: [].into(),
        target_group: Ref::to(Address::literal(GROUP)),
    };
    vec![
        ("network/vpc", vpc.into()),
        ("ingress/balancer", balancer.into()),
        ("ingress/listener", listener.into()),
        (GROUP, group.into()),
        (RULE, rule.into()),
    ]
}

async fn bench(server: &MockServer) -> Bench {
    let bench = Bench::new(&server.uri(), nodes()).await;
    bench.assume("network/vpc", Identity::of_id("vpc-1"));
    bench.assume("ingress/balancer", Identity::of_arn("arn:balancer"));
    bench.assume("ingress/listener", Identity::of_arn("arn:listener"));
    bench.assume(GROUP, Identity::of_arn("arn:group"));
    bench
}

fn called(action: &str) -> MockBuilder {
    Mock::given(method("POST")).and(body_string_contains(format!("Action={action}&")))
}

fn answer(action: &str, result: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_string(format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

fn refusal(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_string(format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    ))
}

fn rule(arn: &str, priority: u32) -> String {
    format!("<member><RuleArn>{arn}</RuleArn><Priority>{priority}</Priority><IsDefault>false</IsDefault></member>")
}

fn tags(arn: &str, address: &str) -> String {
    let tag = |key: &str, value: &str| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let tags = [tag("saas:platform", "saas-platform"), tag("saas:address", address)].concat();
    format!("<member><ResourceArn>{arn}</ResourceArn><Tags>{tags}</Tags></member>")
}

fn described(tags: &[String]) -> ResponseTemplate {
    answer("DescribeTags", &format!("<TagDescriptions>{}</TagDescriptions>", tags.concat()))
}

/// How often an operation was called.
async fn calls(server: &MockServer, action: &str) -> usize {
    let requests = server.received_requests().await.expect("requests are recorded");
    let wanted = format!("Action={action}&");
    requests.iter().filter(|request| String::from_utf8_lossy(&request.body).contains(&wanted)).count()
}

#[tokio::test]
async fn own_listener_rules_of_all_pages_are_found() {
    let server = MockServer::start().await;
    let first = format!("<Rules>{}</Rules><NextMarker>next</NextMarker>", rule("arn:one", 7) + &rule("arn:foreign", 8));
    let second = format!("<Rules>{}</Rules>", rule("arn:two", 9));
    called("DescribeRules")
        .and(body_string_contains("Marker=next"))
        .respond_with(answer("DescribeRules", &second))
        .mount(&server)
        .await;
    called("DescribeRules").respond_with(answer("DescribeRules", &first)).mount(&server).await;
    let tags = [tags("arn:one", RULE), tags("arn:two", "tenant/globex/rule")];
    called("DescribeTags").respond_with(described(&tags)).mount(&server).await;

    let bench = bench(&server).await;
    let found = provider::list(Kind::ListenerRule, &bench.cx()).await.expect("both pages are answered");
    let found: Vec<&str> = found.iter().map(|found| found.address.as_str()).collect();
    assert_eq!(found, [RULE, "tenant/globex/rule"]);
}

#[tokio::test]
async fn rule_created_by_a_call_without_response_is_found_by_its_priority() {
    let server = MockServer::start().await;
    called("CreateRule").respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    called("CreateRule").respond_with(refusal("PriorityInUse")).mount(&server).await;
    let rules = format!("<Rules>{}</Rules>", rule("arn:other", 6) + &rule("arn:ours", 7));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;
    called("DescribeTags").respond_with(described(&[tags("arn:ours", RULE)])).mount(&server).await;

    let bench = bench(&server).await;
    let identity = provider::create(&bench.cx(), bench.node(RULE)).await.expect("the rule is ours");
    assert_eq!(identity, Identity::of_arn("arn:ours"));
    assert_eq!(calls(&server, "CreateRule").await, 2);
}

#[tokio::test]
async fn listener_rule_of_another_owner_is_not_adopted() {
    let server = MockServer::start().await;
    called("CreateRule").respond_with(refusal("PriorityInUse")).mount(&server).await;
    let rules = format!("<Rules>{}</Rules>", rule("arn:theirs", 7));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;
    called("DescribeTags").respond_with(described(&[])).mount(&server).await;

    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node(RULE)).await.expect_err("another rule has the priority");
    assert!(matches!(error, Error::Taken { .. }), "{error}");
}

/// `arn:moves` has another priority than planned, which `arn:goes` has.
#[tokio::test]
async fn rule_takes_the_priority_of_a_deleted_rule_in_one_call() {
    let server = MockServer::start().await;
    let rules = format!("<Rules>{}</Rules>", rule("arn:moves", 9) + &rule("arn:goes", 7) + &rule("arn:theirs", 50_000));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;
    called("SetRulePriorities").respond_with(answer("SetRulePriorities", "<Rules/>")).mount(&server).await;
    called("AddTags").respond_with(answer("AddTags", "")).mount(&server).await;

    let bench = bench(&server).await;
    bench.assume(RULE, Identity::of_arn("arn:moves"));
    let goes = Address::literal("tenant/globex/rule");
    bench.live.insert(ObservedResource::at(Kind::ListenerRule, goes, Identity::of_arn("arn:goes"), Tags::new()));
    let found = bench.live.get(&Address::literal(RULE)).expect("it was assumed");
    let changed = FieldChange { field: "priority".into(), before: 9.into(), after: 7.into() };
    provider::update(&bench.cx(), bench.node(RULE), &found, Changes(&[changed])).await.expect("AWS moves them");
    let requests = server.received_requests().await.expect("requests are recorded");
    let sent: Vec<_> = requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    let sent: Vec<_> = sent.iter().filter(|body| body.contains("Action=SetRulePriorities&")).collect();
    let [sent] = sent.as_slice() else { panic!("one call: {sent:?}") };
    for pair in [
        "RuleArn=arn%3Agoes&RulePriorities.member.1.Priority=49999",
        "RuleArn=arn%3Amoves&RulePriorities.member.2.Priority=7",
    ] {
        assert!(sent.contains(pair), "{pair}: {sent}");
    }
}

#[tokio::test]
async fn priority_of_another_owners_rule_is_an_error_without_changes() {
    let server = MockServer::start().await;
    let rules = format!("<Rules>{}</Rules>", rule("arn:moves", 9) + &rule("arn:theirs", 7));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;

    let bench = bench(&server).await;
    bench.assume(RULE, Identity::of_arn("arn:moves"));
    let found = bench.live.get(&Address::literal(RULE)).expect("it was assumed");
    let changed = FieldChange { field: "priority".into(), before: 9.into(), after: 7.into() };
    let update = provider::update(&bench.cx(), bench.node(RULE), &found, Changes(&[changed])).await;
    let error = update.expect_err("another owner has the priority").to_string();
    assert!(error.contains("priority 7") && error.contains("arn:theirs"), "{error}");
    assert_eq!(calls(&server, "SetRulePriorities").await, 0);
}

#[tokio::test]
async fn target_group_deletion_is_retried_while_rules_use_it() {
    let server = MockServer::start().await;
    called("DeleteTargetGroup").respond_with(refusal("ResourceInUse")).up_to_n_times(2).mount(&server).await;
    called("DeleteTargetGroup").respond_with(answer("DeleteTargetGroup", "")).mount(&server).await;

    let bench = bench(&server).await;
    let found: ObservedResource = bench.live.get(&Address::literal(GROUP)).expect("it was assumed");
    provider::delete(&bench.cx(), &found).await.expect("the third attempt succeeds");
    assert_eq!(calls(&server, "DeleteTargetGroup").await, 3);
}

#[tokio::test]
async fn new_target_group_is_waited_for_and_denied_calls_are_not_retried() {
    let server = MockServer::start().await;
    called("CreateRule").respond_with(refusal("TargetGroupNotFound")).up_to_n_times(1).mount(&server).await;
    called("CreateRule").respond_with(refusal("AccessDenied")).mount(&server).await;

    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node(RULE)).await.expect_err("the second answer is a refusal");
    assert_eq!(error.to_string(), "elasticloadbalancingv2 CreateRule: no (AccessDenied)");
    assert!(error.hint().is_some_and(|hint| hint.contains("permission")), "{:?}", error.hint());
    assert_eq!(calls(&server, "CreateRule").await, 2);
}

#[tokio::test]
async fn certificate_not_visible_yet_is_waited_for() {
    let server = MockServer::start().await;
    let unseen = || refusal("CertificateNotFound");
    called("CreateListener").respond_with(unseen()).up_to_n_times(2).mount(&server).await;
    let made = "<Listeners><member><ListenerArn>arn:listener</ListenerArn></member></Listeners>";
    called("CreateListener").respond_with(answer("CreateListener", made)).mount(&server).await;
    called("AddListenerCertificates").respond_with(unseen()).up_to_n_times(2).mount(&server).await;
    called("AddListenerCertificates").respond_with(answer("AddListenerCertificates", "")).mount(&server).await;
    let certificate = |id: &str| {
        let arn = format!("arn:aws:acm:us-east-1:123456789012:certificate/{id}");
        CertificateArn::new(arn).expect("valid")
    };
    let mut nodes = nodes();
    for (_, resource) in &mut nodes {
        if let Resource::Listener(listener) = resource {
            listener.protocol = Protocol::Https;
            listener.certificate = Some(certificate("00000000-0000-0000-0000-000000000001"));
            listener.more_certificates = [certificate("00000000-0000-0000-0000-000000000002")].into();
        }
    }
    let bench = Bench::new(&server.uri(), nodes).await;
    bench.assume("ingress/balancer", Identity::of_arn("arn:balancer"));
    provider::create(&bench.cx(), bench.node("ingress/listener")).await.expect("the certificates are seen in the end");
    assert_eq!(calls(&server, "CreateListener").await, 3);
    assert_eq!(calls(&server, "AddListenerCertificates").await, 3);
}

#[tokio::test]
async fn deletion_protection_error_has_a_hint() {
    let server = MockServer::start().await;
    called("DeleteLoadBalancer").respond_with(refusal("OperationNotPermitted")).mount(&server).await;

    let bench = bench(&server).await;
    let found = bench.live.get(&Address::literal("ingress/balancer")).expect("it was assumed");
    let error = provider::delete(&bench.cx(), &found).await.expect_err("AWS refuses");
    assert!(error.to_string().contains("--disable-deletion-protection"), "{error}");
}

/// A certificate of IAM, added to a listener by hand, is reported and removed.
#[tokio::test]
async fn iam_certificate_on_a_listener_is_reported_and_removed() {
    const SECURE: &str = "ingress/secure";
    const OURS: &str = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-1111-1111-1111-111111111111";
    const IAM: &str = "arn:aws:iam::123456789012:server-certificate/theirs";
    let server = MockServer::start().await;
    let secure = Listener {
        load_balancer: Ref::to(Address::literal("ingress/balancer")),
        port: 443,
        protocol: Protocol::Https,
        certificate: Some(OURS.parse().expect("valid")),
        more_certificates: [].into(),
        tls_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
        default_action: DefaultAction::NotFound,
    };
    let bench = Bench::new(&server.uri(), [nodes(), vec![(SECURE, secure.into())]].concat()).await;
    bench.assume("network/vpc", Identity::of_id("vpc-1"));
    bench.assume("ingress/balancer", Identity::of_arn("arn:balancer"));
    let listed = format!(
        "<Listeners><member><ListenerArn>arn:secure</ListenerArn><LoadBalancerArn>arn:balancer</LoadBalancerArn>\
         <Port>443</Port><Protocol>HTTPS</Protocol><SslPolicy>ELBSecurityPolicy-TLS13-1-2-2021-06</SslPolicy>\
         <Certificates><member><CertificateArn>{IAM}</CertificateArn></member></Certificates><DefaultActions><member>\
         <Type>fixed-response</Type><FixedResponseConfig><StatusCode>404</StatusCode></FixedResponseConfig></member>\
         </DefaultActions></member></Listeners>"
    );
    let more = format!(
        "<Certificates><member><CertificateArn>{IAM}</CertificateArn><IsDefault>true</IsDefault></member><member>\
         <CertificateArn>{IAM}-2</CertificateArn><IsDefault>false</IsDefault></member></Certificates>"
    );
    for (action, result) in [
        ("DescribeListeners", listed.as_str()),
        ("DescribeListenerCertificates", more.as_str()),
        ("ModifyListener", ""),
        ("RemoveListenerCertificates", ""),
        ("AddTags", ""),
    ] {
        called(action).respond_with(answer(action, result)).mount(&server).await;
    }
    called("DescribeTags").respond_with(described(&[tags("arn:secure", SECURE)])).mount(&server).await;

    let found = provider::list(Kind::Listener, &bench.cx()).await.expect("the listing can be read");
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    let reported: Vec<(&str, String)> =
        found.unmodelled.iter().map(|change| (change.field.as_str(), change.before.to_string())).collect();
    assert_eq!(reported, [("certificate", format!("\"{IAM}\"")), ("other_certificates", format!("[\"{IAM}-2\"]"))]);
    let node = bench.node(SECURE);
    let updated = provider::update(&bench.cx(), node, found, Changes(&found.unmodelled)).await;
    updated.expect("both are put right");
    assert_eq!((calls(&server, "ModifyListener").await, calls(&server, "RemoveListenerCertificates").await), (1, 1));
}

/// A listing still shows a deleted resource: reading the tags of many must not fail for one of them.
#[tokio::test]
async fn tags_are_returned_although_one_of_several_resources_is_deleted() {
    let server = MockServer::start().await;
    let bench = bench(&server).await;
    let both = body_string_contains("ResourceArns.member.2");
    called("DescribeTags").and(both).respond_with(refusal("TargetGroupNotFound")).mount(&server).await;
    let gone = body_string_contains("arn%3Agone");
    called("DescribeTags").and(gone).respond_with(refusal("TargetGroupNotFound")).mount(&server).await;
    called("DescribeTags").respond_with(described(&[tags("arn:group", GROUP)])).mount(&server).await;
    let found = crate::providers::elb::tags(&bench.cx(), &["arn:gone".to_owned(), "arn:group".to_owned()]).await;
    assert_eq!(found.expect("the other has tags").into_keys().collect::<Vec<_>>(), ["arn:group"]);
}

/// A resource that no longer exists, though its tags were right, is created again without an error.
#[tokio::test]
async fn describing_a_deleted_resource_returns_none() {
    let server = MockServer::start().await;
    let bench = bench(&server).await;
    called("DescribeTargetGroups").respond_with(refusal("TargetGroupNotFound")).mount(&server).await;
    let found = bench.live.get(&Address::literal(GROUP)).expect("it was assumed");
    assert_eq!(provider::describe(&bench.cx(), &found).await.expect("that is an answer"), None);
}

#[tokio::test]
async fn load_balancer_deletion_is_retried_while_in_use() {
    let server = MockServer::start().await;
    called("DeleteLoadBalancer").respond_with(refusal("ResourceInUse")).up_to_n_times(2).mount(&server).await;
    called("DeleteLoadBalancer").respond_with(answer("DeleteLoadBalancer", "")).mount(&server).await;
    called("DescribeLoadBalancers").respond_with(refusal("LoadBalancerNotFound")).mount(&server).await;

    let bench = bench(&server).await;
    let found = bench.live.get(&Address::literal("ingress/balancer")).expect("it was assumed");
    provider::delete(&bench.cx(), &found).await.expect("the third attempt succeeds");
    assert_eq!(calls(&server, "DeleteLoadBalancer").await, 3);
}

#[tokio::test]
async fn network_load_balancer_that_targets_a_deleted_one_is_a_blocker() {
    let server = MockServer::start().await;
    let group = |arn: &str, kind: &str| {
        format!("<member><TargetGroupArn>{arn}</TargetGroupArn><TargetType>{kind}</TargetType></member>")
    };
    let groups = format!("<TargetGroups>{}</TargetGroups>", group("arn:ip", "ip") + &group("arn:before", "alb"));
    called("DescribeTargetGroups").respond_with(answer("DescribeTargetGroups", &groups)).mount(&server).await;
    let target = "<member><Target><Id>arn:balancer</Id></Target></member>";
    let health = format!("<TargetHealthDescriptions>{target}</TargetHealthDescriptions>");
    called("DescribeTargetHealth").respond_with(answer("DescribeTargetHealth", &health)).mount(&server).await;

    let bench = bench(&server).await;
    let change = bench.removal("ingress/balancer");
    let blockers = provider::blockers(Kind::LoadBalancer, &bench.cx(), &[&change]).await.expect("it is answered");
    assert_eq!(blockers.iter().map(|blocker| blocker.id.as_str()).collect::<Vec<_>>(), ["arn:before"]);
    assert_eq!(calls(&server, "DescribeTargetHealth").await, 1, "only of groups that can have it");
}

/// In a destroy, too: the rules of a foreign load balancer remain.
#[tokio::test]
async fn foreign_load_balancer_that_uses_a_target_group_is_a_blocker_of_destroy() {
    let server = MockServer::start().await;
    let balancers = "<LoadBalancerArns><member>arn:theirs</member></LoadBalancerArns>";
    let group = format!("<member><TargetGroupArn>arn:group</TargetGroupArn>{balancers}</member>");
    let groups = format!("<TargetGroups>{group}</TargetGroups>");
    called("DescribeTargetGroups").respond_with(answer("DescribeTargetGroups", &groups)).mount(&server).await;

    let bench = bench(&server).await;
    let change = bench.removal(GROUP);
    let blockers = provider::blockers(Kind::TargetGroup, &bench.cx(), &[&change]).await.expect("it is answered");
    assert_eq!(blockers.iter().map(|blocker| blocker.id.as_str()).collect::<Vec<_>>(), ["arn:theirs"]);
    assert_eq!(calls(&server, "DescribeRules").await, 0, "what is in our listeners goes with them");
}

/// A rule of the platform with these conditions, as a listing shows it.
async fn listed_rule(bench: &Bench, server: &MockServer, conditions: &str) -> ObservedResource {
    let rule = format!(
        "<member><RuleArn>arn:rule</RuleArn><Priority>7</Priority><IsDefault>false</IsDefault>\
         <Conditions>{conditions}</Conditions><Actions><member><Type>forward</Type>\
         <TargetGroupArn>arn:group</TargetGroupArn></member></Actions></member>"
    );
    let rules = format!("<Rules>{rule}</Rules>");
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(server).await;
    called("DescribeTags").respond_with(described(&[tags("arn:rule", RULE)])).mount(server).await;
    let mut found = provider::list(Kind::ListenerRule, &bench.cx()).await.expect("the listing can be read");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn condition(field: &str, config: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|value| format!("<member>{value}</member>")).collect();
    format!("<member><Field>{field}</Field><{config}><Values>{values}</Values></{config}></member>")
}

fn hosts(values: &[&str]) -> String {
    condition("host-header", "HostHeaderConfig", values)
}

fn paths(values: &[&str]) -> String {
    condition("path-pattern", "PathPatternConfig", values)
}

/// The nodes, with a rule for these paths.
fn nodes_with_paths(paths: &[&str]) -> Vec<(&'static str, Resource)> {
    let mut nodes = nodes();
    for (_, resource) in &mut nodes {
        if let Resource::ListenerRule(rule) = resource {
            rule.paths = paths.iter().map(|path| path.parse().expect("valid")).collect();
        }
    }
    nodes
}

/// The fields in which a rule with these conditions differs from the planned one, with their live values.
async fn rule_drift(planned_paths: &[&str], conditions: &[String]) -> Vec<(String, Value)> {
    let server = MockServer::start().await;
    let bench = Bench::new(&server.uri(), nodes_with_paths(planned_paths)).await;
    bench.assume("ingress/listener", Identity::of_arn("arn:listener"));
    bench.assume(GROUP, Identity::of_arn("arn:group"));
    let found = listed_rule(&bench, &server, &conditions.concat()).await;
    let reading = provider::describe(&bench.cx(), &found).await.expect("the listing shows it").expect("it is there");
    let changes = reading.differences_to(&bench.node(RULE).resource);
    changes.into_iter().map(|change| (change.field, change.before)).collect()
}

#[tokio::test]
async fn conditions_of_a_rule_are_compared() {
    let host = || hosts(&["acme.example.com"]);
    assert_eq!(rule_drift(&[], &[host()]).await, []);
    assert_eq!(rule_drift(&["/api/*"], &[paths(&["/api/*"]), host()]).await, []);
    let one = |field: &str, live: Value| vec![(field.to_owned(), live)];
    assert_eq!(rule_drift(&["/api/*"], &[host()]).await, one("paths", json!([])));
    assert_eq!(rule_drift(&[], &[host(), paths(&["/api"])]).await, one("paths", json!(["/api"])));
    // The model has no wildcard in the middle of a path, and no wildcard in the middle of a host.
    let found = rule_drift(&["/api/*"], &[host(), paths(&["/*/api", "/api/*"])]).await;
    assert_eq!(found, one("paths", json!(["/*/api", "/api/*"])));
    let odd = ["acme.example.com", "a*c.example.com"];
    assert_eq!(rule_drift(&[], &[hosts(&odd)]).await, one("hosts", json!(odd)));
    let header = condition("source-ip", "SourceIpConfig", &["192.0.2.0/24"]);
    let found = rule_drift(&[], &[host(), header]).await;
    assert_eq!(found, one("hosts", json!("conditions on host-header, source-ip")));
    assert_eq!(rule_drift(&[], &[host(), host()]).await, one("hosts", json!("conditions on host-header, host-header")));
}

#[tokio::test]
async fn rule_with_paths_is_written_with_both_conditions() {
    let server = MockServer::start().await;
    let made = "<Rules><member><RuleArn>arn:rule</RuleArn></member></Rules>";
    called("CreateRule").respond_with(answer("CreateRule", made)).mount(&server).await;
    called("ModifyRule").respond_with(answer("ModifyRule", "<Rules/>")).mount(&server).await;
    called("AddTags").respond_with(answer("AddTags", "")).mount(&server).await;
    let bench = Bench::new(&server.uri(), nodes_with_paths(&["/api", "/api/*"])).await;
    bench.assume("ingress/listener", Identity::of_arn("arn:listener"));
    bench.assume(GROUP, Identity::of_arn("arn:group"));
    provider::create(&bench.cx(), bench.node(RULE)).await.expect("AWS creates it");
    bench.assume(RULE, Identity::of_arn("arn:rule"));
    let found = bench.live.get(&Address::literal(RULE)).expect("it was assumed");
    let changed = FieldChange { field: "paths".into(), before: json!([]), after: json!(["/api"]) };
    provider::update(&bench.cx(), bench.node(RULE), &found, Changes(&[changed])).await.expect("AWS changes it");
    let requests = server.received_requests().await.expect("requests are recorded");
    let sent: Vec<_> = requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    let written: Vec<_> = sent.iter().filter(|body| body.contains("Rule&") && !body.contains("AddTags")).collect();
    assert_eq!(written.len(), 2, "{sent:#?}");
    for body in written {
        for part in [
            "Conditions.member.1.Field=host-header",
            "Conditions.member.2.Field=path-pattern",
            "Conditions.member.2.PathPatternConfig.Values.member.1=%2Fapi&",
            "Conditions.member.2.PathPatternConfig.Values.member.2=%2Fapi%2F%2A",
        ] {
            assert!(body.contains(part), "{part}: {body}");
        }
    }
}

/// A redirect to another host sends the users of all tenants there.
#[tokio::test]
async fn redirect_that_changes_host_path_or_query_is_a_difference() {
    for (members, is_planned) in [
        ("", true),
        ("<Host>#{host}</Host><Path>/#{path}</Path><Query>#{query}</Query>", true),
        ("<Host>evil.example</Host>", false),
        ("<Path>/login</Path>", false),
        ("<Query>token=#{query}</Query>", false),
    ] {
        let server = MockServer::start().await;
        let listener = format!(
            "<Listeners><member><ListenerArn>arn:listener</ListenerArn><LoadBalancerArn>arn:balancer</LoadBalancerArn>\
             <Port>80</Port><Protocol>HTTP</Protocol><DefaultActions><member><Type>redirect</Type><RedirectConfig>\
             <Protocol>HTTPS</Protocol><Port>443</Port><StatusCode>HTTP_301</StatusCode>{members}</RedirectConfig>\
             </member></DefaultActions></member></Listeners>"
        );
        called("DescribeListeners").respond_with(answer("DescribeListeners", &listener)).mount(&server).await;
        called("DescribeTags")
            .respond_with(described(&[tags("arn:listener", "ingress/listener")]))
            .mount(&server)
            .await;
        let mut nodes = nodes();
        for (_, resource) in &mut nodes {
            if let Resource::Listener(listener) = resource {
                listener.default_action = DefaultAction::RedirectToHttps;
            }
        }
        let bench = Bench::new(&server.uri(), nodes).await;
        bench.assume("ingress/balancer", Identity::of_arn("arn:balancer"));
        let found = provider::list(Kind::Listener, &bench.cx()).await.expect("it is answered");
        let reading = provider::describe(&bench.cx(), &found[0]).await.expect("it is listed").expect("it is there");
        let changes = reading.differences_to(&bench.node("ingress/listener").resource);
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields.contains(&"default_action"), !is_planned, "{members}: {changes:#?}");
    }
}

/// A rewrite of the host leads the requests for one tenant to what serves another.
#[tokio::test]
async fn rewrite_by_a_listener_rule_is_a_difference_that_an_update_removes() {
    let server = MockServer::start().await;
    let rewrite = "<Transforms><member><Type>host-header-rewrite</Type></member></Transforms>";
    let rules = format!("<Rules>{}</Rules>", rule("arn:rule", 7).replace("</member>", &format!("{rewrite}</member>")));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;
    called("DescribeTags").respond_with(described(&[tags("arn:rule", RULE)])).mount(&server).await;
    called("ModifyRule")
        .and(body_string_contains("ResetTransforms=true"))
        .respond_with(answer("ModifyRule", "<Rules/>"))
        .expect(1)
        .mount(&server)
        .await;
    called("AddTags").respond_with(answer("AddTags", "")).mount(&server).await;

    let bench = bench(&server).await;
    let found = provider::list(Kind::ListenerRule, &bench.cx()).await.expect("it is answered");
    let [change] = found[0].unmodelled.as_slice() else { panic!("{found:#?}") };
    assert_eq!((change.field.as_str(), &change.before), ("transforms", &json!(["host-header-rewrite"])));
    let changes = [change.clone()];
    provider::update(&bench.cx(), bench.node(RULE), &found[0], Changes(&changes)).await.expect("it is removed");
}

/// Listeners and rules without tags, or with those of a node, are inside of the platform all the same.
#[tokio::test]
async fn foreign_listener_and_rule_expose_what_they_are_part_of() {
    let server = MockServer::start().await;
    let listener = |arn: &str, port: u16| {
        format!(
            "<member><ListenerArn>{arn}</ListenerArn><LoadBalancerArn>arn:balancer</LoadBalancerArn>\
             <Port>{port}</Port><Protocol>HTTP</Protocol></member>"
        )
    };
    let listeners = format!("<Listeners>{}</Listeners>", listener("arn:listener", 80) + &listener("arn:extra", 81));
    called("DescribeListeners").respond_with(answer("DescribeListeners", &listeners)).mount(&server).await;
    let rules = format!("<Rules>{}</Rules>", rule("arn:rule", 7) + &rule("arn:wide", 8));
    called("DescribeRules").respond_with(answer("DescribeRules", &rules)).mount(&server).await;
    let tagged = [tags("arn:listener", "ingress/listener"), tags("arn:rule", RULE)];
    called("DescribeTags").respond_with(described(&tagged)).mount(&server).await;

    let bench = bench(&server).await;
    for kind in [Kind::Listener, Kind::ListenerRule] {
        let found = provider::list(kind, &bench.cx()).await.expect("it is answered");
        bench.live.observed(&bench.plan, found);
    }
    let exposures = bench.live.exposures();
    let told: Vec<(&str, &str)> =
        exposures.iter().map(|exposure| (exposure.address.as_str(), exposure.id.as_str())).collect();
    assert_eq!(told, [("ingress/balancer", "arn:extra"), ("ingress/listener", "arn:wide")], "{exposures:#?}");
    assert!(exposures[1].remedy.ends_with("delete-rule --rule-arn arn:wide"), "{exposures:#?}");
}
