//! What a rehearsal states of the tenants' isolation.

use saas_files::proof::{ProofDiff, ProofSummary, compare};
use saas_prover::Certificate;
use serde::Serialize;

/// The proof of the rehearsed plan, and what of it differs from that of the live plan.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RehearsedProof {
    /// The numbers of obligations by verdict.
    #[serde(flatten)]
    pub(crate) summary: ProofSummary,
    /// The differences from the proof of the live plan, if there is one.
    pub(crate) changes: Option<ProofDiff>,
    /// The proof, with a counterexample for each refuted obligation.
    #[serde(skip)]
    pub(crate) certificate: Certificate,
}

impl RehearsedProof {
    /// Of the rehearsed plan, and of the live plan if there is one.
    pub(crate) fn of(certificate: &Certificate, live: Option<&Certificate>) -> Self {
        let changes = live.map(|live| compare(live, certificate));
        Self { summary: ProofSummary::of(certificate), changes, certificate: certificate.clone() }
    }

    /// Whether every obligation holds, except for known risks.
    pub(crate) const fn is_proven(&self) -> bool {
        self.summary.refuted == 0
    }
}
