//! Failures as text: the error, its causes, then hints.

use std::error::Error as StdError;
use std::fmt::Write;
use std::io;

use miette::Report;
use saas_executor::state::blocker::Blocker;
use saas_executor::{Refusal as SessionRefusal, SessionError};
use saas_files::proof::Unproven;
use saas_model::Address;
use saas_model::impact::{FieldImpact, Impact};
use saas_planner::Finding;

use super::style::{self, styled};
use super::{change_set, proof};
use crate::failure::{Failure, Refusal};
use crate::init::InvalidFlags;
use crate::plan_files::{PlanFiles, PlanFilesError};
#[cfg(feature = "sandbox")]
use crate::rehearsal::NodeFailure;
#[cfg(feature = "sandbox")]
use crate::sandbox::{DirectoryError, SandboxFailure};

/// The whole text of a failure.
pub(crate) fn text(failure: Failure) -> String {
    match failure {
        // Each problem is shown with its location in the file.
        Failure::PlanFiles(PlanFilesError::Problems(problems)) => format!("{:?}", Report::from(*problems)),
        Failure::PlanFiles(PlanFilesError::Findings(findings)) => findings.iter().map(finding).collect(),
        Failure::InvalidFlags(InvalidFlags(flags)) => {
            flags.iter().map(|flag| error(&FindingError(flag.clone()))).collect()
        }
        failure => {
            let mut text = error(&failure);
            text.push_str(&details(&failure));
            if let Some(hint) = hint(&failure) {
                text.push_str(&hint_line(&hint));
            }
            text
        }
    }
}

/// A line with a hint.
pub(crate) fn hint_line(hint: &str) -> String {
    format!("{} {hint}\n", styled(style::HINT, "hint:"))
}

/// A line with a warning.
pub(crate) fn warning(message: impl std::fmt::Display) -> String {
    format!("{} {message}\n", styled(style::WARNING, "warning:"))
}

fn finding(finding: &Finding) -> String {
    error(&FindingError(finding.to_string()))
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct FindingError(String);

/// The message of an error, and one line per cause.
fn error(error: &dyn StdError) -> String {
    let mut text = format!("{} {error}\n", styled(style::ERROR, "error:"));
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = writeln!(text, "  caused by: {error}");
        cause = error.source();
    }
    text
}

/// The individual errors of a failure.
fn details(failure: &Failure) -> String {
    match failure {
        Failure::PlanFiles(PlanFilesError::Unproven { source: Unproven::Refuted(certificate), .. }) => {
            proof::refutations(certificate)
        }
        Failure::Session(error) => session_details(error),
        #[cfg(feature = "sandbox")]
        Failure::Before(failures) => {
            failures.iter().map(|NodeFailure { address, error }| format!("  `{address}`: {error}\n")).collect()
        }
        _ => String::new(),
    }
}

fn session_details(error: &SessionError) -> String {
    match error {
        SessionError::Observe(errors) => errors.iter().map(|error| item(error, error.hint())).collect(),
        SessionError::Preflight(failed) => failed.0.iter().map(|failure| item(failure, failure.hint())).collect(),
        SessionError::Lease(_) | SessionError::Call(_) => String::new(),
        SessionError::Refused(refusal) => match refusal {
            SessionRefusal::DataLoss(lost) => change_set::at_stake(lost),
            SessionRefusal::Blocked(blockers) => blockers.iter().map(blocker).collect(),
            SessionRefusal::CannotChange(fields) => fields.iter().map(immutable).collect(),
            SessionRefusal::Unproven { certificate, obligations } => proof::refutations_of(certificate, obligations),
            SessionRefusal::Certificate(_)
            | SessionRefusal::OtherApproved { .. }
            | SessionRefusal::OtherPlan { .. }
            | SessionRefusal::Protected(_)
            | SessionRefusal::OlderPlan(_) => String::new(),
        },
    }
}

/// A field that cannot be changed, and the alternative.
fn immutable(FieldImpact { address, kind, field, impact }: &FieldImpact) -> String {
    let node = address.as_ref().map_or("the platform", Address::as_str);
    let kind = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    match impact {
        // The node itself would be deleted.
        Impact::CannotChangeLive { instead } if field.is_empty() => {
            format!("  {node}{kind}: cannot be deleted from a live platform: {instead}\n")
        }
        impact => format!("  {node}{kind}: `{field}` {impact}\n"),
    }
}

/// A blocker, and how to remove it.
fn blocker(blocker: &Blocker) -> String {
    let Blocker { address, kind, id, what, remedy } = blocker;
    format!("  {address} ({kind}): `{id}`: {what}\n    {} {remedy}\n", styled(style::HINT, "hint:"))
}

fn item(error: &dyn StdError, hint: Option<&str>) -> String {
    let mut text = format!("  {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    match hint {
        Some(hint) => format!("{text}\n    {} {hint}\n", styled(style::HINT, "hint:")),
        None => format!("{text}\n"),
    }
}

fn hint(failure: &Failure) -> Option<String> {
    match failure {
        Failure::PlanFiles(PlanFilesError::NoSpec { .. }) => {
            let example = saas_model::Spec::EXAMPLE;
            Some(format!("pass another spec with `--spec`, or start with this example and run `saas plan`:\n\n{example}"))
        }
        Failure::PlanFiles(PlanFilesError::EmptySpec { .. }) => {
            Some(format!("start with this example and run `saas plan`:\n\n{}", saas_model::Spec::EXAMPLE))
        }
        Failure::PlanFiles(PlanFilesError::SpecForPlan { path }) => {
            let plan = PlanFiles::beside(path.clone()).plan;
            Some(format!("`saas plan --spec {}` writes its plan to `{}`; pass that file", path.display(), plan.display()))
        }
        Failure::PlanFiles(PlanFilesError::PlanForSpec { .. }) => {
            Some("pass the spec from which it was computed, such as `--spec saas.toml`; `saas show` prints a plan".into())
        }
        Failure::PlanFiles(PlanFilesError::Unreadable { source, .. }) | Failure::Unreadable { source, .. }
            if source.kind() == io::ErrorKind::IsADirectory =>
        {
            Some("this is a directory; pass a file".into())
        }
        Failure::PlanFiles(PlanFilesError::ForeignPlan { plan, owner, platform, .. }) => Some(format!(
            "write the plan of `{platform}` to another file with --out FILE; if `{owner}` was renamed and never applied, \
             delete `{}`",
            plan.display()
        )),
        Failure::PlanFiles(PlanFilesError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Some("`saas plan` computes the plan of `saas.toml` and writes it to `plan.msgpack`".into())
        }
        Failure::PlanFiles(PlanFilesError::Unproven { source: Unproven::Refuted(_), .. }) => Some(
            "restore the plan from version control, or compute it again with `saas plan`; if `saas plan` itself reports \
             this, change the spec of these nodes"
                .into(),
        ),
        Failure::PlanFiles(PlanFilesError::NotAPlan { .. }) => {
            Some("compute it again with `saas plan`, or restore it from version control".into())
        }
        Failure::PlanFiles(PlanFilesError::ForeignLock { lock, owner, platform, .. }) => Some(format!(
            "use another lock for `{platform}` with --lock FILE; if `{owner}` was renamed and never applied, delete `{}`",
            lock.display()
        )),
        Failure::PlanFiles(PlanFilesError::SlotsLost { lock, plan, .. }) => Some(format!(
            "restore `{}` or `{}` from version control; if the platform was never applied, delete `{}`",
            lock.display(),
            plan.display(),
            plan.display()
        )),
        Failure::Session(SessionError::Refused(refusal)) => hint_of_refusal(refusal),
        Failure::Session(error) => error.hint().map(str::to_owned),
        Failure::StoppedAtOnce => Some(
            "this run did not release its lease: it expires within a minute, and then the next apply continues where \
             this run stopped; `saas lease break` breaks it now"
                .into(),
        ),
        Failure::Unanswered(_) => Some("add these flags, or run `saas init` at a terminal, which asks for them".into()),
        Failure::Refused(Refusal::SpecExists) => {
            Some("`saas plan` computes its plan; for another platform, use another directory".into())
        }
        Failure::Refused(Refusal::BreakUnconfirmed) => Some("confirm with --yes".into()),
        Failure::Refused(Refusal::Unapproved { actual }) => {
            Some(format!("approve exactly this change set with --approve {actual}, or any with --yes"))
        }
        #[cfg(feature = "sandbox")]
        Failure::Refused(Refusal::AnotherPlatform(_)) => Some(
            "name, environment, account and Region of a live platform cannot be changed: for a second platform, choose \
             another `platform.name`; to move this one, destroy it with its current plan, then apply the new plan"
                .into(),
        ),
        #[cfg(feature = "sandbox")]
        Failure::Sandbox(SandboxFailure::Directory(DirectoryError::InUse { .. })) => {
            Some("wait until that process has ended, or choose another directory for the sandbox".into())
        }
        #[cfg(feature = "sandbox")]
        Failure::Sandbox(SandboxFailure::Directory(DirectoryError::Missing { path })) => {
            Some(format!("`saas apply PLAN --sandbox={}` creates it", path.display()))
        }
        #[cfg(feature = "sandbox")]
        Failure::Sandbox(SandboxFailure::Directory(DirectoryError::NotADirectory { .. })) => {
            Some("choose a directory for the sandbox; it is created if it does not exist".into())
        }
        #[cfg(feature = "sandbox")]
        Failure::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
            Some("stop the process that listens there, or use a free port with --listen 127.0.0.1:0".into())
        }
        #[cfg(feature = "sandbox")]
        Failure::Refused(Refusal::OpenToOthers(_)) => {
            Some("listen on 127.0.0.1, or add --allow-remote to allow other machines".into())
        }
        #[cfg(feature = "sandbox")]
        Failure::Refused(Refusal::SandboxElsewhere { .. }) => {
            Some("omit --region or --plan to use it as it is, or choose another directory with --dir".into())
        }
        Failure::Unencrypted { .. } => Some(
            "use `https://`, TLS, or a tunnel on this machine; to send it unencrypted nevertheless, add \
             --allow-unencrypted-remote-connections"
                .into(),
        ),
        Failure::MalformedEndpoint { .. } => Some("set the variable to `http://HOST:PORT`, or unset it".into()),
        _ => None,
    }
}

/// The flag that lifts a refusal, or what to do instead.
fn hint_of_refusal(refusal: &SessionRefusal) -> Option<String> {
    match refusal {
        SessionRefusal::DataLoss(lost) => Some(format!("to allow this data loss, add: {}", change_set::flags(lost))),
        SessionRefusal::OtherApproved { .. } => {
            Some("the platform or the plan has changed since the approval: review the current change set and approve its digest".into())
        }
        SessionRefusal::Protected(_) => Some(
            "to destroy the platform with all its data, add --disable-deletion-protection".into(),
        ),
        SessionRefusal::OlderPlan(_) => {
            Some("apply the newer plan, or add --rollback to apply the older one".into())
        }
        SessionRefusal::Unproven { obligations, .. } => {
            let flags: Vec<String> = obligations.iter().map(|id| format!("--accept-risk {id}")).collect();
            Some(format!(
                "change the spec of these nodes and run `saas plan`; to apply the plan although tenants are not isolated, \
                 add: {}",
                flags.join(" ")
            ))
        }
        SessionRefusal::Certificate(_) => {
            Some("`saas prove PLAN --certificate FILE` writes the certificate of this plan".into())
        }
        // Each blocker and each field has its remedy.
        SessionRefusal::Blocked(_) | SessionRefusal::CannotChange(_) | SessionRefusal::OtherPlan { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_executor::apply::change_set::DataLoss;
    use saas_model::{Address, Digest};

    use super::*;

    fn plain(failure: impl Into<Failure>) -> String {
        strip_str(&text(failure.into())).to_string()
    }

    #[test]
    fn data_loss_refusal_lists_data_and_flags() {
        let lost =
            |address: &str, what: &str| DataLoss { address: Address::literal(address), id: None, what: what.into() };
        let lost = vec![lost("database/cluster", "the database"), lost("tenant/acme-corp/bucket", "12 objects")];
        insta::assert_snapshot!(plain(SessionRefusal::DataLoss(lost)), @r"
        error: data would be lost
          database/cluster: the database
          tenant/acme-corp/bucket: 12 objects
        hint: to allow this data loss, add: --allow-data-loss database/cluster --allow-data-loss tenant/acme-corp/bucket
        ");
    }

    #[test]
    fn blockers_have_hints() {
        let blocker = Blocker {
            address: Address::literal("database/cluster"),
            kind: saas_model::Kind::DbCluster,
            id: "saas-platform-db-reader".into(),
            what: "this instance is in the cluster, but saas did not create it".into(),
            remedy: "delete the instance first".into(),
        };
        insta::assert_snapshot!(plain(SessionRefusal::Blocked(vec![blocker])), @r"
        error: the change set is blocked; nothing was changed
          database/cluster (db-cluster): `saas-platform-db-reader`: this instance is in the cluster, but saas did not create it
            hint: delete the instance first
        ");
    }

    #[test]
    fn missing_approval_names_both_flags() {
        let actual = Digest::from_bytes([0xab; 32]);
        let text = plain(Refusal::Unapproved { actual });
        assert!(text.contains("--yes") && text.contains(&format!("--approve {actual}")), "{text}");
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn failed_base_plan_lists_its_failures() {
        let failure = NodeFailure { address: Address::literal("database/cluster"), error: "no such version".into() };
        assert_eq!(
            plain(Failure::Before(vec![failure])),
            "error: the plan of `--from` cannot be applied to the sandbox\n  `database/cluster`: no such version\n"
        );
    }

    #[test]
    fn missing_spec_prints_an_example() {
        let text = plain(PlanFilesError::NoSpec { path: "saas.toml".into() });
        let (message, example) = text.split_once("`saas plan`:\n\n").expect("an example follows the hint");
        assert!(message.starts_with("error: there is no spec: `saas.toml` does not exist\n"), "{message}");
        saas_model::Spec::parse("saas.toml", example).expect("the example can be used as it is shown");
    }

    #[test]
    fn wrong_file_hints_at_the_right_one() {
        let source = std::fs::read(std::env::temp_dir()).expect_err("it is a directory");
        let text = plain(PlanFilesError::Unreadable { path: "plans".into(), source });
        assert!(text.contains("hint: this is a directory; pass a file"), "{text}");
        let text = plain(PlanFilesError::PlanForSpec { path: "plan.msgpack".into() });
        assert!(
            text.starts_with("error: `plan.msgpack` is a plan, but this command needs a spec\nhint: pass the spec"),
            "{text}"
        );
    }

    #[test]
    fn causes_follow_the_message() {
        let source = std::io::Error::other("no such device");
        let unreadable = PlanFilesError::Unreadable { path: "plan.msgpack".into(), source };
        assert_eq!(plain(unreadable), "error: `plan.msgpack` cannot be read\n  caused by: no such device\n");
    }
}
