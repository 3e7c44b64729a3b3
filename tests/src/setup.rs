//! Sets up what a machine lacks: moto in a virtual environment of its own, and PostgreSQL.
//!
//! Nothing is installed that is there already. Several processes may ask at the same time: one of
//! them does the work while the others wait for it.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The Python packages, with their versions.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The directory that cargo builds into.
///
/// # Errors
/// When this program does not run out of such a directory.
pub fn target_directory() -> Result<PathBuf> {
    let program = env::current_exe().context("the program's own path is not known")?;
    let target = program.ancestors().find(|path| path.join("CACHEDIR.TAG").exists());
    target.map(Path::to_owned).with_context(|| format!("{} is not in a directory of cargo", program.display()))
}

/// The directory with the programs of a Python environment that has moto and boto3 in it.
///
/// # Errors
/// When there is no Python 3, or the packages cannot be installed; the error says what to do.
pub fn python() -> Result<PathBuf> {
    let home = target_directory()?.join("emulator");
    fs::create_dir_all(&home)?;
    let lock = File::create(home.join("lock"))?;
    lock.lock().context("cannot wait for another process that sets up Python")?;
    let (programs, stamp) = (home.join("bin"), home.join("requirements.txt"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(programs);
    }
    let venv = || run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    if venv().is_err() {
        // Debian keeps the module in a package of its own.
        install("python3-venv").context("`python3 -m venv` does not work; install Python 3 with its venv module")?;
        venv()?;
    }
    let wanted = home.join("wanted.txt");
    fs::write(&wanted, REQUIREMENTS)?;
    run(Command::new(programs.join("python3")).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&wanted))?;
    // The stamp comes last: an installation that was interrupted is done again.
    fs::write(stamp, REQUIREMENTS)?;
    Ok(programs)
}

/// The directory with the programs of a PostgreSQL server.
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
    find_postgres().context("PostgreSQL was installed, and its programs are not where they are looked for")
}

/// On PATH, or where Debian, Red Hat and Homebrew put it; the highest version of several.
fn find_postgres() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find_map(|directory| {
        // Some systems put links to a few of the programs on the path.
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

/// Installs a package of Debian, where this user may.
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
