//! The time and the memory that a rehearsal takes.

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use super::peak_kib;
use crate::cargo::{self, Profile};
use crate::saas::Saas;

/// How often the memory is read. The last reading before the end counts.
const EVERY: Duration = Duration::from_millis(20);

/// Plans a spec, rehearses its first apply with the embedded PostgreSQL, and prints time and peak memory.
pub(super) fn measure(profile: Profile, spec: &str, tenants: usize) -> Result<()> {
    let saas = Saas::new(cargo::build_saas(profile)?)?;
    fs::write(saas.directory().join("saas.toml"), spec)?;
    saas.result(&["plan"])?;
    let start = Instant::now();
    let report = fs::File::create(saas.directory().join("report.json"))?;
    let mut rehearsal = saas.command(&["rehearse", "plan.msgpack", "--format", "json"]);
    let mut process = rehearsal.stdout(Stdio::from(report.into_file())).spawn().context("saas cannot be run")?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        // A process that has just ended has no memory.
        peak = peak.max(peak_kib(&process.id().to_string()).unwrap_or_default());
        sleep(EVERY);
    };
    let took = start.elapsed();
    ensure!(status.success(), "the rehearsal of {tenants} tenants ended with {status}");
    println!(
        "\n{tenants} tenants of `real-application`, rehearsed in {:.1} s with at most {} MB (250 are to take less than \
         15 s and 1,000 MB)",
        took.as_secs_f64(),
        peak / 1_024
    );
    Ok(())
}
