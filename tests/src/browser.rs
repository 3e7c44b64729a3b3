//! A browser without a window: `tests/page` opens the page of a review in it and checks it.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::setup;

/// The environment variable with a directory for screenshots, which are taken if it is set.
pub const SCREENSHOTS: &str = "SAAS_SCREENSHOTS";

/// Checks the page in a file. A search for `term` among its changes must find so many entries.
///
/// # Errors
/// When the browser cannot be installed, or something is wrong with the page; the error has all of it.
pub fn check(page: &Path, term: &str, found: usize) -> Result<()> {
    let (programs, chromium) = (setup::python()?, setup::chromium()?);
    let mut command = Command::new(programs.join("python3"));
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/page")).arg(chromium).arg(page).args([term, &found.to_string()]);
    if let Some(directory) = env::var_os(SCREENSHOTS) {
        command.arg(Path::new(&directory).join(page.file_stem().unwrap_or_default()));
    }
    let output = command.stdin(Stdio::null()).output().context("Python cannot be run")?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        bail!("{}:\n{}", page.display(), said.trim());
    }
    Ok(())
}
