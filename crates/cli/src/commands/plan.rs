//! `saas plan`: computes the plan from spec and lock.

use std::path::PathBuf;

use clap::Args;
use saas_planner::Capacity;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PlanFiles, Prepared, SPEC, Stale, StaleReason};
use crate::print::{Results, note};
use crate::render;

#[derive(Clone, Debug, Args)]
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
}

pub(crate) fn run(args: PlanArgs) -> Result<Exit, Failure> {
    let PlanArgs { spec, lock, out, check } = args;
    let files = match out {
        Some(out) => PlanFiles::new(spec, out),
        None => PlanFiles::beside(spec),
    };
    let prepared = files.with_lock(lock).prepare()?;
    prepared.notices.iter().for_each(|notice| note(&render::failure::warning(notice)));
    prepared.warnings.iter().for_each(|warning| note(&render::failure::warning(warning)));
    if check {
        let stale = prepared.checked()?;
        let text: String = stale.iter().map(render::stale::text).collect();
        Results::Stdout.print(&text)?;
        return Ok(if stale.is_empty() { Exit::Done } else { Exit::Changes });
    }
    let stale = prepared.stale();
    prepared.write()?;
    Results::Stdout.print(&summary(&prepared, &stale))?;
    Ok(Exit::Done)
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
