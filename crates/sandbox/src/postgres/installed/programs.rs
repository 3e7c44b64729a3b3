//! Locates the programs of an installed PostgreSQL.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::PostgresError;

/// The oldest supported version. Before it, every role could create objects in the schema `public`,
/// unlike on Aurora today. Source: PostgreSQL 15 release notes.
const OLDEST: u32 = 15;

/// Where Debian, Red Hat and Homebrew have a directory per version.
const PARENTS: [&str; 5] =
    ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];

/// The programs of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    directory: PathBuf,
    version: u32,
}

impl Programs {
    /// The programs for files of a version. For new files, the programs on PATH, or else the
    /// highest version.
    pub(super) fn find(wanted: Option<u32>) -> Result<Self, PostgresError> {
        let installed = on_path().into_iter().chain(under(&PARENTS.map(Path::new)));
        choose(installed.filter_map(Self::in_directory), wanted).map_err(PostgresError::NotInstalled)
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }

    fn in_directory(directory: PathBuf) -> Option<Self> {
        let output = Command::new(directory.join("postgres")).arg("--version").output().ok()?;
        let version = version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { directory, version })
    }
}

fn choose(installed: impl Iterator<Item = Programs>, wanted: Option<u32>) -> Result<Programs, String> {
    let mut others = Vec::new();
    for programs in installed {
        if wanted.map_or(programs.version >= OLDEST, |wanted| programs.version == wanted) {
            return Ok(programs);
        }
        others.push(format!("version {} in {}", programs.version, programs.directory.display()));
    }
    let found = if others.is_empty() { "found none".to_owned() } else { format!("found {}", others.join(", ")) };
    Err(match wanted {
        Some(wanted) => format!("{found}, but the files are of version {wanted}"),
        None => format!("{found}; install version {OLDEST} or later, or add its programs to PATH"),
    })
}

/// The major version in a server's version line, such as `postgres (PostgreSQL) 15.18`.
fn version(said: &str) -> Option<u32> {
    let word = said.strip_prefix("postgres (PostgreSQL) ")?;
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    word[..end].parse().ok()
}

/// The directories on PATH that contain a server. Links are resolved, because some systems link
/// only a few of the programs.
fn on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let servers = env::split_paths(&path).filter_map(|directory| fs::canonicalize(directory.join("postgres")).ok());
    servers.filter_map(|server| server.parent().filter(|parent| is_complete(parent)).map(Path::to_owned)).collect()
}

/// The version directories that contain a server, highest version first.
fn under(parents: &[&Path]) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = parents
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.trim_start_matches("postgresql@").trim_start_matches("pgsql-");
            Some((version.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, directory)| is_complete(directory))
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, directory)| directory).collect()
}

/// Whether a directory contains a server and `initdb`. Some packages have only one of them.
fn is_complete(directory: &Path) -> bool {
    directory.join("postgres").exists() && directory.join("initdb").exists()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn installed(versions: &[u32]) -> Vec<Programs> {
        versions
            .iter()
            .map(|version| Programs { directory: format!("/pg/{version}").into(), version: *version })
            .collect()
    }

    #[test]
    fn the_first_suitable_version_is_chosen() {
        for (versions, wanted, taken) in [
            (&[16, 18, 15][..], None, Ok(16)),
            (&[14, 17], None, Ok(17)),
            (&[17, 15], Some(15), Ok(15)),
            (&[], None, Err("found none; install version 15 or later, or add its programs to PATH")),
            (&[14], None, Err("found version 14 in /pg/14; install version 15 or later, or add its programs to PATH")),
            (&[17], Some(16), Err("found version 17 in /pg/17, but the files are of version 16")),
        ] {
            let chosen = choose(installed(versions).into_iter(), wanted).map(|programs| programs.version);
            assert_eq!(chosen, taken.map_err(str::to_owned), "{versions:?} {wanted:?}");
        }
    }

    #[test]
    fn versions_are_parsed() {
        for (said, read) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 19beta1\n", Some(19)),
            ("postgres (PostgreSQL) 18", Some(18)),
            ("postgres (EnterpriseDB) 15", None),
            ("", None),
        ] {
            assert_eq!(version(said), read, "{said}");
        }
    }

    #[test]
    fn installations_of_each_system_are_found() {
        let root = TempDir::new().expect("there is room");
        let parent = |name: &str| root.path().join(name);
        for directory in ["debian/9/bin", "debian/17/bin", "redhat/pgsql-16/bin", "homebrew/postgresql@18/bin"] {
            fs::create_dir_all(parent(directory)).expect("there is room");
            for program in ["postgres", "initdb"] {
                fs::write(parent(directory).join(program), "").expect("there is room");
            }
        }
        // These directories contain only the libraries.
        fs::create_dir_all(parent("debian/19/bin")).expect("there is room");
        fs::create_dir_all(parent("redhat/lib")).expect("there is room");
        let found = under(&[&parent("debian"), &parent("redhat"), &parent("homebrew"), &parent("nowhere")]);
        let names = ["homebrew/postgresql@18/bin", "debian/17/bin", "redhat/pgsql-16/bin", "debian/9/bin"];
        assert_eq!(found, names.map(parent));
    }
}
