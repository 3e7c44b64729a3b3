//! `saas rehearse`: shows the effect of a plan on a sandbox, without credentials.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use saas_executor::PlatformIdentity;
use saas_model::Plan;

use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::plan_files::read_plan;
use crate::print::Results;
use crate::rehearsal::{Rehearsal, rehearse};
use crate::render;
use crate::sandbox::{Database, RunningSandbox};

#[derive(Clone, Debug, Args)]
pub(crate) struct RehearseArgs {
    /// The plan file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The plan that is applied already; by default the account is empty
    #[arg(long, value_name = "OLD_PLAN")]
    from: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = RehearsalFormat::Text)]
    format: RehearsalFormat,
    /// Ignore AWS's rate limits: the duration is then that of the longest chain of dependent steps
    #[arg(long)]
    no_rates: bool,
    /// The PostgreSQL server of the sandbox
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    sandbox_postgres: Database,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RehearsalFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request, at most 65,536 characters
    Markdown,
}

pub(crate) fn run(args: RehearseArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let from = args.from.as_deref().map(read_plan).transpose()?;
    if let Some(from) = &from {
        let (live, planned) = (PlatformIdentity::of(from.header()), PlatformIdentity::of(plan.header()));
        let mismatches = live.mismatches(&planned, "the plan of `--from`");
        if !mismatches.is_empty() {
            return Err(Refusal::AnotherPlatform(mismatches).into());
        }
    }
    let rehearsal = in_virtual_time(&plan, from.as_ref(), !args.no_rates, args.sandbox_postgres)?;
    let rehearsal = Rehearsal { file: shell_word(&args.plan.display().to_string()), ..rehearsal };
    Results::Stdout.print(&match args.format {
        RehearsalFormat::Text => render::rehearsal::text(&rehearsal),
        RehearsalFormat::Json => render::json(&rehearsal),
        RehearsalFormat::Markdown => render::rehearsal::markdown(&rehearsal),
    })?;
    Ok(match &rehearsal {
        rehearsal if rehearsal.is_clean() => Exit::Done,
        rehearsal if !rehearsal.proof.is_proven() || !rehearsal.cannot_change.is_empty() => Exit::Refused,
        _ => Exit::Failed,
    })
}

/// An hour on AWS takes about a second here: the clock jumps ahead when nothing is runnable.
fn in_virtual_time(plan: &Plan, from: Option<&Plan>, rates: bool, database: Database) -> Result<Rehearsal, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|source| Failure::Process { what: "cannot start the async runtime", source })?;
    runtime.block_on(async {
        // The earlier plan describes the live platform, so it configures the sandbox.
        let sandbox = RunningSandbox::for_rehearsal(from.unwrap_or(plan), rates, database)?;
        rehearse(plan, from, sandbox.sandbox(), rates, &sandbox.options()).await
    })
}

/// Quotes a string as one word of a shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_quoted_for_the_shell() {
        assert_eq!(shell_word("plans/plan.msgpack"), "plans/plan.msgpack");
        assert_eq!(shell_word("my plan's.msgpack"), "'my plan'\\''s.msgpack'");
    }
}
