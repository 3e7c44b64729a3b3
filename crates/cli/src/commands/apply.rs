//! `saas apply`: makes AWS and PostgreSQL equal to a plan, and verifies the result.

use std::path::PathBuf;

use clap::Args;
use saas_executor::lease::LeaseSnapshot;
use saas_executor::{Intent, Options, Session, Stop};
use saas_model::Plan;
use saas_model::receipt::Command;

use super::connected;
use crate::apply_run::{ApplyRun, show, show_outputs, tell_calls};
use crate::confirm::Consent;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::plan_files::read_plan;
use crate::progress::Progress;
use crate::wait::Wait;

#[derive(Clone, Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    consent: Consent,
    /// Read every resource field by field, also where its tag says that it is right
    #[arg(long)]
    deep: bool,
    /// Allow a plan that another was applied after
    #[arg(long)]
    rollback: bool,
    #[command(flatten)]
    wait: Wait,
    /// Write every event as a line of JSON to this file; `-` is stdout, and results go to stderr then
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Write the receipt to this file as well; `saas show` shows it
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(args.events.as_deref())?;
    connected(&plan, &args.connect, async |options| apply(&plan, &args, options, &progress).await)
}

async fn apply(plan: &Plan, args: &ApplyArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let stop = options.stop.clone();
    let session = Session::open(plan, options, progress).await;
    let applied = async || apply_once(&session, args, &stop, progress).await;
    args.wait.for_lease(&session, progress, applied).await
}

async fn apply_once(
    session: &Session<'_>,
    args: &ApplyArgs,
    stop: &Stop,
    progress: &Progress,
) -> Result<Exit, Failure> {
    let intent = Intent::Plan { deep: args.deep };
    let (observation, sighting) = session.observe_to_change(intent).await?;
    session.preflight(&observation, &args.connect.skipped()).await.map_err(Failure::Preflight)?;
    let changes = session.change_set(&observation, intent).await?;
    if !changes.is_empty() && sighting.has_bucket() {
        refuse_older_plan(session, &sighting, args).await?;
        session.warn_of_vanished(&changes).await.map_err(Failure::Lease)?;
    }
    show(&changes, progress)?;
    if changes.is_empty() {
        show_outputs(session, &observation, progress)?;
        tell_calls(session);
        return Ok(Exit::Done);
    }
    let order = ApplyRun {
        session,
        observation: &observation,
        changes: &changes,
        command: Command::Apply,
        place: args.connect.place(session.plan()),
        unprotect: false,
        receipt: args.receipt.as_deref(),
        stop,
        progress,
    };
    order.execute(sighting, &args.consent).await
}

async fn refuse_older_plan(session: &Session<'_>, sighting: &LeaseSnapshot, args: &ApplyArgs) -> Result<(), Failure> {
    if args.rollback {
        return Ok(());
    }
    match session.superseded(sighting.last_apply()).await.map_err(Failure::Lease)? {
        Some(superseded) => Err(Refusal::OlderPlan(Box::new(superseded)).into()),
        None => Ok(()),
    }
}
