//! The isolation of a plan's tenants: no plan is applied that is not proven to isolate them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use saas_model::Plan;
use saas_model::receipt::Isolation;
use saas_prover::{Certificate, check, prove};

use crate::refusal::Refusal;

/// Proves that a plan isolates its tenants, and has the proof checked. With a certificate, only the check runs.
///
/// # Errors
/// When the checker refuses the certificate, or an obligation is refuted whose id is not among `accepted`.
pub(crate) fn prove_isolation(
    plan: &Plan,
    certificate: Option<&Certificate>,
    accepted: &BTreeSet<String>,
) -> Result<Isolation, Refusal> {
    let certificate = certificate.map_or_else(|| Cow::Owned(prove(plan)), Cow::Borrowed);
    let refuted = check(plan, &certificate)?.refuted;
    let (accepted_risks, open): (Vec<String>, Vec<String>) =
        refuted.into_iter().partition(|obligation| accepted.contains(obligation));
    if open.is_empty() {
        return Ok(Isolation { certificate: certificate.id(), accepted_risks });
    }
    Err(Refusal::Unproven { certificate: Box::new(certificate.into_owned()), obligations: open })
}
