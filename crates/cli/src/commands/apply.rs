//! `saas apply`: makes AWS and PostgreSQL equal to a plan, and verifies the result.

use std::path::PathBuf;

use clap::Args;
use saas_executor::{CancellationToken, Intent, Options, Overrides, Session};
use saas_model::Plan;

use super::connected_to;
use crate::apply_run::{ApplyRun, show, show_outputs, tell_calls};
use crate::confirm::Consent;
use crate::connect::{ConnectArgs, Missing};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::isolation::IsolationArgs;
use crate::plan_files::{PLAN, read_plan};
#[cfg(feature = "sandbox")]
use crate::print::note;
use crate::progress::Progress;
#[cfg(feature = "sandbox")]
use crate::render::failure::warning;
use crate::wait::Wait;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas apply
  saas apply plan.msgpack --approve DIGEST    without a terminal: only the change set that was reviewed
  saas apply plan.msgpack --sandbox=aws       to a model of AWS in the directory `aws`")]
pub(crate) struct ApplyArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    #[command(flatten)]
    consent: Consent,
    /// Compare every resource field by field, even if its digest tag matches the plan
    #[arg(long)]
    deep: bool,
    /// Allow a plan that is older than the last applied one
    #[arg(long)]
    rollback: bool,
    #[command(flatten)]
    isolation: IsolationArgs,
    #[command(flatten)]
    wait: Wait,
    /// Write every event as a line of JSON to this file; `-` is stdout, and results then go to stderr
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Also write the receipt to this file, for `saas show`
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let certificate = args.isolation.certificate(&plan)?;
    // Before anything is connected; the session checks the same certificate.
    args.overrides().check(&plan, args.intent(), Some(&certificate))?;
    #[cfg(feature = "sandbox")]
    if let Some(assumptions) = args.connect.assumptions(&plan) {
        note(&warning(assumptions));
    }
    let progress = Progress::new(args.events.as_deref())?;
    connected_to(Missing::Create, &plan, &args.connect, async |options| {
        apply(&plan, &args, Options { certificate: Some(certificate), ..options }, &progress).await
    })
}

impl ApplyArgs {
    const fn intent(&self) -> Intent {
        Intent::Plan { deep: self.deep }
    }

    fn overrides(&self) -> Overrides {
        Overrides { rollback: self.rollback, accepted_risks: self.isolation.accepted_risks(), ..Overrides::default() }
    }
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
    stop: &CancellationToken,
    progress: &Progress,
) -> Result<Exit, Failure> {
    let baseline = session.baseline(args.intent()).await?;
    session.preflight(baseline.observation(), &args.connect.skipped(progress)).await?;
    let proposal = session.propose(baseline, &args.overrides()).await?;
    show(proposal.changes(), progress)?;
    if proposal.changes().is_empty() {
        show_outputs(&session.outputs(proposal.observation())?, progress)?;
        tell_calls(session);
        return Ok(if proposal.changes().exposures.is_empty() { Exit::Done } else { Exit::Failed });
    }
    let run = ApplyRun {
        session,
        place: args.connect.place(session.plan()),
        receipt: args.receipt.as_deref(),
        stop,
        progress,
    };
    run.apply(proposal, &args.consent).await
}
