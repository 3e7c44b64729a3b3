//! Certificates of HTTPS listeners: the default certificate, and further ones that clients select by
//! SNI.

use std::collections::BTreeSet;

use super::checks::invalid;
use super::resource::{change, named, page_of};
use super::{Listener, quotas};
use crate::services::acm::{self, Validation};
use crate::services::prelude::*;

/// The maximum number of certificates in a call. Source: Elastic Load Balancing API reference,
/// `AddListenerCertificates` and `RemoveListenerCertificates`, "You can specify one certificate per
/// call"; `CreateListener` and `ModifyListener`, "You must provide exactly one certificate".
const NAMED: usize = 1;

/// The certificates of a call.
pub(super) fn certificates(cloud: &Cloud, input: &Input) -> Result<Vec<String>, Refusal> {
    let given = input.list("Certificates");
    if given.len() > NAMED {
        let message =
            format!("Up to '{NAMED}' certificate ARNs can be specified, but '{}' were specified", given.len());
        return Err(invalid(message));
    }
    let mut arns = Vec::new();
    for certificate in given {
        ensure!(!certificate.has("IsDefault"), invalid("You cannot set the isDefault parameter for a certificate."));
        let arn = certificate.required("CertificateArn")?;
        check_arn(cloud, arn)?;
        arns.push(arn.to_owned());
    }
    Ok(arns)
}

/// Refuses a certificate that ACM has not issued. Server certificates of IAM are not modelled.
///
/// Sources of the messages: hashicorp/terraform-provider-aws issues 11334 and 41789.
fn check_arn(cloud: &Cloud, arn: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let own = cloud.account.partition();
    let (region, id) = match parts.as_slice() {
        ["arn", partition, "acm", region, _, id] if *partition == own => (*region, id.strip_prefix("certificate/")),
        ["arn", partition, "iam", "", _, id] if *partition == own => {
            (cloud.account.region.as_str(), id.strip_prefix("server-certificate/"))
        }
        _ => ("", None),
    };
    // AWS refuses a certificate of another Region with the same error as a malformed ARN.
    if id.is_none_or(str::is_empty) || region != cloud.account.region {
        return Err(invalid(format!("Certificate ARN '{arn}' is not valid")));
    }
    match acm::validation(cloud, arn) {
        None => Err(Refusal::new("CertificateNotFound", format!("Certificate '{arn}' not found"))),
        Some(Validation::Pending) => {
            let message = format!(
                "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a \
                 supported key size."
            );
            Err(Refusal::new("UnsupportedCertificate", message))
        }
        Some(Validation::Issued(_)) => Ok(()),
    }
}

/// `AddListenerCertificates`: adding a certificate again has no effect.
pub(super) fn add(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("ListenerArn")?;
    let listener = named::<Listener>(cloud, arn)?;
    let Some(tls) = &listener.tls else { return Err(not_https(arn)) };
    let new = certificates(cloud, input)?;
    let of_balancer = cloud.elb.listeners.values().filter(|other| other.load_balancer == listener.load_balancer);
    let count: usize = of_balancer.filter_map(|other| other.tls.as_ref()).map(|tls| tls.more.len()).sum();
    let added = new.iter().filter(|arn| !tls.more.contains(*arn)).count();
    if count + added > quotas::CERTIFICATES {
        let message = format!("The maximum number of certificates '{}' has been reached", quotas::CERTIFICATES);
        return Err(Refusal::new("TooManyCertificates", message));
    }
    let answer = vec![xml::list("Certificates", "member", new.iter().map(|arn| describe(arn, false)))];
    change_more(cloud, arn, |more| more.extend(new));
    Ok(answer)
}

/// `RemoveListenerCertificates`: the default certificate cannot be removed.
pub(super) fn remove(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("ListenerArn")?;
    let listener = named::<Listener>(cloud, arn)?;
    let Some(tls) = &listener.tls else { return Err(not_https(arn)) };
    let gone = certificates(cloud, input)?;
    if gone.iter().any(|certificate| *certificate == tls.certificate && !tls.more.contains(certificate)) {
        return Err(Refusal::new("OperationNotPermitted", "The default certificate of a listener cannot be removed"));
    }
    change_more(cloud, arn, |more| more.retain(|certificate| !gone.contains(certificate)));
    Ok(Vec::new())
}

/// `DescribeListenerCertificates`: the default certificate and the further ones.
pub(super) fn describe_all(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let listener = named::<Listener>(cloud, input.required("ListenerArn")?)?;
    let mut certificates = Vec::new();
    if let Some(tls) = &listener.tls {
        certificates.push((format!("0 {}", tls.certificate), (&tls.certificate, true)));
        certificates.extend(tls.more.iter().map(|arn| (format!("1 {arn}"), (arn, false))));
    }
    page_of(input, "Certificates", certificates, |(arn, is_default)| describe(arn, is_default))
}

fn describe(arn: &str, is_default: bool) -> Vec<Element> {
    vec![xml::text("CertificateArn", arn), xml::text("IsDefault", is_default)]
}

fn change_more(cloud: &mut Cloud, arn: &str, alter: impl FnOnce(&mut BTreeSet<String>)) {
    change::<Listener>(cloud, arn, |listener| {
        if let Some(tls) = &mut listener.tls {
            alter(&mut tls.more);
        }
    });
}

fn not_https(arn: &str) -> Refusal {
    invalid(format!("The listener '{arn}' is not an HTTPS listener, so it has no certificates"))
}
