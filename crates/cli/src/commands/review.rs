//! `saas review`: what a change means, on one page.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use saas_model::Receipt;
use saas_prover::prove;
use saas_review::cost::Prices;
use saas_review::{Approval, Input, Proven, Rehearsed, review};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan, read_regular};
use crate::print::Results;
use crate::render;
use crate::shell;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas review plan.msgpack --from main:plan.msgpack
  saas review plan.msgpack --from main:plan.msgpack --format markdown --no-rehearsal")]
pub(crate) struct ReviewArgs {
    /// The plan to apply; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "NEW", default_value = PLAN)]
    plan: PathBuf,
    /// The plan that is applied already; by default the account is empty
    #[arg(long, value_name = "OLD")]
    from: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = ReviewFormat::Text)]
    format: ReviewFormat,
    /// The receipt of an apply of the plan, to show what it did
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// A table of prices in JSON, instead of the one that saas brings
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    rehearsal: RehearsalArgs,
}

#[cfg(feature = "sandbox")]
#[derive(Clone, Debug, Args)]
struct RehearsalArgs {
    /// Do not apply the plan to a sandbox: in seconds even for many tenants, without duration and approval digest
    #[arg(long)]
    no_rehearsal: bool,
    /// The PostgreSQL server of the sandbox
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    sandbox_postgres: crate::sandbox::Database,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReviewFormat {
    /// For people at a terminal
    Text,
    /// For a comment on a pull request, at most 65,536 characters
    Markdown,
    /// For a browser: one file with pictures, the isolation matrix and a timeline, which refers to nothing outside of it
    Html,
    /// For programs: all facts
    Json,
}

pub(crate) fn run(args: ReviewArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let from = args.from.as_deref().map(read_plan).transpose()?;
    let receipt = args.receipt.as_deref().map(read_receipt).transpose()?;
    let prices = args.prices.as_deref().map_or_else(|| Ok(Prices::built_in()), read_prices)?;
    let (certificate, live) = (prove(&plan), from.as_ref().map(prove));
    let (plan, from) = ((&plan, &certificate), from.as_ref().zip(live.as_ref()));
    let (rehearsed, outcome) = rehearse(&args, plan, from)?;
    let review = review(&Input {
        plan,
        from,
        rehearsed: rehearsed.as_ref(),
        receipt: receipt.as_ref(),
        prices: &prices,
        file: &shell::word(&args.plan.display().to_string()),
    });
    Results::Stdout.print(&match args.format {
        ReviewFormat::Text => saas_review::render::text(&review),
        ReviewFormat::Markdown => saas_review::render::markdown(&review),
        ReviewFormat::Html => saas_review::render::html(&review),
        ReviewFormat::Json => render::json(&review),
    })?;
    let refused = matches!(review.approval, Approval::No(_));
    Ok(outcome.unwrap_or(if refused { Exit::Refused } else { Exit::Done }))
}

/// What a rehearsal finds and its exit, unless it is left out.
#[cfg(feature = "sandbox")]
fn rehearse(
    args: &ReviewArgs,
    plan: Proven<'_>,
    from: Option<Proven<'_>>,
) -> Result<(Option<Rehearsed>, Option<Exit>), Failure> {
    let RehearsalArgs { no_rehearsal, sandbox_postgres } = args.rehearsal;
    if no_rehearsal {
        return Ok((None, None));
    }
    let rehearsal = crate::rehearsal::in_virtual_time(plan, from, true, sandbox_postgres)?;
    Ok((Some(rehearsal.reviewed()), Some(rehearsal.exit())))
}

/// Without a sandbox, there is no rehearsal.
#[cfg(not(feature = "sandbox"))]
fn rehearse(
    _args: &ReviewArgs,
    _plan: Proven<'_>,
    _from: Option<Proven<'_>>,
) -> Result<(Option<Rehearsed>, Option<Exit>), Failure> {
    Ok((None, None))
}

fn read_receipt(path: &Path) -> Result<Receipt, Failure> {
    let bytes = read_regular(path).map_err(|source| Failure::Unreadable { path: path.to_owned(), source })?;
    Receipt::decode(&bytes).map_err(|source| Failure::NotAReceipt { path: path.to_owned(), source })
}

fn read_prices(path: &Path) -> Result<Prices, Failure> {
    let unreadable = |source| Failure::Unreadable { path: path.to_owned(), source };
    let text = String::from_utf8(read_regular(path).map_err(unreadable)?);
    let text = text.map_err(|error| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
    Prices::parse(&text).map_err(|source| Failure::NotPrices { path: path.to_owned(), source })
}
