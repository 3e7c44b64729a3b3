//! `cargo xtask demo`: the whole way once, against an emulator and a real PostgreSQL.
//!
//! It sets up what the machine lacks, starts both on loopback ports, runs the commands that a
//! person would run, and ends what it started. To the commands, the two are an endpoint URL and a
//! database address and nothing else.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::cargo::Profile;
use crate::stage::Stage;

/// Plan, apply, verify and destroy the fixture on this machine.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// The directory of the spec.
    #[arg(default_value = "fixtures/saas-platform")]
    directory: PathBuf,
}

pub(crate) fn run(arguments: &DemoArgs) -> Result<ExitCode> {
    say("setting up moto, PostgreSQL and saas; the first time, the AWS SDKs take some minutes");
    let stage = Stage::set(Profile::Dev)?;
    for file in ["saas.toml", "saas.lock"] {
        let from = arguments.directory.join(file);
        fs::copy(&from, stage.directory().join(file)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let show = |what: &str, arguments: &[&str]| {
        say(what);
        eprintln!("$ saas {}", arguments.join(" "));
        stage.run(arguments)
    };
    let live = |arguments: &[&'static str]| stage.live(arguments);

    show("a short spec becomes one content-addressed plan", &["plan"])?;
    show("AWS and PostgreSQL are made equal to it, and it is proved", &live(&["apply", "plan.msgpack", "--yes"]))?;
    show("nothing is left to do", &live(&["status", "plan.msgpack"]))?;
    show("live equals plan, and no tenant reaches another's", &live(&["verify", "plan.msgpack"]))?;
    show("what people and programs want to know", &live(&["outputs", "plan.msgpack"]))?;
    show("and all of it can go again, for this is development", &live(&DESTROY))?;
    Ok(ExitCode::SUCCESS)
}

/// Everything goes, what holds data too.
pub(crate) const DESTROY: [&str; 7] =
    ["destroy", "plan.msgpack", "--yes", "--allow-data-loss", "tenant", "--allow-data-loss", "database"];

fn say(what: &str) {
    eprintln!("\n# {what}");
}
