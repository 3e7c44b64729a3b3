//! `saas destroy`: deletes everything in a platform.

use std::path::PathBuf;

use clap::Args;
use saas_executor::preflight::Check;
use saas_executor::{CancellationToken, ChangeSet, Intent, Options, Overrides, Session};
use saas_model::{Address, Plan};

use super::connected;
use crate::apply_run::{ApplyRun, show, tell_calls};
use crate::confirm::Consent;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::wait::Wait;

#[derive(Clone, Debug, Args)]
pub(crate) struct DestroyArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    #[command(flatten)]
    consent: Consent,
    /// Disable the deletion protection of the database and the load balancers first
    #[arg(long)]
    disable_deletion_protection: bool,
    #[command(flatten)]
    wait: Wait,
    /// Write the receipt to this file; the bucket with the receipts is deleted with the platform
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

impl DestroyArgs {
    fn overrides(&self) -> Overrides {
        Overrides { deletion_protection: self.disable_deletion_protection, ..Overrides::default() }
    }
}

pub(crate) fn run(args: DestroyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    args.overrides().check(&plan, Intent::Nothing, None)?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| destroy(&plan, &args, options, &progress).await)
}

async fn destroy(plan: &Plan, args: &DestroyArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let stop = options.stop.clone();
    let session = Session::open(plan, options, progress).await;
    let destroyed = async || destroy_once(&session, args, &stop, progress).await;
    let Some(exit) = args.wait.for_lease(&session, progress, destroyed).await? else { return Ok(Exit::Done) };
    if stop.is_cancelled() {
        // The summary has already reported the steps that were not started.
        return Ok(exit);
    }
    let left = session.remainder().await?;
    progress.print(&remaining_text(&left))?;
    Ok(if left.is_empty() { exit } else { Exit::Failed })
}

/// Destroys all live resources; `None` if there are none.
async fn destroy_once(
    session: &Session<'_>,
    args: &DestroyArgs,
    stop: &CancellationToken,
    progress: &Progress,
) -> Result<Option<Exit>, Failure> {
    let baseline = session.baseline(Intent::Nothing).await?;
    // A destroy creates nothing, so only the check of the caller applies.
    let mut skipped = args.connect.skipped(progress);
    skipped.extend(Check::all().filter(|check| *check != Check::Caller));
    session.preflight(baseline.observation(), &skipped).await?;
    let proposal = session.propose(baseline, &args.overrides()).await?;
    if proposal.changes().is_empty() {
        progress.print(NOTHING_LEFT)?;
        tell_calls(session);
        return Ok(None);
    }
    show(proposal.changes(), progress)?;
    if !proposal.protected().is_empty() {
        let named: Vec<&str> = proposal.protected().iter().map(Address::as_str).collect();
        progress.print(&format!("deletion protection is disabled first for: {}\n", named.join(", ")))?;
    }
    let run = ApplyRun {
        session,
        place: args.connect.place(session.plan()),
        receipt: args.receipt.as_deref(),
        stop,
        progress,
    };
    run.apply(proposal, &args.consent).await.map(Some)
}

const NOTHING_LEFT: &str = "the platform has no resources left\n";

fn remaining_text(left: &ChangeSet) -> String {
    if left.is_empty() {
        return NOTHING_LEFT.to_owned();
    }
    let line = |(address, kind)| format!("  {address} ({kind})\n");
    let nodes = left.changes.iter().map(|change| (&change.address, change.kind));
    format!("remaining resources:\n{}", nodes.map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use saas_executor::apply::change_set::{Action, Change, Reason};
    use saas_model::{Digest, Kind};

    use super::*;

    #[test]
    fn remaining_resources_are_listed() {
        let mut left = ChangeSet::empty(Digest::from_bytes([7; 32]));
        assert_eq!(remaining_text(&left), "the platform has no resources left\n");
        let action = Action::Delete { reason: Reason::Destroyed };
        left.changes.push(Change::new(Address::literal("network/vpc"), Kind::Vpc, action, None));
        assert_eq!(remaining_text(&left), "remaining resources:\n  network/vpc (vpc)\n");
    }
}
