use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::{all, pass};

fn change(bench: &Bench, action: &str, listener: &str, certificate: &str) -> Result<String, String> {
    call(bench, action, &[("ListenerArn", listener), ("Certificates.member.1.CertificateArn", certificate)])
}

fn listed(bench: &Bench, listener: &str) -> Vec<(String, String)> {
    let answer = done(bench, "DescribeListenerCertificates", &[("ListenerArn", listener)]);
    all(&answer, "CertificateArn").into_iter().zip(all(&answer, "IsDefault")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_listener_has_a_default_and_additional_certificates() {
    let bench = with_certificates(27);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    let answer = change(&bench, "AddListenerCertificates", &arn, &certificate(2)).expect("it can be added");
    assert_eq!(
        (first(&answer, "CertificateArn"), first(&answer, "IsDefault")),
        (Some(certificate(2)), Some("false".into()))
    );
    // Adding it again has no effect.
    change(&bench, "AddListenerCertificates", &arn, &certificate(2)).expect("it is there");
    let default = (CERTIFICATE.to_owned(), "true".to_owned());
    assert_eq!(listed(&bench, &arn), [default.clone(), (certificate(2), "false".to_owned())]);
    let described = done(&bench, "DescribeListeners", &[("ListenerArns.member.1", &arn)]);
    assert_eq!(
        (all(&described, "CertificateArn"), all(&described, "IsDefault").len()),
        (vec![CERTIFICATE.to_owned()], 0)
    );
    change(&bench, "RemoveListenerCertificates", &arn, &certificate(2)).expect("it can be removed");
    assert_eq!(listed(&bench, &arn), [default]);
}

#[tokio::test(start_paused = true)]
async fn the_default_certificate_is_not_removed() {
    let bench = with_certificates(27);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    let removed = change(&bench, "RemoveListenerCertificates", &arn, CERTIFICATE);
    assert_eq!(removed, Err("OperationNotPermitted".to_owned()));
    // The default certificate can be in the list, too, and be removed from it.
    change(&bench, "AddListenerCertificates", &arn, CERTIFICATE).expect("it can be added");
    assert_eq!(listed(&bench, &arn).len(), 2);
    change(&bench, "RemoveListenerCertificates", &arn, CERTIFICATE).expect("it leaves the list");
    assert_eq!(listed(&bench, &arn).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_25_additional_certificates() {
    let bench = with_certificates(27);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    for number in 2..27 {
        change(&bench, "AddListenerCertificates", &arn, &certificate(number)).expect("there is room");
    }
    let added = change(&bench, "AddListenerCertificates", &arn, &certificate(27));
    assert_eq!(added, Err("TooManyCertificates".to_owned()));
    let page = done(&bench, "DescribeListenerCertificates", &[("ListenerArn", &arn), ("PageSize", "20")]);
    let marker = first(&page, "NextMarker").expect("26 are more than 20");
    let rest = [("ListenerArn", arn.as_str()), ("PageSize", "20"), ("Marker", &marker)];
    assert_eq!(all(&done(&bench, "DescribeListenerCertificates", &rest), "CertificateArn").len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_call_names_one_certificate() {
    let bench = with_certificates(27);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    let (second, third) = (certificate(2), certificate(3));
    let two = [
        ("ListenerArn", arn.as_str()),
        ("Certificates.member.1.CertificateArn", &second),
        ("Certificates.member.2.CertificateArn", &third),
    ];
    for action in ["AddListenerCertificates", "RemoveListenerCertificates", "ModifyListener"] {
        assert_eq!(refused(&bench, action, &two), "ValidationError");
    }
    let text = [("ListenerArn", arn.as_str()), ("Certificates.member.1.CertificateArn", &second)];
    let default = and(&text, &[("Certificates.member.1.IsDefault", "true")]);
    assert_eq!(refused(&bench, "AddListenerCertificates", &default), "ValidationError");
    assert_eq!(refused(&bench, "AddListenerCertificates", &[("ListenerArn", &arn)]), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_must_be_in_this_account_and_region() {
    let bench = with_certificates(27);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    let add = |certificate: &str| change(&bench, "AddListenerCertificates", &arn, certificate).map(drop);
    let refusal = |code: &str| Err(code.to_owned());
    assert_eq!(add("certificate"), refusal("ValidationError"));
    assert_eq!(add(&certificate(2).replace("us-east-1", "eu-west-1")), refusal("ValidationError"));
    assert_eq!(add(&certificate(2).replace(":acm:", ":ec2:")), refusal("ValidationError"));
    assert_eq!(add(&certificate(2).replace("123456789012", "210987654321")), refusal("CertificateNotFound"));
    assert_eq!(add("arn:aws:iam::123456789012:server-certificate/web"), refusal("CertificateNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_must_be_issued_by_acm() {
    let bench = with_certificates(1);
    let arn = https_listener(&bench, &balancer(&bench, "web"));
    assert_eq!(change(&bench, "AddListenerCertificates", &arn, &certificate(2)), Err("CertificateNotFound".to_owned()));
    let requested = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "www.example.com" }));
    let requested = requested.expect("a domain")["CertificateArn"].as_str().unwrap_or_default().to_owned();
    for action in ["AddListenerCertificates", "ModifyListener"] {
        assert_eq!(change(&bench, action, &arn, &requested), Err("UnsupportedCertificate".to_owned()), "{action}");
    }
    bench.cloud(|cloud| cloud.acm.validate("example.com", cloud.now));
    pass(Duration::from_secs(3_600)).await;
    change(&bench, "AddListenerCertificates", &arn, &requested).expect("it is issued");
}

#[tokio::test(start_paused = true)]
async fn http_listeners_have_no_certificates() {
    let bench = with_certificates(27);
    let arn = listener(&bench, &balancer(&bench, "web"), "80");
    assert_eq!(change(&bench, "AddListenerCertificates", &arn, CERTIFICATE), Err("ValidationError".to_owned()));
    assert_eq!(listed(&bench, &arn), []);
    let unknown = arn.replace("/web/", "/x/");
    let added = change(&bench, "AddListenerCertificates", &unknown, CERTIFICATE);
    assert_eq!(added, Err("ListenerNotFound".to_owned()));
}
