//! `saas sandbox`: serves a sandbox with its PostgreSQL to other AWS clients.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use saas_model::ExternalResources;
use saas_model::identifier::Region;
use saas_sandbox::postgres::Setup;
use saas_sandbox::{Account, Pace};

use super::{Format, block_on};
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::interrupt::interrupted;
use crate::plan_files::read_plan;
use crate::print::{Results, note};
use crate::render;
use crate::render::sandbox::Ready;
use crate::sandbox::{Database, RunningSandbox, SandboxOwner};

/// The port that other AWS emulators use by default.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4566);

/// The Region of a new sandbox.
const REGION: &str = "us-east-1";

#[derive(Clone, Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The address to serve AWS on; port 0 selects a free port
    #[arg(long, value_name = "IP:PORT", default_value_t = LISTEN)]
    listen: SocketAddr,
    /// Allow connections from other machines; the sandbox checks no credentials and contains secrets
    #[arg(long)]
    allow_remote: bool,
    /// The directory that keeps the sandbox, as with `--sandbox=DIR` of other commands
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The duration of operations that take time on AWS
    #[arg(long, value_enum, default_value_t = PaceArg::Instant)]
    pace: PaceArg,
    /// The Region of an empty sandbox, `us-east-1` if absent; a saved sandbox keeps its Region and must be in this one
    #[arg(long, value_name = "REGION", value_parser = |text: &str| Region::new(text))]
    region: Option<Region>,
    /// Take account, Region, caller and database of an empty sandbox from this plan; a saved one must have its
    /// account and Region
    #[arg(long, value_name = "PLAN", conflicts_with = "region")]
    plan: Option<PathBuf>,
    /// The PostgreSQL server of the sandbox, on a free loopback port
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    sandbox_postgres: Database,
    /// The output format when the sandbox is ready; `json` is one line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PaceArg {
    /// They complete before the next call
    Instant,
    /// They take as long as on AWS
    Realistic,
}

pub(crate) fn run(args: SandboxArgs) -> Result<Exit, Failure> {
    if !args.listen.ip().is_loopback() && !args.allow_remote {
        return Err(Refusal::OpenToOthers(args.listen).into());
    }
    // Before anything is created: an occupied port leaves no directory behind.
    let unavailable = |source| Failure::Listen { address: args.listen, source };
    let listener = TcpListener::bind(args.listen).map_err(unavailable)?;
    let owner = match &args.plan {
        Some(plan) => SandboxOwner::of(&read_plan(plan)?),
        None => SandboxOwner {
            account: Account::example(args.region.as_ref().map_or(REGION, Region::as_str)),
            setup: Setup::default(),
            engine_versions: Vec::new(),
            external: ExternalResources::default(),
        },
    };
    let pace = match args.pace {
        PaceArg::Instant => Pace::Instant,
        PaceArg::Realistic => Pace::Realistic,
    };
    let wanted = owner.account.clone();
    let running = RunningSandbox::open(owner, pace, args.sandbox_postgres, args.dir.as_deref())?;
    let sandbox = running.sandbox().clone();
    let account = sandbox.account();
    check_place(&args, &wanted, &account)?;
    let (database, setup) = (running.database_hostaddr(), running.setup().clone());
    block_on(async {
        running
            .play(async |_| {
                let served = sandbox.serve_on(listener).map_err(unavailable)?;
                let ready = Ready::new(&served, &account, &database, &setup, args.dir.as_deref());
                Results::Stdout.print(&match args.format {
                    Format::Text => render::sandbox::text(&ready),
                    Format::Json => render::sandbox::json(&ready),
                })?;
                interrupted().await
            })
            .await
    })?;
    if let Some(directory) = &args.dir {
        note(&format!("saved the sandbox in `{}`\n", directory.display()));
    }
    Ok(Exit::Done)
}

/// Refuses a saved sandbox of another Region or account than the flags ask for.
fn check_place(args: &SandboxArgs, wanted: &Account, saved: &Account) -> Result<(), Refusal> {
    let is_in_region = args.plan.is_none() && args.region.is_none() || wanted.region == saved.region;
    let is_of_account = args.plan.is_none() || wanted.id == saved.id;
    match &args.dir {
        Some(directory) if !is_in_region || !is_of_account => Err(Refusal::SandboxElsewhere {
            directory: directory.clone(),
            account: saved.id.clone(),
            region: saved.region.clone(),
        }),
        Some(_) | None => Ok(()),
    }
}
