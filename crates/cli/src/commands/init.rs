//! `saas init`: writes the first files of a repository.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use itertools::Itertools as _;
use saas_model::Spec;

use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::init::{ATTRIBUTES, Answers, Flags, Interview, SETTINGS, with_attributes};
use crate::plan_files::{PlanFilesError, SPEC};
use crate::print::Results;

#[derive(Clone, Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    flags: Flags,
}

/// The commands that come next.
const NEXT: &str = "\
next:
  saas plan                                  # computes the plan and proves that tenants are isolated
";

/// The command for a directory without a repository.
const REPOSITORY: &str = "  \
  git init                                   # spec, lock and plan belong into a repository
";

/// Those that need a sandbox.
const REHEARSE: &str = "  \
  saas rehearse plan.msgpack                 # what an apply does on AWS, call by call, without credentials
  saas apply plan.msgpack --sandbox=aws      # an apply to a model of AWS, which the directory `aws` keeps
";

pub(crate) fn run(InitArgs { flags }: InitArgs) -> Result<Exit, Failure> {
    let given = flags.checked()?;
    // Before the first question.
    if Path::new(SPEC).exists() {
        return Err(Refusal::SpecExists.into());
    }
    let answers = if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let (mut input, mut output) = (io::stdin().lock(), io::stderr());
        Answers::complete(given, Interview::at(&mut input, &mut output))?
    } else {
        Answers::complete(given, Interview::without_terminal())?
    };
    let spec = answers.spec();
    // The answers are valid one by one; this checks them together.
    Spec::parse(SPEC, &spec).map_err(PlanFilesError::Problems)?;
    create(Path::new(SPEC), &spec)?;
    let attributes = match add_attributes(Path::new(ATTRIBUTES))? {
        true => format!("{ATTRIBUTES}: Git shows plans, and merges specs and locks, with `saas`\n"),
        false => String::new(),
    };
    let rehearse = if cfg!(feature = "sandbox") { REHEARSE } else { "" };
    let platform = &answers.name;
    let settings = SETTINGS.iter().map(|(key, value)| format!("  git config {key} \"{value}\"\n")).join("");
    let repository = if is_in_repository() { "" } else { REPOSITORY };
    Results::Stdout.print(&format!(
        "{SPEC}: written, platform `{platform}`\n{attributes}\n{NEXT}{repository}{rehearse}\nonce for each clone:\n{settings}"
    ))?;
    Ok(Exit::Done)
}

/// Whether the directory is in a repository of Git. A worktree has a file `.git`.
fn is_in_repository() -> bool {
    let directory = std::env::current_dir().unwrap_or_default();
    directory.ancestors().any(|directory| directory.join(".git").exists())
}

/// Writes a file that does not exist.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let written = fs_err::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Refusal::SpecExists.into(),
        _ => Failure::Unwritable { path: path.to_owned(), source },
    })
}

/// Adds the attributes to a file, or writes it; false if the file has them.
fn add_attributes(path: &Path) -> Result<bool, Failure> {
    let content = match fs_err::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(Failure::Unreadable { path: path.to_owned(), source }),
    };
    let Some(content) = with_attributes(&content) else { return Ok(false) };
    fs_err::write(path, content).map_err(|source| Failure::Unwritable { path: path.to_owned(), source })?;
    Ok(true)
}
