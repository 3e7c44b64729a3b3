//! Tests of certificates over the wire.

use std::time::Duration;

use serde_json::json;

use crate::services::Service;
use crate::testing::{Bench, GROUP, SUBNETS, first, pass};

#[tokio::test(start_paused = true)]
async fn a_certificate_exists_until_it_is_deleted() {
    let bench = Bench::new();
    let made = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "*.example.com" }));
    let arn = made.expect("a domain")["CertificateArn"].clone();
    let described = bench.json(Service::Acm, "DescribeCertificate", &json!({ "CertificateArn": arn }));
    assert_eq!(described.expect("it is there")["Certificate"]["Status"], "PENDING_VALIDATION");
    bench.json(Service::Acm, "DeleteCertificate", &json!({ "CertificateArn": arn })).expect("it is there");
    let again = bench.json(Service::Acm, "DeleteCertificate", &json!({ "CertificateArn": arn }));
    assert_eq!(again, Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn invalid_domain_names_are_rejected() {
    let made = Bench::new().json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "example" }));
    assert_eq!(made, Err("ValidationException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn invalid_tags_are_rejected() {
    let input = json!({ "DomainName": "*.example.com", "Tags": [{ "Key": "aws:mine", "Value": "x" }] });
    let made = Bench::new().json(Service::Acm, "RequestCertificate", &input);
    assert_eq!(made, Err("InvalidTagException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn certificates_are_listed() {
    let bench = Bench::new();
    let list = || bench.json(Service::Acm, "ListCertificates", &json!({})).expect("anybody may");
    assert_eq!(list()["CertificateSummaryList"], json!([]));
    let made = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "*.example.com" }));
    let listed = list()["CertificateSummaryList"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["CertificateArn"], made.expect("a domain")["CertificateArn"]);
    assert_eq!(listed[0]["DomainName"], "*.example.com");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_in_use_by_a_listener_is_not_deleted() {
    let bench = Bench::with_network();
    let made = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "*.example.com" }));
    let arn = made.expect("a domain")["CertificateArn"].as_str().unwrap_or_default().to_owned();
    bench.cloud(|cloud| cloud.acm.issue(&arn, cloud.now));
    let delete = || bench.json(Service::Acm, "DeleteCertificate", &json!({ "CertificateArn": arn })).map(drop);
    let elb = |action: &str, input: &[(&str, &str)]| bench.query(Service::Elb, action, input).expect("it is sound");
    let placed = [
        ("Name", "web"),
        ("Subnets.member.1", SUBNETS[0]),
        ("Subnets.member.2", SUBNETS[1]),
        ("SecurityGroups.member.1", GROUP),
    ];
    let balancer = first(&elb("CreateLoadBalancer", &placed), "LoadBalancerArn").expect("an ARN");
    let https = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", &arn),
        ("DefaultActions.member.1.Type", "fixed-response"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "404"),
    ];
    let listener = first(&elb("CreateListener", &https), "ListenerArn").expect("an ARN");
    assert_eq!(delete(), Err("ResourceInUseException".to_owned()));
    elb("DeleteListener", &[("ListenerArn", &listener)]);
    delete().expect("nothing uses it");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_issued_once_all_its_domains_are_validated() {
    let bench = Bench::new();
    let names = json!({ "DomainName": "*.example.com", "SubjectAlternativeNames": ["www.example.org"] });
    let made = bench.json(Service::Acm, "RequestCertificate", &names).expect("domains");
    let describe =
        || bench.json(Service::Acm, "DescribeCertificate", &made).expect("it is there")["Certificate"].clone();
    for domain in ["example.com", "ample.org"] {
        bench.cloud(|cloud| cloud.acm.validate(domain, cloud.now));
    }
    pass(Duration::from_secs(3_600)).await;
    assert_eq!(describe()["Status"], "PENDING_VALIDATION", "example.org is another domain");
    bench.cloud(|cloud| cloud.acm.validate("example.org", cloud.now));
    pass(Duration::from_secs(179)).await;
    assert_eq!(describe()["Status"], "PENDING_VALIDATION", "it takes a while");
    pass(Duration::from_secs(1)).await;
    let issued = describe();
    assert_eq!((&issued["Status"], &issued["KeyUsages"][0]["Name"]), (&json!("ISSUED"), &json!("DIGITAL_SIGNATURE")));
    assert_eq!(issued["DomainValidationOptions"][1]["ValidationStatus"], "SUCCESS");
    let listed = bench.json(Service::Acm, "ListCertificates", &json!({})).expect("a list");
    assert_eq!(listed["CertificateSummaryList"][0]["Status"], "ISSUED");
}

#[tokio::test(start_paused = true)]
async fn certificates_issued_by_the_host_exist_and_are_not_in_the_inventory() {
    let bench = Bench::new();
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001";
    bench.cloud(|cloud| cloud.acm.issue(arn, cloud.now));
    let described = bench.json(Service::Acm, "DescribeCertificate", &json!({ "CertificateArn": arn }));
    assert_eq!(described.expect("it is there")["Certificate"]["Status"], "ISSUED");
    assert_eq!(bench.inventory(), []);
}
