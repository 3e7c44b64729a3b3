//! The binary `saas`.

use std::process::ExitCode;

fn main() -> ExitCode {
    saas_cli::run()
}
