//! `cargo xtask scale`: how long changes of large platforms take on AWS, by rehearsals in virtual
//! time, beside what they cannot be faster than.
//!
//! Two things bound a change from below: the rates of AWS for the calls that it makes, and the
//! longest chain of things that wait for each other, which is what the change takes when no rate
//! limits it. Where the calls of the tightest rate stand at the beginning of each tenant's chain, the
//! last tenant's chain only begins when the rate has let all of them through, so that even the best
//! order takes as long as both together: a new image, whose revisions are registered at one a second.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::spec_with;
use crate::cargo::{self, Profile};
use crate::saas::Saas;

/// Whether a rehearsal ends well is a matter of the whole of it, so each is played to its end:
/// verified, applied again and destroyed.
const POSTGRES: [&str; 2] = ["--sandbox-postgres", "system"];

#[derive(clap::Args)]
pub(crate) struct ScaleArgs {
    /// How many tenants the platforms have
    #[arg(value_name = "TENANTS", default_values_t = [100, 250])]
    sizes: Vec<usize>,
    /// Build with optimisation first
    #[arg(long)]
    release: bool,
    /// Fail where a change takes more than this many times its lower bound
    #[arg(long, value_name = "RATIO")]
    at_most: Option<f64>,
}

/// A change of a platform.
struct Change {
    name: String,
    /// What is live before; nothing if there is none.
    from: Option<Platform>,
    to: Platform,
    /// Whether the calls of the tightest rate stand at the beginning of each tenant's chain.
    starts_with_the_tightest_rate: bool,
}

impl Change {
    /// What the change cannot be faster than, in seconds.
    fn bound(&self, floor: u64, chain: u64) -> u64 {
        let bound = if self.starts_with_the_tightest_rate { floor + chain } else { floor.max(chain) };
        bound.max(1)
    }
}

#[derive(Clone, Copy)]
struct Platform {
    tenants: usize,
    /// A digit of the digest of the tenants' image.
    image: char,
}

pub(crate) fn run(arguments: &ScaleArgs) -> Result<ExitCode> {
    let profile = if arguments.release { Profile::Release } else { Profile::Dev };
    let saas = Saas::new(cargo::build_saas(profile)?)?;
    println!("{:<24} {:>7} {:>7} {:>7} {:>6}   the tightest rate", "change", "takes", "floor", "chain", "ratio");
    let mut well = true;
    for &tenants in &arguments.sizes {
        for change in changes(tenants) {
            let (took, chain) = (rehearsed(&saas, &change, &[])?, rehearsed(&saas, &change, &["--no-rates"])?);
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
            well &= took.well && chain.well && arguments.at_most.is_none_or(|most| ratio <= most);
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The changes of a platform that concern this number of tenants.
fn changes(tenants: usize) -> Vec<Change> {
    const FEW: usize = 3;
    // Of a hundred all but a few go, and of more a hundred.
    let removed = tenants.saturating_sub(FEW).min(100);
    let platform = |tenants| Platform { tenants, image: 'a' };
    let next = |tenants| Platform { tenants, image: 'b' };
    let change = |name: String, from, to| Change { name, from, to, starts_with_the_tightest_rate: false };
    vec![
        change(format!("first apply of {tenants}"), None, platform(tenants)),
        change(format!("{FEW} to {tenants}"), Some(platform(FEW)), platform(tenants)),
        // The new revisions are registered at one a second.
        Change {
            starts_with_the_tightest_rate: true,
            ..change(format!("a new image for {tenants}"), Some(platform(tenants)), next(tenants))
        },
        change(format!("{tenants} to {}", tenants - removed), Some(platform(tenants)), platform(tenants - removed)),
    ]
}

/// What a rehearsal has shown.
struct Rehearsed {
    well: bool,
    seconds: u64,
    floor: u64,
    rate: Option<String>,
}

fn rehearsed(saas: &Saas, change: &Change, flags: &[&str]) -> Result<Rehearsed> {
    let plan = |platform: Platform, out: &str| -> Result<()> {
        let image = format!("sha256:{}\"", platform.image.to_string().repeat(64));
        let spec = spec_with(platform.tenants);
        let (before, after) = spec.split_once("sha256:").context("the fixture names its image by digest")?;
        let (_, after) = after.split_once('"').context("the digest stands in a string")?;
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
    let told = saas.printed(&rehearse)?;
    let told: Value = serde_json::from_str(&told).context("a rehearsal is JSON")?;
    let failures = told["failures"].as_array().map_or(0, Vec::len);
    ensure!(failures == 0, "{}: {}", change.name, told["failures"]);
    let rate = told["floors"].get(0);
    let name = |rate: &Value| format!("{} calls of {} for {}", rate["calls"], rate["service"], rate["name"]);
    Ok(Rehearsed {
        well: told["second_apply"].as_array().is_some_and(Vec::is_empty),
        seconds: told["seconds"].as_u64().context("a rehearsal tells its time")?,
        floor: rate.and_then(|rate| rate["time"]["secs"].as_u64()).unwrap_or_default(),
        rate: rate.map(name),
    })
}
