//! Whether the certificates of listeners exist and are issued: a load balancer accepts no others.

use std::collections::BTreeMap;

use aws_sdk_acm::types::CertificateStatus;
use futures::future::join_all;
use saas_model::identifier::CertificateArn;
use saas_model::{Address, ExternalResources};

use super::{Check, Failure};
use crate::context::Context;
use crate::error::{Error, Result};

/// The failures: one for each certificate that a planned listener needs and that does not exist or is not
/// issued.
pub(super) async fn unusable(cx: &Context<'_>) -> Vec<Failure> {
    let mut wanted: BTreeMap<CertificateArn, &Address> = BTreeMap::new();
    for node in cx.plan.nodes() {
        let certificates = ExternalResources::of([&node.resource]).certificates;
        if certificates.is_empty() {
            continue;
        }
        let live = cx.live.get(&node.address).and_then(|found| found.fields);
        let live = ExternalResources::of(live.as_ref()).certificates;
        wanted.extend(certificates.into_iter().filter(|arn| !live.contains(arn)).map(|arn| (arn, &node.address)));
    }
    let looks = wanted.into_iter().map(async |(arn, address)| match status(cx, &arn).await {
        Ok(Some(CertificateStatus::Issued)) => None,
        Ok(status) => {
            let status = status.map(|status| status.as_str().to_owned());
            Some(Failure::UnusableCertificate { arn, address: address.clone(), status })
        }
        Err(error) => {
            let what = "the status of a listener's certificate";
            Some(Failure::Unanswered { what, check: Some(Check::Certificates), error })
        }
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// The status of a certificate; `None` when it does not exist.
async fn status(cx: &Context<'_>, arn: &CertificateArn) -> Result<Option<CertificateStatus>> {
    match cx.aws.acm.describe_certificate().certificate_arn(arn.as_str()).send().await.map_err(Error::from) {
        Ok(answer) => Ok(answer.certificate.and_then(|certificate| certificate.status)),
        Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
        Err(error) => Err(error),
    }
}
