//! `cargo xtask demo`: the whole way once, on a sandbox: an AWS and a PostgreSQL that are built into
//! `saas`, so that it needs cargo and nothing else.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cargo::{self, Profile};
use crate::saas::Saas;

/// Plan, rehearse, apply, change, verify and destroy the fixture on a sandbox.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// The directory of the spec.
    #[arg(default_value = "fixtures/saas-platform")]
    directory: PathBuf,
}

const SANDBOX: &str = "--sandbox=aws";

/// The tenant that comes later.
const TENANT: &str = "\n[[tenant]]\nid = \"hooli-xyz\"\ncost_center = \"cc-hooli\"\n";

pub(crate) fn run(arguments: &DemoArgs) -> Result<ExitCode> {
    say("building saas; the first time, the AWS SDKs and PostgreSQL take some minutes");
    let saas = Saas::new(cargo::build_saas(Profile::Dev)?)?;
    let call = cargo::build_example("call")?;
    for file in ["saas.toml", "saas.lock"] {
        let from = arguments.directory.join(file);
        fs::copy(&from, saas.directory().join(file)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let show = |what: &str, arguments: &[&str], code: i32| {
        say(what);
        eprintln!("$ saas {}", arguments.join(" "));
        let ended = saas.run(arguments)?;
        ensure!(ended == code, "it ended with {ended}, where {code} was expected");
        Ok(())
    };

    show("a short spec becomes one content-addressed plan", &["plan"], 0)?;
    show("a reviewer sees every call that it will make, without credentials", &["rehearse", "plan.msgpack"], 0)?;
    show("AWS and PostgreSQL are made equal to it, and it is proved", &["apply", "plan.msgpack", "--yes", SANDBOX], 0)?;
    show("live equals plan, and no tenant reaches another's", &["verify", "plan.msgpack", SANDBOX], 0)?;
    show("what people and programs want to know", &["outputs", "plan.msgpack", SANDBOX], 0)?;

    let spec = saas.directory().join("saas.toml");
    fs::write(&spec, fs::read_to_string(&spec)? + TENANT)?;
    fs::rename(saas.directory().join("plan.msgpack"), saas.directory().join("before.msgpack"))?;
    show("one tenant more is three lines of the spec", &["plan"], 0)?;
    show("it touches nothing of the others", &["diff", "before.msgpack", "plan.msgpack"], 0)?;
    show("and so only its own nodes are made", &["apply", "plan.msgpack", "--yes", SANDBOX], 0)?;

    let group = r#"{"logGroupName": "/ecs/tenant/acme-corp", "retentionInDays": 1}"#;
    say("somebody changes something by hand");
    eprintln!("$ aws logs put-retention-policy --log-group-name /ecs/tenant/acme-corp --retention-in-days 1");
    let mut drift = Command::new(call);
    drift.args(["aws", "logs", "PutRetentionPolicy", group]).current_dir(saas.directory());
    ensure!(drift.status()?.success(), "the call failed");
    show("which is found", &["verify", "plan.msgpack", SANDBOX], 1)?;
    show("and repaired", &["apply", "plan.msgpack", "--deep", "--yes", SANDBOX], 0)?;
    show("all of it can go again, for this is development", &[&DESTROY[..], &[SANDBOX]].concat(), 0)?;
    Ok(ExitCode::SUCCESS)
}

/// Everything goes, what holds data too.
pub(crate) const DESTROY: [&str; 7] =
    ["destroy", "plan.msgpack", "--yes", "--allow-data-loss", "tenant", "--allow-data-loss", "database"];

fn say(what: &str) {
    eprintln!("\n# {what}");
}
