//! `saas prove`: proves from a plan that no tenant can access another's data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use saas_files::proof::{self, Unproven};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, PlanFilesError, read_plan, write_certificate};
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct ProveArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// The output format; `json` has every obligation with its witness
    #[arg(long, value_enum, default_value_t = ProofFormat::Text)]
    format: ProofFormat,
    /// Also write the certificate to this file, for programs that check it
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProofFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request or an auditor
    Markdown,
}

pub(crate) fn run(args: ProveArgs) -> Result<Exit, Failure> {
    let ProveArgs { plan: path, format, certificate: file } = args;
    let plan = read_plan(&path)?;
    let (certificate, exit) = match proof::prove(&plan) {
        Ok(certificate) => (certificate, Exit::Done),
        Err(Unproven::Refuted(certificate)) => (*certificate, Exit::WrongInput),
        Err(source @ Unproven::Refused(_)) => return Err(PlanFilesError::Unproven { path, source }.into()),
    };
    if let Some(file) = file {
        write_certificate(&file, &certificate)?;
    }
    Results::Stdout.print(&match format {
        ProofFormat::Text => render::proof::text(&certificate),
        ProofFormat::Json => render::proof_json(&certificate),
        ProofFormat::Markdown => render::proof::markdown(&certificate),
    })?;
    Ok(exit)
}
