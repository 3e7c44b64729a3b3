//! `saas destroy`: removes everything of a platform.

use std::path::PathBuf;

use clap::Args;
use saas_executor::preflight::Check;
use saas_executor::{ChangeSet, Intent, Options, Session};
use saas_model::receipt::Command;
use saas_model::{Address, Plan, Resource};

use super::connected;
use crate::carry_out::{Order, show, tell_calls};
use crate::confirm::Consent;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::plan_files::read_plan;
use crate::progress::Progress;

#[derive(Clone, Debug, Args)]
pub(crate) struct DestroyArgs {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    consent: Consent,
    /// Write the receipt to this file; the bucket of receipts goes with the platform
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: DestroyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let protected = protected(&plan);
    if !protected.is_empty() {
        return Err(Refusal::Protected(protected).into());
    }
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| destroy(&plan, &args, options, &progress).await)
}

async fn destroy(plan: &Plan, args: &DestroyArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let stop = options.stop.clone();
    let session = Session::open(plan, options, progress).await;
    let (observation, sighting) = session.observe_to_change(Intent::Nothing).await?;
    // Nothing is made, so it does not matter whether a cluster of that version could be.
    let mut skipped = args.connect.skipped();
    skipped.insert(Check::EngineVersion);
    session.preflight(&observation, &skipped).await.map_err(Failure::Preflight)?;
    let changes = session.change_set(&observation, Intent::Nothing).await?;
    if changes.is_empty() {
        progress.print(NOTHING_LEFT)?;
        tell_calls(&session);
        return Ok(Exit::Done);
    }
    show(&changes, progress)?;
    let order = Order {
        session: &session,
        observation: &observation,
        changes: &changes,
        command: Command::Destroy,
        receipt: args.receipt.as_deref(),
        stop: &stop,
        progress,
    };
    let exit = order.carry_out(sighting, &args.consent).await?;
    if stop.is_requested() {
        // Whoever is in a hurry has been told what was not begun.
        return Ok(exit);
    }
    let left = left(&session).await?;
    progress.print(&what_is_left(&left))?;
    Ok(if left.is_empty() { exit } else { Exit::Failed })
}

/// What there would be to remove now.
async fn left(session: &Session<'_>) -> Result<ChangeSet, Failure> {
    let observation = session.observe_for(Intent::Nothing).await.map_err(Failure::Observe)?;
    Ok(session.change_set(&observation, Intent::Nothing).await?)
}

const NOTHING_LEFT: &str = "nothing is left of this platform\n";

fn what_is_left(left: &ChangeSet) -> String {
    if left.is_empty() {
        return NOTHING_LEFT.to_owned();
    }
    let line = |(address, kind)| format!("  {address} ({kind})\n");
    let nodes = left.changes.iter().map(|change| (&change.address, change.kind));
    format!("this is left:\n{}", nodes.map(line).collect::<String>())
}

/// The nodes that AWS is to refuse to delete.
fn protected(plan: &Plan) -> Vec<Address> {
    let is_protected = |resource: &Resource| match resource {
        Resource::DbCluster(cluster) => cluster.deletion_protection,
        Resource::LoadBalancer(balancer) => balancer.deletion_protection,
        _ => false,
    };
    plan.nodes().iter().filter(|node| is_protected(&node.resource)).map(|node| node.address.clone()).collect()
}

#[cfg(test)]
mod tests {
    use saas_executor::change_set::{Action, Change, Reason};
    use saas_model::{Digest, Kind};

    use super::*;

    #[test]
    fn what_is_left_is_named() {
        let mut left = ChangeSet::empty(Digest::from_bytes([7; 32]));
        assert_eq!(what_is_left(&left), "nothing is left of this platform\n");
        let action = Action::Delete { reason: Reason::Destroyed };
        left.changes.push(Change::new(Address::literal("network/vpc"), Kind::Vpc, action, None));
        assert_eq!(what_is_left(&left), "this is left:\n  network/vpc (vpc)\n");
    }
}
