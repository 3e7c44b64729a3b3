//! The steps that `apply` and `destroy` share: show a change set, get approval, apply it, and show the report.

use std::collections::BTreeMap;
use std::path::Path;

use saas_executor::apply::change_set::Action;
use saas_executor::aws::calls::Tally;
use saas_executor::verify::Verification;
use saas_executor::{ApplyReport, CancellationToken, ChangeSet, Execution, Milestone, Proposal, Session};
use saas_model::receipt::Command;
use saas_model::{Address, Digest};

use crate::confirm::Consent;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::interruptible;
use crate::print::{Verbosity, note, to_terminal, verbosity};
use crate::progress::{Progress, Record};
use crate::receipt_file::ReceiptFile;
use crate::render;
use crate::render::summary::{Calls, Summary, calls_text};

/// Shows a change set.
pub(crate) fn show(changes: &ChangeSet, progress: &Progress) -> Result<(), Failure> {
    progress.record(&Record::ChangeSet { digest: changes.digest(), changes });
    progress.print(&render::change_set::text(changes))
}

/// The way to apply a proposal.
pub(crate) struct ApplyRun<'a> {
    pub(crate) session: &'a Session<'a>,
    /// The platform and its location, as shown to the operator.
    pub(crate) place: String,
    /// The file that also receives the receipt.
    pub(crate) receipt: Option<&'a Path>,
    pub(crate) stop: &'a CancellationToken,
    pub(crate) progress: &'a Progress,
}

impl ApplyRun<'_> {
    /// Applies the proposal after approval. Returns [`Exit::Done`] if every step succeeded and the
    /// verification is clean.
    ///
    /// # Errors
    /// If nothing was done (no approval, or the lease cannot be acquired), and for errors outside the
    /// steps.
    pub(crate) async fn apply(&self, proposal: Proposal, consent: &Consent) -> Result<Exit, Failure> {
        let Self { session, progress, .. } = *self;
        progress.clear();
        let command = proposal.command();
        let approved =
            consent.approve(proposal, &format!("{command}: proceed with this change set on {}?", self.place))?;
        let mut file = self.receipt.map(ReceiptFile::prepare).transpose()?;
        progress.expect(steps(approved.changes()));
        let change_set = approved.changes().digest();
        let (mut shown, mut in_file) = (Ok(()), Ok(()));
        let reached = |milestone: Milestone<'_>| match milestone {
            Milestone::Executed(execution) => shown = self.show_summary(command, change_set, execution),
            // The file has the receipt even if the control bucket does not take it.
            Milestone::Receipt(receipt) => in_file = file.take().map_or(Ok(()), |file| file.write(receipt)),
        };
        let applied = async { Ok(session.apply(approved, reached).await?) };
        let report = interruptible(self.stop, progress, applied).await?;
        shown?;
        self.show_report(report, in_file)
    }

    fn show_summary(&self, command: Command, change_set: Digest, execution: &Execution) -> Result<(), Failure> {
        let summary = Summary { change_set, execution, calls: Calls::of(&self.session.calls()) };
        self.progress.record(&Record::Summary(&summary));
        self.progress.print(&render::summary::text(&summary))?;
        self.show_calls("calls to AWS", &summary.calls)?;
        // It may contain data of tenants, which must not be stored, as the output of a program without terminal is.
        to_terminal(&render::summary::task_output(execution));
        self.progress.hints().iter().for_each(|hint| note(&render::failure::hint_line(hint)));
        if self.stop.is_cancelled() && !execution.is_complete() {
            note(&render::failure::hint_line(&format!(
                "run `saas {command}` again to continue where this run stopped"
            )));
        }
        Ok(())
    }

    /// Shows everything that followed the steps.
    fn show_report(&self, report: ApplyReport, in_file: Result<(), Failure>) -> Result<Exit, Failure> {
        let exit = if report.is_complete() { Exit::Done } else { Exit::Failed };
        let ApplyReport { execution, verification, outputs, receipt, stored, calls } = report;
        if let Some(verification) = verification? {
            self.show_verification(&verification, &calls.verification)?;
        }
        if receipt.body().command == Command::Apply && execution.is_complete() {
            show_outputs(&outputs?, self.progress)?;
        }
        in_file?;
        self.progress.print(&render::receipt::written(&receipt, stored?.as_deref(), self.receipt))?;
        let calls = Calls::of(&calls.receipt_and_lease);
        if calls.total > 0 {
            self.show_calls("calls to AWS for receipt and lease", &calls)?;
        }
        Ok(exit)
    }

    /// Shows the verification; its calls are counted separately.
    fn show_verification(&self, verification: &Verification, calls: &Tally) -> Result<(), Failure> {
        let calls = &Calls::of(calls);
        self.progress.record(&Record::Verification { clean: verification.is_clean(), verification, calls });
        self.progress.print(&render::verification::text(verification))?;
        self.show_calls("calls to AWS for verification", calls)
    }

    /// Shows a number of calls, if the operator asked for it.
    fn show_calls(&self, what: &str, calls: &Calls) -> Result<(), Failure> {
        match verbosity() {
            Verbosity::Verbose => self.progress.print(&calls_text(what, calls)),
            Verbosity::Normal | Verbosity::Quiet => Ok(()),
        }
    }
}

/// Shows the outputs of an applied plan.
pub(crate) fn show_outputs(outputs: &BTreeMap<Address, String>, progress: &Progress) -> Result<(), Failure> {
    progress.record(&Record::Outputs { outputs });
    progress.print(&render::outputs::text(outputs))
}

/// The number of steps; a replacement has two.
fn steps(changes: &ChangeSet) -> usize {
    let steps = |action: &Action| if matches!(action, Action::Replace { .. }) { 2 } else { 1 };
    changes.changes.iter().map(|change| steps(&change.action)).sum()
}

/// Reports on stderr how many calls a session has sent, if the operator asked for it.
pub(crate) fn tell_calls(session: &Session<'_>) {
    if verbosity() != Verbosity::Verbose {
        return;
    }
    note(&calls_text("calls to AWS", &Calls::of(&session.calls())));
}
