//! `cargo xtask scale`: how long changes of large platforms take on AWS, from rehearsals in virtual
//! time, compared with a lower bound.
//!
//! Two things limit a change: AWS's rates for the calls that it makes (the floor), and its longest
//! chain of dependent steps (the duration without rate limits). If the calls with the tightest rate
//! come first in each tenant's chain, the last tenant's chain starts only after the rate has admitted
//! all of them. Then even the best order takes the sum of both. This applies to a new image, whose task
//! definition revisions are registered at one per second.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::bench::spec_with;
use crate::cargo::{self, Profile};
use crate::saas::Saas;

/// The rehearsals run to the end, including verification, a second apply and a destroy, because only
/// then is their success known.
const POSTGRES: [&str; 2] = ["--sandbox-postgres", "system"];

#[derive(clap::Args)]
pub(crate) struct ScaleArgs {
    /// The numbers of tenants
    #[arg(value_name = "TENANTS", default_values_t = [100, 250])]
    sizes: Vec<usize>,
    /// Build with optimisation first
    #[arg(long)]
    release: bool,
    /// Fail when a change takes more than this multiple of its lower bound
    #[arg(long, value_name = "RATIO")]
    at_most: Option<f64>,
}

/// A change of a platform.
struct Change {
    name: String,
    /// The live platform before; `None` for a first apply.
    from: Option<Platform>,
    to: Platform,
    /// Whether the calls with the tightest rate come first in each tenant's chain.
    starts_with_the_tightest_rate: bool,
}

impl Change {
    /// The lower bound of the change, in seconds.
    fn bound(&self, floor: u64, chain: u64) -> u64 {
        let bound = if self.starts_with_the_tightest_rate { floor + chain } else { floor.max(chain) };
        bound.max(1)
    }
}

#[derive(Clone, Copy)]
struct Platform {
    tenants: usize,
    /// A digit of the image digest of the tenants.
    image: char,
}

pub(crate) fn run(arguments: &ScaleArgs) -> Result<ExitCode> {
    let profile = if arguments.release { Profile::Release } else { Profile::Dev };
    let saas = Saas::new(cargo::build_saas(profile)?)?;
    println!("{:<24} {:>7} {:>7} {:>7} {:>6}   the tightest rate", "change", "takes", "floor", "chain", "ratio");
    let mut all_within_bound = true;
    for &tenants in &arguments.sizes {
        for change in changes(tenants) {
            let (took, chain) = (rehearse(&saas, &change, &[])?, rehearse(&saas, &change, &["--no-rates"])?);
            let ratio = took.seconds as f64 / change.bound(took.floor, chain.seconds) as f64;
            println!(
                "{:<24} {:>5} s {:>5} s {:>5} s {:>6.2}   {}",
                change.name,
                took.seconds,
                took.floor,
                chain.seconds,
                ratio,
                took.rate.as_deref().unwrap_or("none")
            );
            all_within_bound &=
                took.all_within_bound && chain.all_within_bound && arguments.at_most.is_none_or(|most| ratio <= most);
        }
    }
    Ok(if all_within_bound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The measured changes for this number of tenants.
fn changes(tenants: usize) -> Vec<Change> {
    const FEW: usize = 3;
    // Removes all but a few tenants of a hundred, or a hundred of more.
    let removed = tenants.saturating_sub(FEW).min(100);
    let platform = |tenants| Platform { tenants, image: 'a' };
    let next = |tenants| Platform { tenants, image: 'b' };
    let change = |name: String, from, to| Change { name, from, to, starts_with_the_tightest_rate: false };
    vec![
        change(format!("first apply of {tenants}"), None, platform(tenants)),
        change(format!("{FEW} to {tenants}"), Some(platform(FEW)), platform(tenants)),
        // New revisions are registered at one per second.
        Change {
            starts_with_the_tightest_rate: true,
            ..change(format!("a new image for {tenants}"), Some(platform(tenants)), next(tenants))
        },
        change(format!("{tenants} to {}", tenants - removed), Some(platform(tenants)), platform(tenants - removed)),
    ]
}

/// The result of a rehearsal.
struct Rehearsed {
    all_within_bound: bool,
    seconds: u64,
    floor: u64,
    rate: Option<String>,
}

fn rehearse(saas: &Saas, change: &Change, flags: &[&str]) -> Result<Rehearsed> {
    let plan = |platform: Platform, out: &str| -> Result<()> {
        let image = format!("sha256:{}\"", platform.image.to_string().repeat(64));
        let spec = spec_with(platform.tenants);
        let (before, after) = spec.split_once("sha256:").context("the fixture names its image by digest")?;
        let (_, after) = after.split_once('"').context("the digest is in a string")?;
        fs::write(saas.directory().join("saas.toml"), format!("{before}{image}{after}"))?;
        saas.result(&["plan", "--out", out]).map(drop)
    };
    let _ = fs::remove_file(saas.directory().join("saas.lock"));
    let mut rehearse = vec!["rehearse", "to.msgpack", "--format", "json"];
    if let Some(from) = change.from {
        plan(from, "from.msgpack")?;
        rehearse.extend(["--from", "from.msgpack"]);
    }
    plan(change.to, "to.msgpack")?;
    rehearse.extend(POSTGRES);
    rehearse.extend(flags);
    let report = saas.printed(&rehearse)?;
    let report: Value = serde_json::from_str(&report).context("the output of a rehearsal is JSON")?;
    let failures = report["failures"].as_array().map_or(0, Vec::len);
    ensure!(failures == 0, "{}: {}", change.name, report["failures"]);
    let rate = report["floors"].get(0);
    let name = |rate: &Value| format!("{} calls of {} for {}", rate["calls"], rate["service"], rate["name"]);
    Ok(Rehearsed {
        all_within_bound: report["second_apply"].as_array().is_some_and(Vec::is_empty),
        seconds: report["seconds"].as_u64().context("a rehearsal reports its duration")?,
        floor: rate.and_then(|rate| rate["time"]["secs"].as_u64()).unwrap_or_default(),
        rate: rate.map(name),
    })
}
