//! Where a plan comes from: a file, standard input (`-`), or a commit of the Git repository (`main:plan.msgpack`).

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::plan_files::read_regular;

/// Reads a file; `-` is standard input, and `REV:PATH`, unless there is a file of this name, is a file of a commit, as
/// Git names it.
///
/// # Errors
/// When it cannot be read.
pub fn read(source: &Path) -> io::Result<Vec<u8>> {
    if source == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    match (read_regular(source), of_commit(source)) {
        (Err(error), Some(name)) if error.kind() == io::ErrorKind::NotFound => from_git(name),
        (read, _) => read,
    }
}

/// The name if it names a file of a commit.
fn of_commit(source: &Path) -> Option<&str> {
    let name = source.to_str()?;
    let (commit, path) = name.split_once(':')?;
    // Git would take it for an option.
    (!commit.is_empty() && !commit.starts_with('-') && !path.is_empty()).then_some(name)
}

fn from_git(name: &str) -> io::Result<Vec<u8>> {
    let output = Command::new("git").args(["cat-file", "blob", name]).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(io::Error::other(format!("git: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_told_from_files() {
        assert_eq!(of_commit(Path::new("main:plan.msgpack")), Some("main:plan.msgpack"));
        for file in ["plan.msgpack", ":plan.msgpack", "main:", "--output=x:plan.msgpack"] {
            assert_eq!(of_commit(Path::new(file)), None, "{file}");
        }
    }

    #[test]
    fn file_comes_before_a_commit_of_its_name() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let path = directory.path().join("main:plan.msgpack");
        assert!(read(&path).is_err());
        std::fs::write(&path, "content").expect("the file can be written");
        assert_eq!(read(&path).expect("it is there"), b"content");
    }
}
