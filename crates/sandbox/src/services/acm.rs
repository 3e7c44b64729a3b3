//! AWS Certificate Manager, as far as somebody needs it to have certificates for listeners: they
//! are issued at once, and their domains are not proved.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::consistency::Consistency;
use super::{Descriptor, Errors, JsonOperation, Protocol, elb};
use crate::cloud::Cloud;
use crate::eventual::{Eventual, Versioned};
use crate::input::Input;
use crate::inventory::Item;
use crate::latency::Latency;
use crate::rates::{Bucket, Source};
use crate::refusal::Refusal;
use crate::tags::{self, Tags};

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS Certificate Manager",
    signing_name: "acm",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../models/acm.json"),
    errors: Errors::VALIDATING,
    consistency,
    rates: |operation, _| rates(operation),
    latency: Latency::USUAL,
    collections: |cloud| cloud.acm.collections(),
    inventory,
    tagged,
};

no_events!();

/// The operations.
const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("RequestCertificate", request_certificate),
    ("DescribeCertificate", describe_certificate),
    ("ListCertificates", list_certificates),
    ("DeleteCertificate", delete_certificate),
];

/// Certificates are not modelled with a lag.
fn consistency(operation: &str) -> Option<Consistency> {
    matches!(operation, "DescribeCertificate" | "ListCertificates").then_some(Consistency::Strong)
}

fn rates(operation: &str) -> Vec<Bucket> {
    let source = Source::Published("AWS Certificate Manager User Guide, \"Quotas\", API rate quotas");
    let calls = match operation {
        "DeleteCertificate" | "DescribeCertificate" => 10,
        "ListCertificates" => 8,
        "RequestCertificate" => 5,
        _ => return Vec::new(),
    };
    vec![Bucket::each_second(operation, calls, source)]
}

/// What it remembers: certificates by ARN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    certificates: Eventual<Certificate>,
}

impl State {
    /// All that reads may see as it was.
    fn collections(&mut self) -> Vec<&mut dyn Versioned> {
        vec![&mut self.certificates]
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Certificate {
    domain: String,
    tags: Tags,
}

fn request_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let domain = input.required("DomainName")?.to_owned();
    if domain.len() > 253 || !domain.contains('.') {
        return Err(Refusal::new("InvalidParameterException", format!("{domain} is not a domain name")));
    }
    let tags = input.tags("Tags");
    if let Some(fault) = tags::fault(&tags) {
        return Err(Refusal::new("InvalidTagException", fault));
    }
    let id = cloud.ids.uuid();
    let arn = cloud.account.arn("acm", &format!("certificate/{id}"));
    cloud.acm.certificates.insert(arn.clone(), Certificate { domain, tags });
    Ok(json!({ "CertificateArn": arn }))
}

fn describe_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let arn = input.required("CertificateArn")?;
    let certificate = cloud.acm.certificates.get(arn).ok_or_else(|| not_found(arn))?;
    let detail = json!({
        "CertificateArn": arn,
        "DomainName": certificate.domain,
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
    });
    Ok(json!({ "Certificate": detail }))
}

#[expect(clippy::unnecessary_wraps, reason = "an operation may refuse")]
fn list_certificates(cloud: &mut Cloud, _input: &Input) -> Result<Value, Refusal> {
    let summary = |(arn, certificate): (&String, &Certificate)| json!({ "CertificateArn": arn, "DomainName": certificate.domain, "Status": "ISSUED" });
    let summaries: Vec<Value> = cloud.acm.certificates.iter().map(summary).collect();
    Ok(json!({ "CertificateSummaryList": summaries }))
}

fn delete_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let arn = input.required("CertificateArn")?;
    // Source: AWS Certificate Manager API reference, `DeleteCertificate`.
    if elb::uses_certificate(cloud, arn) {
        return Err(Refusal::new("ResourceInUseException", format!("Certificate {arn} is in use.")));
    }
    cloud.acm.certificates.remove(arn).ok_or_else(|| not_found(arn))?;
    Ok(json!({}))
}

fn not_found(arn: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("Could not find certificate {arn}"))
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let certificates = cloud.acm.certificates.iter();
    items.extend(certificates.map(|(arn, certificate)| Item::new("acm:certificate", arn, &certificate.tags)));
}

/// The ARNs of everything that has tags, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, Tags)> {
    let tagged = cloud.acm.certificates.iter().filter(|(_, certificate)| !certificate.tags.is_empty());
    tagged.map(|(arn, certificate)| (arn.clone(), certificate.tags.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::services::Service;
    use crate::testing::{Bench, GROUP, SUBNETS, first};

    #[tokio::test(start_paused = true)]
    async fn a_certificate_is_there_until_it_is_deleted() {
        let bench = Bench::new();
        let made = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "*.example.com" }));
        let arn = made.expect("a domain")["CertificateArn"].clone();
        let described = bench.json(Service::Acm, "DescribeCertificate", &json!({ "CertificateArn": arn }));
        assert_eq!(described.expect("it is there")["Certificate"]["Status"], "ISSUED");
        bench.json(Service::Acm, "DeleteCertificate", &json!({ "CertificateArn": arn })).expect("it is there");
        let again = bench.json(Service::Acm, "DeleteCertificate", &json!({ "CertificateArn": arn }));
        assert_eq!(again, Err("ResourceNotFoundException".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_domain_is_refused() {
        let made = Bench::new().json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "example" }));
        assert_eq!(made, Err("ValidationException".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn tags_that_cannot_be_are_refused() {
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
    async fn a_certificate_of_a_listener_stays() {
        let bench = Bench::with_network();
        let made = bench.json(Service::Acm, "RequestCertificate", &json!({ "DomainName": "*.example.com" }));
        let arn = made.expect("a domain")["CertificateArn"].as_str().unwrap_or_default().to_owned();
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
}
