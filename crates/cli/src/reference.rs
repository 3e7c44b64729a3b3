//! `docs/reference.md`, the command line reference, generated from the arguments.
//!
//! `cargo xtask reference` writes the file; otherwise the test checks that it is current.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use itertools::Itertools as _;

use crate::args::{Arguments, EXIT_CODES};

const HEAD: &str = "\
# Command line reference

Made by `cargo xtask reference` from the arguments of `saas`, as are the pages of `saas man DIR`.
";

/// The heading of the connection flags, which are the same for every command that has them.
const CONNECTIONS: &str = "Connections";

#[test]
fn the_reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
    let made = markdown();
    if std::env::var_os("SAAS_WRITE_REFERENCE").is_some() {
        fs_err::write(&path, &made).expect("docs/ can be written to");
    }
    let stored = fs_err::read_to_string(&path).unwrap_or_default();
    assert!(stored == made, "docs/reference.md is not current: run `cargo xtask reference`");
}

fn markdown() -> String {
    let mut saas = Arguments::command();
    saas.build();
    let mut text = HEAD.to_owned();
    let mut connections = None;
    for command in commands(&saas) {
        text.push_str(&section(command));
        connections = connections.or_else(|| list(command, Some(CONNECTIONS)));
    }
    let connections = connections.expect("some command talks to AWS");
    let _ = write!(text, "\n## Connections\n\nFlags of every command that talks to AWS.\n\n{connections}");
    let _ = write!(text, "\n## Exit codes\n\n```text\n{}\n```\n", EXIT_CODES.trim_start_matches("Exit codes:\n"));
    text
}

/// The executable commands, in the order of the help.
fn commands(command: &Command) -> Vec<&Command> {
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set());
    inner.flat_map(|inner| if inner.has_subcommands() { commands(inner) } else { vec![inner] }).collect()
}

fn section(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name()).replace('-', " ");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").split_whitespace().join(" ");
    let mut text = format!("\n## {name}\n\n{about}.\n\n```text\n{usage}\n```\n");
    if let Some(list) = list(command, None) {
        let _ = write!(text, "\n{list}");
    }
    if command.get_arguments().any(|argument| argument.get_help_heading() == Some(CONNECTIONS)) {
        text.push_str("\nAnd the flags of [connections](#connections).\n");
    }
    text
}

/// The arguments under a heading of the help; `None` if there are none.
fn list(command: &Command, heading: Option<&str>) -> Option<String> {
    let shown = |argument: &&Arg| {
        argument.get_help_heading() == heading && argument.get_id() != "help" && !argument.is_hide_set()
    };
    let items: String = command.get_arguments().filter(shown).map(item).collect();
    (!items.is_empty()).then_some(items)
}

fn item(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("- `{argument}`: {help}");
    let takes_value = argument.get_num_args().is_some_and(|number| number.takes_values());
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_value && !defaults.is_empty() {
        let _ = write!(text, ". Default: `{}`", defaults.join(" "));
    }
    text.push('\n');
    let possible = if takes_value { argument.get_possible_values() } else { Vec::new() };
    for value in possible.iter().filter(|value| !value.is_hide_set()) {
        let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
        let _ = writeln!(text, "  - `{}`{help}", value.get_name());
    }
    text
}
