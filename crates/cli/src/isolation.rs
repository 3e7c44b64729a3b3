//! The flags for the proof that a plan isolates its tenants.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use saas_prover::Certificate;

use crate::failure::Failure;
use crate::plan_files::read_certificate;

/// How the proof is made, and which of its refuted obligations the caller accepts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct IsolationArgs {
    /// Check this certificate, which `saas prove` wrote, instead of proving the plan
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Apply although this obligation of the proof is refuted, and record it in the receipt; may be repeated
    #[arg(long, value_name = "OBLIGATION")]
    accept_risk: Vec<String>,
}

impl IsolationArgs {
    /// The given certificate.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, Failure> {
        Ok(self.certificate.as_deref().map(read_certificate).transpose()?)
    }

    /// The ids of the accepted obligations.
    pub(crate) fn accepted_risks(&self) -> BTreeSet<String> {
        self.accept_risk.iter().cloned().collect()
    }
}
