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
use unmodelled::Asked;

/// The directory of the models.
const DIRECTORY: &str = "crates/sandbox/models";

/// The pruned models, by the names of their files.
type Models = BTreeMap<String, Value>;

/// The file with the members that no operation reads.
const UNMODELLED: &str = "unmodelled.txt";

/// Prints the model of a service as botocore loads it: the newest version, with its extras.
const LOAD: &str = "import json, sys, botocore.loaders\n\
                    print(json.dumps(botocore.loaders.Loader().load_service_model(sys.argv[1], 'service-2')))";

/// Update the API models that the sandbox validates with, from botocore.
#[derive(clap::Args)]
pub(crate) struct ModelsArgs {
    /// Write nothing; exit with 1 and list the outdated files, also those that `--unmodelled` writes.
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
    let before = models(&directory)?;
    let mut current = BTreeMap::new();
    let python = setup::python()?.join("python3");
    for (service, operations) in operations(&fs::read_to_string(directory.join("operations.txt"))?)? {
        let output = Command::new(&python).args(["-c", LOAD, &service]).output().context("Python cannot be run")?;
        ensure!(output.status.success(), "{service}:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
        let model: Value = serde_json::from_slice(&output.stdout).context("the model is JSON")?;
        let pruned = prune::prune(&model, &operations).with_context(|| service.clone())?;
        println!("{service}: {} operations, {} KB", operations.len(), pruned.len().div_ceil(1024));
        current.insert(format!("{service}.json"), pruned);
    }
    for name in before.keys() {
        ensure!(current.contains_key(name), "{DIRECTORY}/{name} belongs to no listed service");
    }
    let parsed = current.iter().map(|(name, text)| Ok((name.clone(), serde_json::from_str(text)?)));
    let now: Models = parsed.collect::<Result<_>>()?;
    let listed = read_list(&directory)?;
    let missed = if arguments.check {
        missed(&directory, &now, &collect()?)?
    } else {
        // A member that is new is refused, until `--unmodelled` finds that an operation reads it.
        let all = |models: &Models| models.values().flat_map(unmodelled::all).collect();
        without_inert(&directory, unmodelled::after_change(&listed, &all(&before), &all(&now)))?
    };
    for line in missed.symmetric_difference(&listed) {
        println!("{} {line}", if listed.contains(line) { '-' } else { '+' });
    }
    current.insert(UNMODELLED.to_owned(), lines(&missed));
    let mut is_stale = false;
    for (name, text) in &current {
        let path = directory.join(name);
        if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            is_stale = true;
            if !arguments.check {
                fs::write(&path, text)?;
            }
            println!("{DIRECTORY}/{name}: {}", if arguments.check { "not current" } else { "written" });
        }
    }
    Ok(if arguments.check && is_stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Rewrites the list of members that no operation reads. The file is empty while the tests run, so that no member is
/// rejected because of it; the few tests that expect such a rejection fail then.
fn list_unmodelled(directory: &Path) -> Result<()> {
    let path = directory.join(UNMODELLED);
    let before = fs::read_to_string(&path)?;
    fs::write(&path, "")?;
    let missed = collect().and_then(|asked| missed(directory, &models(directory)?, &asked));
    let missed = missed.or_else(|error| fs::write(&path, before).map(|()| Err(error))?)?;
    println!("{} members are rejected, because no operation models them", missed.len());
    Ok(fs::write(path, lines(&missed))?)
}

/// The members that operations read in the tests of the sandbox.
fn collect() -> Result<Asked> {
    let reads = tempfile::tempdir()?;
    // With the features of the whole workspace, as the tests are built already.
    let tests: &[&str] = if cargo::has_nextest() {
        &["nextest", "run", "--workspace", "--no-fail-fast", "-E", "package(saas-sandbox) & kind(lib)"]
    } else {
        &["test", "-p", "saas-sandbox", "--lib", "--no-fail-fast"]
    };
    let run = cargo::run_with(tests, [("SAAS_SANDBOX_READS", reads.path())]);
    let asked = unmodelled::asked(reads.path())?;
    if asked.is_empty() {
        run?;
        bail!("the tests of the sandbox did not report which members they read");
    }
    Ok(asked)
}

/// The members of all models that were not read, except those that have no effect in the sandbox.
fn missed(directory: &Path, models: &Models, asked: &Asked) -> Result<BTreeSet<String>> {
    let mut missed = BTreeSet::new();
    for model in models.values() {
        let signing_name = model["signingName"].as_str().context("a model has a signing name")?;
        missed.extend(unmodelled::of_service(model, signing_name, asked));
    }
    without_inert(directory, missed)
}

fn without_inert(directory: &Path, mut members: BTreeSet<String>) -> Result<BTreeSet<String>> {
    let inert = fs::read_to_string(directory.join("inert.txt"))?;
    let inert: Vec<Vec<&str>> = inert.lines().map(|line| line.split(' ').take(3).collect()).collect();
    members.retain(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        !inert
            .iter()
            .any(|inert| inert[0] == words[0] && (inert[1] == "*" || inert[1] == words[1]) && inert[2] == words[2])
    });
    Ok(members)
}

/// The models in the directory.
fn models(directory: &Path) -> Result<Models> {
    let mut models = Models::new();
    for entry in fs::read_dir(directory)? {
        let (file, name) = entry.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned()))?;
        if name.ends_with(".json") {
            models.insert(name, serde_json::from_str(&fs::read_to_string(&file)?)?);
        }
    }
    Ok(models)
}

fn read_list(directory: &Path) -> Result<BTreeSet<String>> {
    Ok(fs::read_to_string(directory.join(UNMODELLED))?.lines().map(str::to_owned).collect())
}

fn lines(list: &BTreeSet<String>) -> String {
    list.iter().map(|line| format!("{line}\n")).collect()
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
