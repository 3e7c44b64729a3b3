//! `saas apply`: makes AWS and PostgreSQL equal to a plan, and proves it.

use std::path::PathBuf;

use clap::Args;
use saas_executor::{Intent, Observation, Options, Session};
use saas_model::Plan;

use super::connected;
use crate::carry_out::{carry_out, show, tell_calls};
use crate::confirm::Consent;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::read_plan;
use crate::progress::{Progress, Record};
use crate::render;
use crate::render::summary::{Calls, calls_text};

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
    /// Write every event as a line of JSON to this file; `-` is stdout, and results go to stderr then
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(args.events.as_deref())?;
    connected(&plan, &args.connect, async |options| apply(&plan, &args, options, &progress).await)
}

async fn apply(plan: &Plan, args: &ApplyArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    let observation = session.observe().await.map_err(Failure::Observe)?;
    session.preflight(&observation, &args.connect.skipped()).await.map_err(Failure::Preflight)?;
    let changes = session.change_set(&observation, Intent::Plan { deep: args.deep }).await?;
    show(&changes, progress)?;
    if changes.is_empty() {
        outputs(&session, &observation, progress)?;
        tell_calls(&session);
        return Ok(Exit::Done);
    }
    if !carry_out(&session, &observation, &changes, &args.consent, "apply", progress).await? {
        return Ok(Exit::Failed);
    }
    let exit = verify(&session, progress).await?;
    outputs(&session, &observation, progress)?;
    Ok(exit)
}

/// Proves that live equals plan now; the calls that it takes are counted apart.
async fn verify(session: &Session<'_>, progress: &Progress) -> Result<Exit, Failure> {
    let before = Calls::of(&session.calls());
    let verification = session.verify().await.map_err(Failure::Observe)?;
    let calls = Calls::of(&session.calls()).since(&before);
    let clean = verification.is_clean();
    progress.record(&Record::Verification { clean, verification: &verification, calls: &calls });
    progress.print(&render::verification::text(&verification))?;
    progress.print(&calls_text("calls to AWS for verification", &calls))?;
    Ok(if clean { Exit::Done } else { Exit::Failed })
}

fn outputs(session: &Session<'_>, observation: &Observation, progress: &Progress) -> Result<(), Failure> {
    let outputs = session.outputs(observation)?;
    progress.record(&Record::Outputs { outputs: &outputs });
    progress.print(&render::outputs::text(&outputs))
}
