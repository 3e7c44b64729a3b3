//! `saas sandbox`: serves a sandbox with its PostgreSQL to other AWS clients.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
    /// The Region of an empty sandbox
    #[arg(long, value_name = "REGION", default_value = "us-east-1", value_parser = |text: &str| Region::new(text))]
    region: Region,
    /// Take account, Region, caller and database of an empty sandbox from this plan
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
    let owner = match &args.plan {
        Some(plan) => SandboxOwner::of(&read_plan(plan)?),
        None => SandboxOwner {
            account: Account::example(args.region.as_str()),
            setup: Setup::default(),
            engine_versions: Vec::new(),
            external: ExternalResources::default(),
        },
    };
    let pace = match args.pace {
        PaceArg::Instant => Pace::Instant,
        PaceArg::Realistic => Pace::Realistic,
    };
    let setup = owner.setup.clone();
    let running = RunningSandbox::open(owner, pace, args.sandbox_postgres, args.dir.as_deref())?;
    let sandbox = running.sandbox().clone();
    let database = running.database_hostaddr();
    block_on(async {
        running
            .play(async |_| {
                let served =
                    sandbox.serve_at(args.listen).map_err(|source| Failure::Listen { address: args.listen, source })?;
                let account = sandbox.account();
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
