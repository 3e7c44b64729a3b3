//! `cargo xtask lint`: checks the scripts of pipelines with shellcheck, the Dockerfile with hadolint, and the workflows with
//! `tests/workflows.py`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use saas_tests::setup;

/// Check the scripts, the workflows and the Dockerfile. `cargo xtask test` does it, too.
#[derive(clap::Args)]
pub(crate) struct LintArgs {}

pub(crate) fn run() -> Result<()> {
    let programs = setup::linters()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask is in the repository")?;
    let shellcheck = programs.join("shellcheck");
    check(&shellcheck, root, &scripts(root)?)?;
    check(&programs.join("hadolint"), root, &[root.join("Dockerfile")])?;
    check(&programs.join("python3"), root, &[root.join("tests/workflows.py"), root.to_owned(), shellcheck])
}

/// The shell scripts of the repository.
fn scripts(root: &Path) -> Result<Vec<PathBuf>> {
    let mut scripts = vec![root.join(".ci/run")];
    for entry in std::fs::read_dir(root.join("ci"))? {
        scripts.push(entry?.path());
    }
    scripts.retain(|path| path.ends_with("run") || path.extension().is_some_and(|extension| extension == "sh"));
    scripts.sort();
    Ok(scripts)
}

fn check(program: &Path, root: &Path, arguments: &[PathBuf]) -> Result<()> {
    let status = Command::new(program).args(arguments).current_dir(root).status();
    let status = status.with_context(|| format!("`{}` cannot be run", program.display()))?;
    if !status.success() {
        bail!("`{}` found something to correct", program.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository");
        let found = scripts(root).expect("the folder can be read");
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(
            names,
            [
                "run",
                "archive.sh",
                "drift.sh",
                "forge.sh",
                "github.sh",
                "gitlab.sh",
                "install.sh",
                "merge.sh",
                "review.sh"
            ]
        );
    }
}
