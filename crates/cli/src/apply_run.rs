//! The steps that `apply` and `destroy` share: show a change set, get approval, apply it under the
//! lease, and write a receipt.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use saas_executor::apply::change_set::Action;
use saas_executor::lease::{LeaseGuard, LeaseSnapshot};
use saas_executor::receipts::ApplyOutcome;
use saas_executor::verify::{Scope, Verification};
use saas_executor::{ApplyReport, ChangeSet, Observation, Session, Stop};
use saas_model::Receipt;
use saas_model::receipt::Command;

use crate::confirm::Consent;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::interruptible;
use crate::print::note;
use crate::progress::{Progress, Record};
use crate::receipt_file::ReceiptFile;
use crate::render;
use crate::render::summary::{Calls, Summary, calls_text, millis};

/// Shows a change set.
pub(crate) fn show(changes: &ChangeSet, progress: &Progress) -> Result<(), Failure> {
    progress.record(&Record::ChangeSet { digest: changes.digest(), changes });
    progress.print(&render::change_set::text(changes))
}

/// An approved change set and the way to apply it.
pub(crate) struct ApplyRun<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) observation: &'a Observation,
    pub(crate) changes: &'a ChangeSet,
    pub(crate) command: Command,
    /// The platform and its location, as shown to the operator.
    pub(crate) place: String,
    /// Whether deletion protection is switched off first.
    pub(crate) unprotect: bool,
    /// The file that also receives the receipt.
    pub(crate) receipt: Option<&'a Path>,
    pub(crate) stop: &'a Stop,
    pub(crate) progress: &'a Progress,
}

/// The result of the verification and the calls that it took.
struct Proof {
    verification: Verification,
    calls: Calls,
}

impl ApplyRun<'_> {
    /// Applies the change set after approval. Returns [`Exit::Done`] if every step succeeded and the
    /// verification is clean.
    ///
    /// # Errors
    /// If nothing was done (no approval, or the lease cannot be acquired), and for errors outside the
    /// steps.
    pub(crate) async fn execute(&self, sighting: LeaseSnapshot, consent: &Consent) -> Result<Exit, Failure> {
        let Self { session, observation, changes, progress, .. } = *self;
        progress.clear();
        consent.to(changes, &format!("{} this: {}?", self.command, self.place))?;
        let file = self.receipt.map(ReceiptFile::prepare).transpose()?;
        progress.expect(steps(changes));
        let work = async {
            let held = async |held: &LeaseGuard| self.under_lease(held, file).await;
            let done = session.hold(observation, sighting, self.command, held).await.map_err(Failure::Lease)?;
            let Done { exit, calls } = done?;
            // The receipt is written after the summary; its calls are reported separately.
            let calls = Calls::of(&session.calls()).since(&calls);
            if calls.total > 0 {
                progress.print(&calls_text("calls to AWS for receipt and lease", &calls))?;
            }
            Ok(exit)
        };
        interruptible(self.stop, progress, work).await
    }

    async fn under_lease(&self, held: &LeaseGuard, file: Option<ReceiptFile>) -> Result<Done, Failure> {
        let Self { session, observation, changes, progress, .. } = *self;
        if self.unprotect {
            session.unprotect(held, observation).await?;
        }
        let start = Instant::now();
        let acted = session.act(held, observation, changes).await;
        let millis = millis(start.elapsed());
        let shown = self.show_summary(&acted, millis);
        let proof = self.prove(&acted).await;
        let calls = Calls::of(&session.calls());

        // The receipt is written even if showing or verifying fails.
        let outputs = match self.command {
            Command::Apply => session.outputs(observation).unwrap_or_default(),
            Command::Destroy => BTreeMap::new(),
        };
        let verification = proof.as_ref().ok().and_then(Option::as_ref).map(|proof| &proof.verification);
        let deed = ApplyOutcome { changes, acted: &acted, millis, verification, outputs: outputs.clone() };
        let kept = self.keep(held, &session.receipt(held, deed), file).await;

        shown?;
        let clean = match &proof? {
            Some(proof) => {
                self.show_proof(proof)?;
                proof.verification.is_clean()
            }
            None => self.command == Command::Destroy,
        };
        if self.command == Command::Apply && acted.is_complete() {
            show_outputs(session, observation, progress)?;
        }
        progress.print(&kept?)?;
        Ok(Done { exit: if acted.is_complete() && clean { Exit::Done } else { Exit::Failed }, calls })
    }

    fn show_summary(&self, acted: &ApplyReport, millis: u64) -> Result<(), Failure> {
        let calls = Calls::of(&self.session.calls());
        let summary = Summary { change_set: self.changes.digest(), acted, calls, millis };
        self.progress.record(&Record::Summary(&summary));
        self.progress.print(&render::summary::text(&summary))?;
        self.progress.hints().iter().for_each(|hint| note(&render::failure::hint_line(hint)));
        if self.stop.is_requested() && !acted.is_complete() {
            note(&render::failure::hint_line(&format!("{} again to go on where this stopped", self.command)));
        }
        Ok(())
    }

    /// Verifies that live equals plan, unless steps failed or the operator requested a stop.
    async fn prove(&self, acted: &ApplyReport) -> Result<Option<Proof>, Failure> {
        if self.command != Command::Apply || !acted.is_complete() {
            return Ok(None);
        }
        let before = Calls::of(&self.session.calls());
        let scope = Scope::touched(self.session.plan(), self.changes);
        tokio::select! {
            biased;
            () = self.stop.requested() => Ok(None),
            verification = self.session.verify(&scope) => {
                let verification = verification.map_err(Failure::Observe)?;
                Ok(Some(Proof { verification, calls: Calls::of(&self.session.calls()).since(&before) }))
            }
        }
    }

    /// Shows the verification; its calls are counted separately.
    fn show_proof(&self, proof: &Proof) -> Result<(), Failure> {
        let Proof { verification, calls } = proof;
        self.progress.record(&Record::Verification { clean: verification.is_clean(), verification, calls });
        self.progress.print(&render::verification::text(verification))?;
        self.progress.print(&calls_text("calls to AWS for verification", calls))
    }

    /// Stores a receipt in the control bucket and in the file. Returns a text with both locations.
    async fn keep(&self, held: &LeaseGuard, receipt: &Receipt, file: Option<ReceiptFile>) -> Result<String, Failure> {
        let in_file = file.map(|file| file.write(receipt)).transpose();
        let in_bucket = self.session.keep_receipt(held, receipt).await.map_err(Failure::Lease);
        in_file?;
        Ok(render::receipt::kept(receipt, in_bucket?.as_deref(), self.receipt))
    }
}

/// The outcome, and the calls before the receipt was written.
struct Done {
    exit: Exit,
    calls: Calls,
}

/// Shows the outputs of an applied plan.
pub(crate) fn show_outputs(
    session: &Session<'_>,
    observation: &Observation,
    progress: &Progress,
) -> Result<(), Failure> {
    let outputs = session.outputs(observation)?;
    progress.record(&Record::Outputs { outputs: &outputs });
    progress.print(&render::outputs::text(&outputs))
}

/// The number of steps; a replacement has two.
fn steps(changes: &ChangeSet) -> usize {
    let steps = |action: &Action| if matches!(action, Action::Replace { .. }) { 2 } else { 1 };
    changes.changes.iter().map(|change| steps(&change.action)).sum()
}

/// Reports on stderr how many calls a session has sent.
pub(crate) fn tell_calls(session: &Session<'_>) {
    note(&calls_text("calls to AWS", &Calls::of(&session.calls())));
}
