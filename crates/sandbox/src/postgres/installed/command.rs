//! Runs programs to completion.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// Runs a command to completion with `input` on its standard input. Returns its standard error.
pub(super) fn run(mut command: Command, input: &str) -> io::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run {program}: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading all of its input reports the reason on its standard
        // error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(io::Error::other(format!("{program} failed with {}: {}", output.status, said.trim())))
    }
}
