//! `cargo xtask demo`: a complete walk-through on a sandbox. AWS and PostgreSQL are built into `saas`,
//! so it needs only cargo.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use clap::Args;
use fs_err as fs;

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

/// The tenant that is added.
const TENANT: &str = "\n[[tenant]]\nid = \"hooli-xyz\"\ncost_center = \"cc-hooli\"\n";

pub(crate) fn run(arguments: &DemoArgs) -> Result<ExitCode> {
    print_heading("building saas; the first build of the AWS SDKs and PostgreSQL takes some minutes");
    let saas = Saas::new(cargo::build_saas(Profile::Dev)?)?;
    let call = cargo::build_example("call")?;
    for file in ["saas.toml", "saas.lock"] {
        let from = arguments.directory.join(file);
        fs::copy(&from, saas.directory().join(file))?;
    }
    let show = |what: &str, arguments: &[&str], code: i32| {
        print_heading(what);
        eprintln!("$ saas {}", arguments.join(" "));
        let ended = saas.run(arguments)?;
        ensure!(ended == code, "expected exit code {code}, got {ended}");
        Ok(())
    };

    show("a short spec becomes one content-addressed plan", &["plan"], 0)?;
    show("a reviewer sees every call that apply will make, without credentials", &["rehearse", "plan.msgpack"], 0)?;
    show(
        "apply makes AWS and PostgreSQL equal to the plan, and verifies it",
        &["apply", "plan.msgpack", "--yes", SANDBOX],
        0,
    )?;
    show("verify: the live state equals the plan, and tenants are isolated", &["verify", "plan.msgpack", SANDBOX], 0)?;
    show("outputs for people and programs", &["outputs", "plan.msgpack", SANDBOX], 0)?;

    let spec = saas.directory().join("saas.toml");
    fs::write(&spec, fs::read_to_string(&spec)? + TENANT)?;
    fs::rename(saas.directory().join("plan.msgpack"), saas.directory().join("before.msgpack"))?;
    show("a new tenant is three lines of the spec", &["plan"], 0)?;
    show("the other tenants do not change", &["diff", "before.msgpack", "plan.msgpack"], 0)?;
    show("only the nodes of the new tenant are created", &["apply", "plan.msgpack", "--yes", SANDBOX], 0)?;

    let group = r#"{"logGroupName": "/ecs/tenant/acme-corp", "retentionInDays": 1}"#;
    print_heading("drift: a manual change");
    eprintln!("$ aws logs put-retention-policy --log-group-name /ecs/tenant/acme-corp --retention-in-days 1");
    let mut drift = Command::new(call);
    drift.args(["aws", "logs", "PutRetentionPolicy", group]).current_dir(saas.directory());
    ensure!(drift.status()?.success(), "the call failed");
    show("verify finds it", &["verify", "plan.msgpack", SANDBOX], 1)?;
    show("apply repairs it", &["apply", "plan.msgpack", "--deep", "--yes", SANDBOX], 0)?;
    show(
        "destroy deletes everything, data included, because this is development",
        &[&DESTROY[..], &[SANDBOX]].concat(),
        0,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Destroys everything, data included.
pub(crate) const DESTROY: [&str; 7] =
    ["destroy", "plan.msgpack", "--yes", "--allow-data-loss", "tenant", "--allow-data-loss", "database"];

fn print_heading(what: &str) {
    eprintln!("\n# {what}");
}
