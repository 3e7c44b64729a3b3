//! A certificate and its description. Source of the members: recorded by LocalStack, `test_acm`.

use crate::services::prelude::*;

use std::time::Duration;

/// The validity period. Source: AWS Certificate Manager User Guide, "Certificate characteristics and
/// limitations": 13 months.
const GOOD_FOR: Duration = Duration::from_secs(395 * 24 * 60 * 60);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Certificate {
    /// Its domains, the primary one first.
    pub(super) names: Vec<String>,
    /// Whether its domains are validated by DNS; otherwise by email.
    pub(super) by_dns: bool,
    pub(super) created: Time,
    /// The time at which [`super::State::issue`] issued it.
    pub(super) issued: Option<Time>,
    /// Whether [`super::State::issue`] created it, and no caller requested it.
    pub(super) given: bool,
    pub(super) tags: Tags,
}

/// The validation status of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    Pending,
    Issued(Time),
}

impl Validation {
    const fn issued(self) -> Option<Time> {
        match self {
            Self::Pending => None,
            Self::Issued(at) => Some(at),
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_VALIDATION",
            Self::Issued(_) => "ISSUED",
        }
    }
}

impl Certificate {
    /// A certificate that was never requested. Only its ARN is known; the sandbox never uses its
    /// domain.
    pub(super) fn given(now: Time) -> Self {
        let names = vec!["*.sandbox.invalid".to_owned()];
        Self { names, by_dns: true, created: now, issued: Some(now), given: true, tags: Tags::new() }
    }

    fn domain(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    pub(super) fn detail(&self, arn: &str, validation: &Validation, users: &[String]) -> Value {
        let issued = validation.issued();
        json!({
            "CertificateArn": arn,
            "DomainName": self.domain(),
            "SubjectAlternativeNames": self.names,
            "DomainValidationOptions": self.names.iter().map(|name| self.proof(name, *validation)).collect::<Vec<_>>(),
            "Subject": format!("CN={}", self.domain()),
            "Issuer": "Amazon",
            "CreatedAt": self.created.epoch_seconds(),
            "Status": validation.status(),
            "KeyAlgorithm": "RSA-2048",
            "SignatureAlgorithm": "SHA256WITHRSA",
            "InUseBy": users,
            "Type": "AMAZON_ISSUED",
            "KeyUsages": usages(issued, &json!([{ "Name": "DIGITAL_SIGNATURE" }, { "Name": "KEY_ENCIPHERMENT" }])),
            "ExtendedKeyUsages": usages(issued, &json!([
                { "Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1" },
                { "Name": "TLS_WEB_CLIENT_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.2" },
            ])),
            "RenewalEligibility": "INELIGIBLE",
            "Options": { "CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED" },
            "IssuedAt": issued.map(Time::epoch_seconds),
            "NotBefore": issued.map(|_| self.created.epoch_seconds()),
            "NotAfter": issued.map(|_| (self.created + GOOD_FOR).epoch_seconds()),
        })
    }

    pub(super) fn summary(&self, arn: &str, validation: &Validation, used: bool) -> Value {
        let issued = validation.issued();
        json!({
            "CertificateArn": arn,
            "DomainName": self.domain(),
            "SubjectAlternativeNameSummaries": self.names,
            "HasAdditionalSubjectAlternativeNames": false,
            "Status": validation.status(),
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": "RSA-2048",
            "KeyUsages": usages(issued, &json!(["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"])),
            "ExtendedKeyUsages":
                usages(issued, &json!(["TLS_WEB_SERVER_AUTHENTICATION", "TLS_WEB_CLIENT_AUTHENTICATION"])),
            "ExportOption": "DISABLED",
            "InUse": used,
            "Exported": false,
            "RenewalEligibility": "INELIGIBLE",
            "CreatedAt": self.created.epoch_seconds(),
            "IssuedAt": issued.map(Time::epoch_seconds),
            "NotBefore": issued.map(|_| self.created.epoch_seconds()),
            "NotAfter": issued.map(|_| (self.created + GOOD_FOR).epoch_seconds()),
        })
    }

    /// The validation of a domain. The record is derived from the name, as AWS derives it from the name
    /// and the account.
    fn proof(&self, name: &str, validation: Validation) -> Value {
        let status = if validation == Validation::Pending { "PENDING_VALIDATION" } else { "SUCCESS" };
        let mut proof = json!({
            "DomainName": name,
            "ValidationDomain": name,
            "ValidationStatus": status,
            "ValidationMethod": if self.by_dns { "DNS" } else { "EMAIL" },
        });
        if self.by_dns {
            let base = name.strip_prefix("*.").unwrap_or(name);
            let mark =
                base.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            let record = json!({
                "Name": format!("_{mark:032x}.{base}."),
                "Type": "CNAME",
                "Value": format!("_{:032x}.acm-validations.aws.", !mark),
            });
            proof["ResourceRecord"] = record;
        } else {
            proof["ValidationEmails"] = json!([]);
        }
        proof
    }
}

/// The permitted usages, once the certificate is issued.
fn usages(issued: Option<Time>, usages: &Value) -> Value {
    if issued.is_some() { usages.clone() } else { json!([]) }
}
