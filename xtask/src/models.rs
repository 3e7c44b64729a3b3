//! `cargo xtask models`: AWS's own API models, pruned to what the sandbox validates calls with.
//!
//! The models are those of botocore, in the version that `tests/requirements.txt` leads to. Which
//! operations the sandbox has stands in `operations.txt` beside the models, a line each, so that this
//! program need not be built with the sandbox; a test of the sandbox holds the list, the models and its
//! table of operations against each other.

mod prune;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use saas_tests::setup;
use serde_json::Value;

/// Where the models are checked in.
const DIRECTORY: &str = "crates/sandbox/models";

/// Prints the model of a service as botocore loads it: its newest version, with its additions.
const LOAD: &str = "import json, sys, botocore.loaders\n\
                    print(json.dumps(botocore.loaders.Loader().load_service_model(sys.argv[1], 'service-2')))";

/// Take the API models that the sandbox validates with from botocore.
#[derive(clap::Args)]
pub(crate) struct ModelsArgs {
    /// Write nothing; exit 1 and name the files that are not as they would be written.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &ModelsArgs) -> Result<ExitCode> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(DIRECTORY);
    let python = setup::python()?.join("python3");
    let mut stale = Vec::new();
    let mut files = BTreeSet::from(["operations.txt".to_owned()]);
    for (service, operations) in operations(&fs::read_to_string(directory.join("operations.txt"))?)? {
        let output = Command::new(&python).args(["-c", LOAD, &service]).output().context("Python cannot be run")?;
        ensure!(output.status.success(), "{service}:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
        let model: Value = serde_json::from_slice(&output.stdout).context("a model is JSON")?;
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
        ensure!(
            files.contains(&name) || !name.ends_with(".json"),
            "{DIRECTORY}/{name} is of no service that is listed"
        );
    }
    for name in &stale {
        println!("{DIRECTORY}/{name}: {}", if arguments.check { "not current" } else { "written" });
    }
    Ok(if arguments.check && !stale.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The operations of each service, from lines of `<service> <operation>`.
fn operations(text: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let (service, operation) = line.split_once(' ').with_context(|| format!("no operation in `{line}`"))?;
        let is_new = operations.entry(service.to_owned()).or_default().insert(operation.to_owned());
        ensure!(is_new, "`{line}` is there twice");
    }
    Ok(operations)
}
