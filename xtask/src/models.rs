//! `cargo xtask models`: AWS's API models, pruned to what the sandbox validates calls with.
//!
//! The models come from botocore, in the version that `tests/requirements.txt` implies.
//! `operations.txt` next to the models lists the sandbox's operations, one per line, so that this
//! program need not depend on the sandbox. A test of the sandbox compares the list, the models and the
//! table of operations.

mod prune;
mod requests;
mod unmodelled;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use saas_tests::setup;
use serde_json::Value;

use crate::cargo;

/// The directory of the models.
const DIRECTORY: &str = "crates/sandbox/models";

/// Prints the model of a service as botocore loads it: the newest version, with its extras.
const LOAD: &str = "import json, sys, botocore.loaders\n\
                    print(json.dumps(botocore.loaders.Loader().load_service_model(sys.argv[1], 'service-2')))";

/// Update the API models that the sandbox validates with, from botocore.
#[derive(clap::Args)]
pub(crate) struct ModelsArgs {
    /// Write nothing; exit with 1 and list the outdated files.
    #[arg(long)]
    check: bool,
    /// Run the tests of the sandbox, and list the members that no operation reads.
    #[arg(long, conflicts_with = "check")]
    unmodelled: bool,
}

pub(crate) fn run(arguments: &ModelsArgs) -> Result<ExitCode> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(DIRECTORY);
    if arguments.unmodelled {
        return list_unmodelled(&directory).map(|()| ExitCode::SUCCESS);
    }
    let python = setup::python()?.join("python3");
    let mut stale = Vec::new();
    let mut files = BTreeSet::from(["operations.txt".to_owned()]);
    for (service, operations) in operations(&fs::read_to_string(directory.join("operations.txt"))?)? {
        let output = Command::new(&python).args(["-c", LOAD, &service]).output().context("Python cannot be run")?;
        ensure!(output.status.success(), "{service}:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
        let model: Value = serde_json::from_slice(&output.stdout).context("the model is JSON")?;
        let pruned = prune::prune(&model, &operations).with_context(|| service.clone())?;
        let (name, path) = (format!("{service}.json"), directory.join(format!("{service}.json")));
        if fs::read_to_string(&path).ok().as_ref() != Some(&pruned) {
            if !arguments.check {
                fs::write(&path, &pruned)?;
            }
            stale.push(name.clone());
        }
        println!("{service}: {} operations, {} KB", operations.len(), pruned.len().div_ceil(1024));
        files.insert(name);
    }
    for entry in fs::read_dir(&directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(files.contains(&name) || !name.ends_with(".json"), "{DIRECTORY}/{name} belongs to no listed service");
    }
    for name in &stale {
        println!("{DIRECTORY}/{name}: {}", if arguments.check { "not current" } else { "written" });
    }
    Ok(if arguments.check && !stale.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Rewrites `unmodelled.txt`. The file is empty while the tests run, so that no member is rejected
/// because of it; the few tests that expect such a rejection fail then.
fn list_unmodelled(directory: &Path) -> Result<()> {
    let path = directory.join("unmodelled.txt");
    let reads = tempfile::tempdir()?;
    let before = fs::read_to_string(&path)?;
    fs::write(&path, "")?;
    let tests = ["nextest", "run", "-p", "saas-sandbox", "--lib", "--no-fail-fast"];
    let run = cargo::run_with(&tests, [("SAAS_SANDBOX_READS", reads.path())]);
    let asked = unmodelled::asked(reads.path())?;
    if asked.is_empty() {
        fs::write(&path, before)?;
        run?;
        bail!("the tests of the sandbox did not report which members they read");
    }
    let inert = fs::read_to_string(directory.join("inert.txt"))?;
    let inert: Vec<Vec<&str>> = inert.lines().map(|line| line.split(' ').take(3).collect()).collect();
    let mut missed = BTreeSet::new();
    for entry in fs::read_dir(directory)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            let model: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
            let signing_name = model["signingName"].as_str().context("a model has a signing name")?;
            missed.extend(unmodelled::of_service(&model, signing_name, &asked));
        }
    }
    missed.retain(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        !inert
            .iter()
            .any(|inert| inert[0] == words[0] && (inert[1] == "*" || inert[1] == words[1]) && inert[2] == words[2])
    });
    println!("{} members are rejected, because no operation models them", missed.len());
    fs::write(path, missed.into_iter().map(|line| line + "\n").collect::<String>())?;
    Ok(())
}

/// The operations of each service, from lines of `<service> <operation>`.
fn operations(text: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let (service, operation) = line.split_once(' ').with_context(|| format!("no operation in `{line}`"))?;
        let is_new = operations.entry(service.to_owned()).or_default().insert(operation.to_owned());
        ensure!(is_new, "duplicate line `{line}`");
    }
    Ok(operations)
}
