//! Runs programs as the user that they require.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A user of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// An unprivileged user, for programs that refuse to run as root.
    pub(crate) fn unprivileged() -> io::Result<Self> {
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Some(Self { uid: id("-u", name)?, gid: id("-g", name)? }))
            .ok_or_else(|| {
                io::Error::other("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
            })
    }
}

fn id(what: &str, name: &str) -> Option<u32> {
    let answer = Command::new("id").args([what, name]).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

/// A command that runs as `user`, in a directory that this user can enter.
pub(crate) fn command(program: &Path, user: Option<User>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Runs a command to completion with `input` on standard input, and returns its standard output.
pub(crate) fn run(mut command: Command, input: &str) -> io::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run {program}: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that exits without reading its input explains it on standard error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let answer = child.wait_with_output()?;
    if answer.status.success() {
        Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&answer.stderr);
        Err(io::Error::other(format!("{program} failed with {}: {}", answer.status, said.trim())))
    }
}
