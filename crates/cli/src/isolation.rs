//! The flags for the proof that a plan isolates its tenants.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use saas_model::Plan;
use saas_prover::{Certificate, prove};

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
    /// The given certificate, or one of a new proof.
    ///
    /// # Errors
    /// If the given one cannot be read.
    pub(crate) fn certificate(&self, plan: &Plan) -> Result<Certificate, Failure> {
        match &self.certificate {
            Some(file) => Ok(read_certificate(file)?),
            None => Ok(prove(plan)),
        }
    }

    /// The ids of the accepted obligations.
    pub(crate) fn accepted_risks(&self) -> BTreeSet<String> {
        self.accept_risk.iter().cloned().collect()
    }
}
