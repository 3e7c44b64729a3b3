//! `saas merge-driver`: merges the specs or locks of two branches, as Git's `merge.*.driver` asks.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};
use saas_files::merge;
use saas_model::Lock;
use saas_model::lock::StoredLock;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::print::note;
use crate::render;

/// The size of a conflict marker, unless the attribute `conflict-marker-size` says otherwise.
const MARKER: u8 = 7;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  git config merge.saas-spec.driver \"saas merge-driver spec %O %A %B --path %P --marker-size %L\"
  git config merge.saas-lock.driver \"saas merge-driver lock %O %A %B --path %P --marker-size %L\"")]
pub(crate) struct MergeDriverArgs {
    /// What the files are
    #[arg(value_enum)]
    kind: Kind,
    /// The common ancestor: `%O`
    #[arg(value_name = "BASE")]
    base: PathBuf,
    /// Our side, which is replaced by the result: `%A`
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// Their side: `%B`
    #[arg(value_name = "THEIRS")]
    theirs: PathBuf,
    /// The path in the repository, for messages: `%P`
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// The length of conflict markers: `%L`
    #[arg(long, value_name = "LENGTH", default_value_t = MARKER)]
    marker_size: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Merges by table, by key and by tenant id
    Spec,
    /// Keeps the slots of both sides; `saas plan` decides who keeps a slot that both gave away
    Lock,
}

/// A merged text; with conflict markers if there are conflicts.
struct Merged {
    text: String,
    conflicts: Vec<String>,
}

pub(crate) fn run(args: MergeDriverArgs) -> Result<Exit, Failure> {
    let [base, ours, theirs] = [read(&args.base)?, read(&args.ours)?, read(&args.theirs)?];
    let shown = args.path.as_ref().unwrap_or(&args.ours).display();
    let merged = match (base, ours, theirs) {
        (Some(base), Some(ours), Some(theirs)) => match args.kind {
            Kind::Spec => merge_specs(&base, &ours, &theirs, args.marker_size),
            Kind::Lock => merge_locks(&base, &ours, &theirs),
        },
        _ => Err("a side is not UTF-8".to_owned()),
    };
    let Merged { text, conflicts } = match merged {
        Ok(merged) => merged,
        Err(why) => {
            note(&render::failure::warning(format_args!("`{shown}` is merged line by line: {why}")));
            return line_by_line(&args);
        }
    };
    fs_err::write(&args.ours, text).map_err(|source| Failure::Unwritable { path: args.ours.clone(), source })?;
    if conflicts.is_empty() {
        note(&format!("`{shown}` is merged; `saas plan` computes the plan of the merge\n"));
        return Ok(Exit::Done);
    }
    conflicts.iter().for_each(|conflict| note(&format!("conflict in `{shown}`: {conflict}\n")));
    Ok(Exit::Failed)
}

fn merge_specs(base: &str, ours: &str, theirs: &str, marker: u8) -> Result<Merged, String> {
    let merged = merge::spec(base, ours, theirs, marker.into()).map_err(|error| error.to_string())?;
    Ok(Merged { text: merged.text, conflicts: merged.conflicts.iter().map(ToString::to_string).collect() })
}

fn merge_locks(base: &str, ours: &str, theirs: &str) -> Result<Merged, String> {
    // Git passes an empty file if both sides added the lock.
    let parse = |text: &str, side| match text.is_empty() {
        true => Ok(StoredLock::default()),
        false => Lock::parse("saas.lock", text).map_err(|_| format!("{side} is not a lock")),
    };
    let (base, ours) = (parse(base, merge::Side::Base)?, parse(ours, merge::Side::Ours)?);
    let theirs = parse(theirs, merge::Side::Theirs)?;
    let merged = StoredLock::merged(&base, &ours, &theirs).map_err(|error| error.to_string())?;
    Ok(Merged { text: merged.to_toml(), conflicts: Vec::new() })
}

/// The text of a file; `None` if it is not UTF-8.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    let bytes = fs_err::read(path).map_err(|source| Failure::Unreadable { path: path.to_owned(), source })?;
    Ok(String::from_utf8(bytes).ok())
}

/// Merges as Git would without a driver.
fn line_by_line(args: &MergeDriverArgs) -> Result<Exit, Failure> {
    let mut git = Command::new("git");
    git.args(["merge-file", "-L", "ours", "-L", "base", "-L", "theirs"]);
    git.arg(format!("--marker-size={}", args.marker_size)).args([&args.ours, &args.base, &args.theirs]);
    let status = git.stdin(Stdio::null()).status();
    let status = status.map_err(|source| Failure::Process { what: "cannot run `git merge-file`", source })?;
    Ok(if status.success() { Exit::Done } else { Exit::Failed })
}
