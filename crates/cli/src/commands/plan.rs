//! `saas plan`: computes the plan from spec and lock.

use std::path::{Path, PathBuf};

use clap::Args;
use saas_files::proof::ProofSummary;
use saas_model::Digest;
use saas_planner::Capacity;
use serde::Serialize;

use super::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PlanChange, PlanFiles, Prepared, SPEC, Stale, StaleReason};
use crate::print::{Results, note};
use crate::render;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas plan
  saas plan --check                      in CI: exit 3 if the plan does not match the spec
  saas plan --spec prod.toml             writes prod.lock and prod.msgpack")]
pub(crate) struct PlanArgs {
    /// The spec
    #[arg(long, value_name = "FILE", default_value = SPEC)]
    spec: PathBuf,
    /// The lock; by default in the directory of the spec: `saas.lock` for `saas.toml`
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// The plan to write; by default in the directory of the spec: `plan.msgpack` for `saas.toml`, `prod.msgpack`
    /// for `prod.toml`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write nothing; if the lock or the plan is out of date, show the differences and exit 3
    #[arg(long)]
    check: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: PlanArgs) -> Result<Exit, Failure> {
    let PlanArgs { spec, lock, out, check, format } = args;
    let files = match out {
        Some(out) => PlanFiles::new(spec, out),
        None => PlanFiles::beside(spec),
    };
    let prepared = files.with_lock(lock).prepare()?;
    prepared.notices.iter().for_each(|notice| note(&render::failure::warning(notice)));
    prepared.warnings.iter().for_each(|warning| note(&render::failure::warning(warning)));
    if check {
        let stale = prepared.checked()?;
        Results::Stdout.print(&match format {
            Format::Text => stale.iter().map(render::stale::text).collect(),
            Format::Json => json(&prepared, &stale),
        })?;
        return Ok(if stale.is_empty() { Exit::Done } else { Exit::Changes });
    }
    let stale = prepared.stale();
    prepared.write()?;
    Results::Stdout.print(&match format {
        Format::Text => summary(&prepared, &stale),
        Format::Json => json(&prepared, &stale),
    })?;
    Ok(Exit::Done)
}

/// A file that was not up to date.
#[derive(Serialize)]
struct ShownStale<'a> {
    path: &'a Path,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a PlanChange>,
}

impl<'a> ShownStale<'a> {
    fn of(Stale { path, reason }: &'a Stale) -> Self {
        let (reason, change) = match reason {
            StaleReason::Missing => ("missing", None),
            StaleReason::Slots => ("slots", None),
            StaleReason::Spelling => ("spelling", None),
            StaleReason::Unreadable(_) => ("unreadable", None),
            StaleReason::Plan(change) => ("plan", Some(&**change)),
        };
        Self { path, reason, change }
    }
}

/// The computed plan, and what the files had instead of it, for programs.
fn json(prepared: &Prepared, stale: &[Stale]) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        path: &'a Path,
        id: Digest,
        nodes: usize,
        proof: ProofSummary,
        #[serde(skip_serializing_if = "Option::is_none")]
        capacity: Option<ShownCapacity>,
        warnings: Vec<String>,
        notices: Vec<String>,
        /// The files that were not up to date; with `--check`, they still are not.
        stale: Vec<ShownStale<'a>>,
    }
    #[derive(Serialize)]
    struct ShownCapacity {
        tenants: u64,
        limited_by: String,
    }
    let plan = &prepared.planned.plan;
    let capacity = saas_planner::capacity(plan);
    render::json(&Shown {
        path: prepared.plan_path(),
        id: plan.id(),
        nodes: plan.nodes().len(),
        proof: ProofSummary::of(&prepared.certificate),
        capacity: capacity.map(|Capacity { tenants, limited_by }| ShownCapacity { tenants, limited_by }),
        warnings: prepared.warnings.iter().map(ToString::to_string).collect(),
        notices: prepared.notices.iter().map(ToString::to_string).collect(),
        stale: stale.iter().map(ShownStale::of).collect(),
    })
}

fn summary(prepared: &Prepared, stale: &[Stale]) -> String {
    let difference = stale.iter().find_map(|stale| match &stale.reason {
        StaleReason::Plan(change) => Some(format!(" ({})", render::diff::summary(&change.plan))),
        _ => None,
    });
    let verb = if stale.is_empty() { "unchanged" } else { "written" };
    let plan = &prepared.planned.plan;
    let path = prepared.plan_path().display();
    let nodes = plan.nodes().len();
    let written = format!("{path}: {verb}{}, {nodes} nodes, id {}\n", difference.unwrap_or_default(), plan.id());
    let capacity = saas_planner::capacity(plan).map(|Capacity { tenants, limited_by }| {
        format!("capacity: {tenants} tenants like these; limited by {limited_by}\n")
    });
    let isolation = format!("isolation: {}\n", render::proof::summary(&prepared.certificate));
    written + &isolation + &capacity.unwrap_or_default()
}
