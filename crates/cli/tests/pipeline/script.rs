//! Runs the scripts in `ci`.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The outcome of a script.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The path of a script.
pub(crate) fn script(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ci").join(name)
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("the command writes text");
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
