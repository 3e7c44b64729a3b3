//! AWS Certificate Manager, as far as listeners need certificates.
//!
//! A requested certificate is pending until its domains are validated. The sandbox has no DNS: the
//! program that runs it declares domains as validated ([`State::validate`]), or has a certificate
//! issued that a plan names by its ARN ([`State::issue`]).

mod certificate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use super::elb;
use crate::services::prelude::*;
use crate::tags;

use certificate::Certificate;
pub(crate) use certificate::Validation;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS Certificate Manager",
    signing_name: "acm",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../../models/acm.json"),
    errors: Errors::VALIDATING,
    // Stale reads of certificates are not modelled.
    consistency: |operation| {
        matches!(operation, "DescribeCertificate" | "ListCertificates").then_some(Consistency::Strong)
    },
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.acm.certificates],
    inventory,
    tagged,
};

no_events!();

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("RequestCertificate", request_certificate),
    ("DescribeCertificate", describe_certificate),
    ("ListCertificates", list_certificates),
    ("DeleteCertificate", delete_certificate),
];

/// From the moment that DNS has the record for a domain until the certificate is issued. Source: AWS
/// Certificate Manager User Guide, "DNS validation": "within minutes".
const VALIDATION: Duration = Duration::from_secs(3 * 60);

/// Certificates by ARN, and the time since when DNS has the records of each validated domain.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    certificates: Eventual<Certificate>,
    #[serde(default)]
    validated: BTreeMap<String, Time>,
}

impl State {
    /// Adds the DNS records that validate a domain and its subdomains.
    pub(crate) fn validate(&mut self, domain: &str, now: Time) {
        self.validated.entry(domain.to_owned()).or_insert(now);
    }

    /// Issues a certificate with an ARN that is known from elsewhere. A certificate that was requested
    /// with this ARN is issued unchanged.
    pub(crate) fn issue(&mut self, arn: &str, now: Time) {
        let requested = self.certificates.remove(arn);
        let certificate = requested.unwrap_or_else(|| Certificate::given(now));
        let issued = certificate.issued.or(Some(now));
        self.certificates.insert(arn.to_owned(), Certificate { issued, ..certificate });
    }

    /// The time at which a certificate was or will be issued; `None` while one of its domains is not
    /// validated.
    fn issued(&self, certificate: &Certificate, wait: Duration) -> Option<Time> {
        let since = |name: &String| {
            let name = name.strip_prefix("*.").unwrap_or(name);
            let covers = |domain: &str| name == domain || name.strip_suffix(domain).is_some_and(|it| it.ends_with('.'));
            self.validated.iter().filter(|(domain, _)| covers(domain)).map(|(_, since)| *since).min()
        };
        let validated = certificate.names.iter().map(since).collect::<Option<Vec<Time>>>();
        let proved = validated.map(|since| since.into_iter().fold(certificate.created, Time::max) + wait);
        certificate.issued.or(proved)
    }
}

/// The validation status of a certificate; `None` when no certificate has this ARN.
pub(crate) fn validation(cloud: &Cloud, arn: &str) -> Option<Validation> {
    Some(state_of(cloud, cloud.acm.certificates.get(arn)?))
}

fn state_of(cloud: &Cloud, certificate: &Certificate) -> Validation {
    let issued = cloud.acm.issued(certificate, cloud.pace.stretch(VALIDATION));
    issued.filter(|issued| *issued <= cloud.now).map_or(Validation::Pending, Validation::Issued)
}

fn request_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let mut names = vec![input.required("DomainName")?.to_owned()];
    for name in input.texts("SubjectAlternativeNames") {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // The default method is email: recorded by LocalStack, `test_domain_validation`.
    let by_dns = input.text("ValidationMethod").is_some_and(|method| method == "DNS");
    let tags = input.tags("Tags");
    tags::fault(&tags).map_or(Ok(()), |fault| Err(Refusal::new("InvalidTagException", fault)))?;
    let id = cloud.ids.uuid();
    let arn = cloud.account.arn("acm", &format!("certificate/{id}"));
    let certificate = Certificate { names, by_dns, created: cloud.now, issued: None, given: false, tags };
    cloud.acm.certificates.insert(arn.clone(), certificate);
    Ok(json!({ "CertificateArn": arn }))
}

fn describe_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let arn = input.required("CertificateArn")?;
    let certificate = cloud.acm.certificates.get(arn).ok_or_else(|| not_found(arn))?;
    let users = elb::users_of_certificate(cloud, arn);
    Ok(json!({ "Certificate": certificate.detail(arn, &state_of(cloud, certificate), &users) }))
}

#[expect(clippy::unnecessary_wraps, reason = "an operation may refuse")]
fn list_certificates(cloud: &mut Cloud, _input: &Input) -> Result<Value, Refusal> {
    let summary = |(arn, certificate): (&String, &Certificate)| {
        let used = !elb::users_of_certificate(cloud, arn).is_empty();
        certificate.summary(arn, &state_of(cloud, certificate), used)
    };
    let summaries: Vec<Value> = cloud.acm.certificates.iter().map(summary).collect();
    Ok(json!({ "CertificateSummaryList": summaries }))
}

fn delete_certificate(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let arn = input.required("CertificateArn")?;
    // Source: AWS Certificate Manager API reference, `DeleteCertificate`.
    if !elb::users_of_certificate(cloud, arn).is_empty() {
        return Err(Refusal::new("ResourceInUseException", format!("Certificate {arn} is in use.")));
    }
    cloud.acm.certificates.remove(arn).ok_or_else(|| not_found(arn))?;
    Ok(json!({}))
}

fn not_found(arn: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("Could not find certificate {arn}"))
}

/// Lists the requested certificates. No caller created those that were issued directly.
fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let requested = cloud.acm.certificates.iter().filter(|(_, certificate)| !certificate.given);
    items.extend(requested.map(|(arn, certificate)| Item::new("acm:certificate", arn, &certificate.tags)));
}

/// The ARNs and tags of all certificates, for the Tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    cloud.acm.certificates.iter().map(|(arn, certificate)| (arn.clone(), &certificate.tags)).collect()
}
