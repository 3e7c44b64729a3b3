use super::*;
use crate::testing::all;

/// Creates a listener; the parameters replace the usual ones.
fn create(bench: &Bench, balancer: &str, input: Input<'_>) -> Result<String, String> {
    let usual = and(&[("LoadBalancerArn", balancer), ("Protocol", "HTTP"), ("Port", "80")], NOT_FOUND);
    let kept = usual.iter().filter(|(key, _)| !input.iter().any(|(other, _)| other == key)).copied();
    let input: Vec<(&str, &str)> = kept.chain(input.iter().copied()).filter(|(_, value)| *value != "-").collect();
    call(bench, "CreateListener", &input)
}

fn refusal<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_listener_can_return_a_fixed_response() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let arn = listener(&bench, &web, "80");
    assert_eq!(arn.rsplit_once('/').map(|(start, _)| start.replace(":listener/", ":loadbalancer/")), Some(web.clone()));
    let answer = done(&bench, "DescribeListeners", &[("LoadBalancerArn", &web)]);
    let value = |name| first(&answer, name).unwrap_or_default();
    assert_eq!([value("ListenerArn"), value("LoadBalancerArn")], [arn, web]);
    assert_eq!([value("Port"), value("Protocol"), value("Type")], ["80", "HTTP", "fixed-response"]);
    assert_eq!((value("StatusCode"), first(&answer, "SslPolicy")), ("404".to_owned(), None));
}

#[tokio::test(start_paused = true)]
async fn the_same_settings_on_a_port_are_the_same_listener() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    assert_eq!(listener(&bench, &web, "80"), listener(&bench, &web, "80"));
    let other = [("DefaultActions.member.1.FixedResponseConfig.StatusCode", "503")];
    assert_eq!(create(&bench, &web, &other), refusal("DuplicateListener"));
    assert_ne!(listener(&bench, &web, "81"), listener(&bench, &web, "80"));
    let https = https_listener(&bench, &web);
    done(
        &bench,
        "AddListenerCertificates",
        &[("ListenerArn", &https), ("Certificates.member.1.CertificateArn", OTHER_CERTIFICATE)],
    );
    assert_eq!(https_listener(&bench, &web), https);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_50_listeners() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    for port in 1..=50 {
        listener(&bench, &web, &port.to_string());
    }
    assert_eq!(create(&bench, &web, &[("Port", "51")]), refusal("TooManyListeners"));
}

#[tokio::test(start_paused = true)]
async fn a_listener_requires_a_port_a_protocol_and_an_action() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    for (key, value) in
        [("Port", "-"), ("Port", "0"), ("Port", "65536"), ("Protocol", "-"), ("Protocol", "TCP"), ("Protocol", "X")]
    {
        assert_eq!(create(&bench, &web, &[(key, value)]), refusal("ValidationError"), "{key} {value}");
    }
    let bare = [("LoadBalancerArn", web.as_str()), ("Protocol", "HTTP"), ("Port", "80")];
    assert_eq!(refused(&bench, "CreateListener", &bare), "ValidationError");
    let unknown = web.replace("/web/", "/x/");
    assert_eq!(create(&bench, &unknown, &[]), refusal("LoadBalancerNotFound"));
}

#[tokio::test(start_paused = true)]
async fn https_requires_a_certificate_and_a_known_policy() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    let https = [("Protocol", "HTTPS"), ("Port", "443")];
    assert_eq!(create(&bench, &web, &https), refusal("ValidationError"));
    let https = and(&https, &[("Certificates.member.1.CertificateArn", CERTIFICATE)]);
    assert_eq!(create(&bench, &web, &and(&https, &[("SslPolicy", "TLS13")])), refusal("SSLPolicyNotFound"));
    let newer = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
    let answer = create(&bench, &web, &and(&https, &[("SslPolicy", newer)])).expect("all settings");
    assert_eq!(first(&answer, "SslPolicy").as_deref(), Some(newer));
    assert_eq!(first(&answer, "Mode").as_deref(), Some("off"));
    let other = [("Protocol", "HTTPS"), ("Port", "8443"), ("Certificates.member.1.CertificateArn", CERTIFICATE)];
    let answer = create(&bench, &web, &other).expect("it has a default policy");
    assert_eq!(first(&answer, "SslPolicy").as_deref(), Some("ELBSecurityPolicy-2016-08"));
}

#[tokio::test(start_paused = true)]
async fn http_refuses_https_settings() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    for (key, value) in [
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        ("SslPolicy", "ELBSecurityPolicy-2016-08"),
        ("MutualAuthentication.Mode", "off"),
        ("AlpnPolicy.member.1", "HTTP2Only"),
    ] {
        assert_eq!(create(&bench, &web, &[(key, value)]), refusal("ValidationError"), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn fixed_responses_are_validated() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let config = |key: &str| format!("DefaultActions.member.1.FixedResponseConfig.{key}");
    let long = "x".repeat(1_025);
    for (key, value, code) in [
        ("StatusCode", "301", "ValidationError"),
        ("StatusCode", "20", "ValidationError"),
        ("StatusCode", "4XX", "ValidationError"),
        ("ContentType", "text/xml", "InvalidLoadBalancerAction"),
        ("MessageBody", &long, "ValidationError"),
    ] {
        assert_eq!(create(&bench, &web, &[(&config(key), value)]), refusal(code), "{key}");
    }
    let (kind, body) = (config("ContentType"), config("MessageBody"));
    let answer = create(&bench, &web, &[(&kind, "text/plain"), (&body, "none")]).expect("it is sound");
    assert_eq!(first(&answer, "ContentType").as_deref(), Some("text/plain"));
    assert_eq!(first(&answer, "MessageBody").as_deref(), Some("none"));
}

/// Creates a listener that redirects.
fn redirect(bench: &Bench, balancer: &str, input: Input<'_>) -> Result<String, String> {
    let input: Vec<(String, &str)> =
        input.iter().map(|(key, value)| (format!("DefaultActions.member.1.RedirectConfig.{key}"), *value)).collect();
    let mut all = vec![
        ("DefaultActions.member.1.Type", "redirect"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "-"),
    ];
    all.extend(input.iter().map(|(key, value)| (key.as_str(), *value)));
    create(bench, balancer, &all)
}

#[tokio::test(start_paused = true)]
async fn omitted_parts_of_a_redirect_default_to_those_of_the_request() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let to_https = [("Protocol", "HTTPS"), ("Port", "443"), ("StatusCode", "HTTP_301")];
    let answer = redirect(&bench, &web, &to_https).expect("it is sound");
    let value = |name| first(&answer, name).unwrap_or_default();
    assert_eq!([value("Host"), value("Path"), value("Query")], ["#{host}", "/#{path}", "#{query}"]);
    assert_eq!(all(&answer, "Protocol"), ["HTTP", "HTTPS"]);
    assert_eq!([value("StatusCode"), value("Type")], ["HTTP_301", "redirect"]);
}

#[tokio::test(start_paused = true)]
async fn invalid_redirects_are_refused() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    let refuse = |input: Input<'_>, code: &str| {
        assert_eq!(redirect(&bench, &web, input), refusal(code), "{input:?}");
    };
    refuse(&[("StatusCode", "HTTP_301")], "InvalidLoadBalancerAction");
    refuse(&[("StatusCode", "HTTP_301"), ("Protocol", "HTTP"), ("Port", "80")], "InvalidLoadBalancerAction");
    refuse(&[("StatusCode", "HTTP_301"), ("Path", "there")], "InvalidLoadBalancerAction");
    refuse(&[("StatusCode", "HTTP_301"), ("Path", "/#{path}/#{path}")], "InvalidLoadBalancerAction");
    refuse(&[("StatusCode", "HTTP_301"), ("Port", "https")], "InvalidLoadBalancerAction");
    refuse(&[("StatusCode", "HTTP_303"), ("Port", "81")], "ValidationError");
    refuse(&[("StatusCode", "HTTP_301"), ("Protocol", "FTP")], "ValidationError");
    refuse(&[("Port", "81")], "ValidationError");
    let https = https_listener(&bench, &web);
    let back = [
        ("ListenerArn", https.as_str()),
        ("DefaultActions.member.1.Type", "redirect"),
        ("DefaultActions.member.1.RedirectConfig.Protocol", "HTTP"),
        ("DefaultActions.member.1.RedirectConfig.StatusCode", "HTTP_301"),
    ];
    assert_eq!(refused(&bench, "ModifyListener", &back), "InvalidLoadBalancerAction");
}

#[tokio::test(start_paused = true)]
async fn an_action_requires_the_configuration_of_its_type() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let kind = |kind| create(&bench, &web, &[("DefaultActions.member.1.Type", kind)]);
    assert_eq!(kind("redirect"), refusal("InvalidLoadBalancerAction"));
    assert_eq!(kind("forward"), refusal("InvalidLoadBalancerAction"));
    assert_eq!(kind("block"), refusal("ValidationError"));
    assert_eq!(kind("authenticate-oidc"), refusal("NotModelled"));
    let two = [
        ("DefaultActions.member.2.Type", "fixed-response"),
        ("DefaultActions.member.2.FixedResponseConfig.StatusCode", "404"),
    ];
    assert_eq!(create(&bench, &web, &two), refusal("TooManyActions"));
}

#[tokio::test(start_paused = true)]
async fn omitted_settings_of_a_listener_are_unchanged() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let arn = listener(&bench, &web, "80");
    let answer = done(&bench, "ModifyListener", &[("ListenerArn", &arn), ("Port", "8080")]);
    assert_eq!((first(&answer, "Port"), first(&answer, "StatusCode")), (Some("8080".into()), Some("404".into())));
    let action = [
        ("ListenerArn", arn.as_str()),
        ("DefaultActions.member.1.Type", "fixed-response"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "503"),
    ];
    let answer = done(&bench, "ModifyListener", &action);
    assert_eq!((first(&answer, "Port"), first(&answer, "StatusCode")), (Some("8080".into()), Some("503".into())));
    // The default rule has the default actions.
    let rules = done(&bench, "DescribeRules", &[("ListenerArn", &arn)]);
    assert_eq!((first(&rules, "StatusCode"), first(&rules, "IsDefault")), (Some("503".into()), Some("true".into())));
    listener(&bench, &web, "80");
    assert_eq!(refused(&bench, "ModifyListener", &[("ListenerArn", &arn), ("Port", "80")]), "DuplicateListener");
}

#[tokio::test(start_paused = true)]
async fn changing_https_to_http_removes_the_certificates() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    let arn = https_listener(&bench, &web);
    let answer = done(&bench, "ModifyListener", &[("ListenerArn", &arn), ("Protocol", "HTTP"), ("Port", "80")]);
    assert_eq!((first(&answer, "SslPolicy"), all(&answer, "CertificateArn").len()), (None, 0));
    assert_eq!(refused(&bench, "ModifyListener", &[("ListenerArn", &arn), ("Protocol", "HTTPS")]), "ValidationError");
    let back = [
        ("ListenerArn", arn.as_str()),
        ("Protocol", "HTTPS"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        ("SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
    ];
    assert_eq!(first(&done(&bench, "ModifyListener", &back), "CertificateArn").as_deref(), Some(CERTIFICATE));
}

#[tokio::test(start_paused = true)]
async fn rules_are_deleted_with_their_listener() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let (arn, group) = (listener(&bench, &web, "80"), group(&bench, "group"));
    let rule = rule(&bench, &arn, "1", &group).expect("a rule");
    done(&bench, "DeleteListener", &[("ListenerArn", &arn)]);
    assert_eq!(refused(&bench, "DescribeRules", &[("RuleArns.member.1", &rule)]), "RuleNotFound");
    assert_eq!(refused(&bench, "DeleteListener", &[("ListenerArn", &arn)]), "ListenerNotFound");
    done(&bench, "DeleteTargetGroup", &[("TargetGroupArn", &group)]);
}

#[tokio::test(start_paused = true)]
async fn listeners_are_described_by_load_balancer_or_by_arn() {
    let bench = Bench::with_network();
    let web = balancer(&bench, "web");
    let (first_one, second) = (listener(&bench, &web, "80"), listener(&bench, &web, "81"));
    assert_eq!(refused(&bench, "DescribeListeners", &[]), "ValidationError");
    let both = [("LoadBalancerArn", web.as_str()), ("ListenerArns.member.1", &second)];
    assert_eq!(refused(&bench, "DescribeListeners", &both), "ValidationError");
    let two = [("ListenerArns.member.1", second.as_str()), ("ListenerArns.member.2", &first_one)];
    assert_eq!(all(&done(&bench, "DescribeListeners", &two), "ListenerArn"), [second, first_one]);
    let page = done(&bench, "DescribeListeners", &[("LoadBalancerArn", &web), ("PageSize", "1")]);
    assert!(first(&page, "NextMarker").is_some());
}

#[tokio::test(start_paused = true)]
async fn trust_stores_are_not_found() {
    let bench = with_certificates(2);
    let web = balancer(&bench, "web");
    let https = [
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        ("MutualAuthentication.Mode", "verify"),
    ];
    assert_eq!(create(&bench, &web, &https), refusal("TrustStoreNotFound"));
}
