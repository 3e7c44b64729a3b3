//! `cargo xtask bench`: the cost of planning and of proving for platforms of growing size, of rehearsing a real
//! application, and of applying.
//!
//! Each size runs in its own process, because peak memory is per process. The processes run this
//! program, built with optimisation.

mod rehearsal;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fs_err as fs;
use saas_model::{Lock, Spec};
use saas_tests::setup;

use crate::cargo::{self, Profile};
use crate::demo::DESTROY;
use crate::saas::Saas;
use crate::stage::Stage;

/// The numbers of tenants for planning.
const SIZES: [usize; 6] = [3, 100, 250, 300, 1_000, 10_000];

/// The numbers of tenants for applying to an emulator.
const APPLIED: [usize; 2] = [3, 60];

/// The minimum duration and the minimum number of runs per size.
const ENOUGH: Duration = Duration::from_secs(4);
const AT_LEAST: usize = 7;

/// The number of tenants of a real application.
const OF_APPLICATION: usize = 250;

/// The platforms whose tenants are multiplied.
const SPEC: &str = include_str!("../../fixtures/saas-platform/saas.toml");
const APPLICATION: &str = include_str!("../../fixtures/real-application/saas.toml");

#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// Measure only this number of tenants, in this process.
    #[arg(long, hide = true)]
    tenants: Option<usize>,
    /// Measure those of `real-application`.
    #[arg(long, hide = true, requires = "tenants")]
    application: bool,
    /// Measure only planning and rehearsing `real-application`, without optimisation: whether it works.
    #[arg(long, hide = true, conflicts_with_all = ["tenants", "application"])]
    smoke: bool,
}

pub(crate) fn run(arguments: &BenchArgs) -> anyhow::Result<ExitCode> {
    match arguments.tenants {
        Some(tenants) if arguments.application => measure(&multiplied(APPLICATION, tenants), tenants)?,
        Some(tenants) => measure(&spec_with(tenants), tenants)?,
        None if arguments.smoke => {
            measure(&multiplied(APPLICATION, OF_APPLICATION), OF_APPLICATION)?;
            rehearsal::measure(Profile::Dev, &multiplied(APPLICATION, 3), 3)?;
        }
        None => {
            measure_all()?;
            rehearsal::measure(Profile::Release, &multiplied(APPLICATION, OF_APPLICATION), OF_APPLICATION)?;
            for tenants in APPLIED {
                boto3_baseline(tenants)?;
                apply(tenants)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn measure_all() -> anyhow::Result<()> {
    eprintln!("building with optimisation");
    print_header();
    for tenants in SIZES {
        measure_optimised(tenants, &[])?;
    }
    println!("\n`real-application`: planning is to take at most twice the floor");
    print_header();
    measure_optimised(OF_APPLICATION, &["--application"])
}

fn print_header() {
    println!(
        "{:>8} {:>9} {:>11} {:>11} {:>11} {:>11} {:>12} {:>11}",
        "tenants", "nodes", "plan", "floor", "prove", "check", "bytes", "peak"
    );
}

/// Measures in a process of its own, built with optimisation.
fn measure_optimised(tenants: usize, flags: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "-p", "xtask", "--", "bench", "--tenants", &tenants.to_string()])
        .args(flags)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("measuring {tenants} tenants ended with {status}");
    }
    Ok(())
}

fn measure(text: &str, tenants: usize) -> anyhow::Result<()> {
    let spec = Spec::parse("saas.toml", text)?;
    let plan = || saas_planner::plan(black_box(&spec), &Lock::default());
    let planned = plan()?;
    let peak = peak_kib("self")?;
    let certificate = saas_prover::prove(&planned.plan);
    let [planning, encoding, proving, checking] = medians([
        &|| time(plan),
        &|| time(|| black_box(&planned.plan).encode()),
        &|| time(|| saas_prover::prove(black_box(&planned.plan))),
        &|| time(|| saas_prover::check(black_box(&planned.plan), &certificate)),
    ]);
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    println!(
        "{tenants:>8} {:>9} {:>8.2} ms {:>8.2} ms {:>8.2} ms {:>8.2} ms {:>12} {:>8} MB   planning takes {:.2} times \
         the floor; proving takes {:.2} and checking {:.2} times planning",
        planned.plan.nodes().len(),
        ms(planning),
        ms(encoding),
        ms(proving),
        ms(checking),
        planned.bytes.len(),
        peak / 1_024,
        ms(planning) / ms(encoding),
        ms(proving) / ms(planning),
        ms(checking) / ms(planning),
    );
    Ok(())
}

/// Runs the boto3 script that creates the same platform on an emulator, and prints its output.
fn boto3_baseline(tenants: usize) -> anyhow::Result<()> {
    let stage = Stage::set()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/boto3_baseline");
    let output = Command::new(setup::python()?.join("python3"))
        .arg("-B")
        .arg(script)
        .args(["--endpoint", stage.endpoint(), "--tenants", &tenants.to_string()])
        .output()
        .context("Python cannot be run")?;
    if !output.status.success() {
        bail!("the boto3 script failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    println!("\n{tenants} tenants, by hand with boto3: {}", String::from_utf8_lossy(&output.stdout).trim());
    Ok(())
}

/// Applies a platform to an emulator, applies it again without changes, destroys it, and prints the
/// reports of `saas`.
fn apply(tenants: usize) -> anyhow::Result<()> {
    let (stage, saas) = (Stage::set()?, Saas::new(cargo::build_saas(Profile::Release)?)?);
    fs::write(saas.directory().join("saas.toml"), spec_with(tenants))?;
    saas.result(&["plan"])?;
    for (what, arguments) in [
        ("first apply", ["apply", "plan.msgpack", "--yes", "--verbose"].as_slice()),
        ("second apply", &["apply", "plan.msgpack", "--yes", "--verbose"]),
        ("destroy", &DESTROY),
    ] {
        let start = Instant::now();
        let result = saas.result(&stage.live(arguments))?;
        println!("\n{tenants} tenants, {what}, {:.1} s in all", start.elapsed().as_secs_f64());
        let is_report =
            |line: &&str| ["complete", "nothing to do", "calls to AWS"].iter().any(|start| line.starts_with(start));
        result.lines().filter(is_report).for_each(|line| println!("  {line}"));
    }
    Ok(())
}

/// The fixture's spec with this number of tenants.
pub(crate) fn spec_with(tenants: usize) -> String {
    multiplied(SPEC, tenants)
}

/// A spec with this number of tenants instead of its own.
fn multiplied(spec: &str, tenants: usize) -> String {
    let shared = spec.split("[[tenant]]").next().unwrap_or_default();
    let tenants = (0..tenants).map(|n| format!("[[tenant]]\nid = \"tenant-{n:05}\"\ncost_center = \"cc-{n}\"\n"));
    std::iter::once(shared.to_owned()).chain(tenants).collect()
}

/// The medians of the durations. The measurements alternate, so that temporary load affects all of
/// them.
fn medians<const N: usize>(measure: [&dyn Fn() -> Duration; N]) -> [Duration; N] {
    let start = Instant::now();
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    while times[0].len() < AT_LEAST || start.elapsed() < ENOUGH {
        times.iter_mut().zip(measure).for_each(|(times, measure)| times.push(measure()));
    }
    times.map(median)
}

/// How long the work takes. Its result is dropped outside the measured time.
fn time<T>(work: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let time = start.elapsed();
    drop(result);
    time
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The peak resident memory of a process so far, in KiB. Source: proc(5), `/proc/pid/status`.
fn peak_kib(process: &str) -> anyhow::Result<u64> {
    let status = format!("/proc/{process}/status");
    let status = fs_err::read_to_string(status).context("peak memory is available on Linux only")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("peak memory is missing")?;
    Ok(peak.trim().trim_end_matches(" kB").trim().parse()?)
}
