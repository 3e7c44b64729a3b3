//! What apply and destroy have in common: a change set is shown, agreed to and carried out.

use std::time::Instant;

use saas_executor::change_set::Action;
use saas_executor::{ChangeSet, Observation, Session};

use crate::confirm::Consent;
use crate::failure::Failure;
use crate::print::note;
use crate::progress::{Progress, Record};
use crate::render;
use crate::render::summary::{Calls, Summary, calls_text, millis};

/// Shows a change set.
pub(crate) fn show(changes: &ChangeSet, progress: &Progress) -> Result<(), Failure> {
    progress.record(&Record::ChangeSet { digest: changes.digest(), changes });
    progress.print(&render::change_set::text(changes))
}

/// Carries out what was shown, once somebody agrees to it; says whether all of it was done.
///
/// `verb` is the question: `apply` or `destroy`.
pub(crate) async fn carry_out(
    session: &Session<'_>,
    observation: &Observation,
    changes: &ChangeSet,
    consent: &Consent,
    verb: &str,
    progress: &Progress,
) -> Result<bool, Failure> {
    progress.clear();
    consent.to(changes, verb)?;
    progress.expect(steps(changes));
    let start = Instant::now();
    let acted = session.act(observation, changes).await;
    let summary = Summary {
        change_set: changes.digest(),
        acted: &acted,
        calls: Calls::of(&session.calls()),
        millis: millis(start.elapsed()),
    };
    progress.record(&Record::Summary(&summary));
    progress.print(&render::summary::text(&summary))?;
    Ok(acted.is_complete())
}

/// A replacement is two steps.
fn steps(changes: &ChangeSet) -> usize {
    let steps = |action: &Action| if matches!(action, Action::Replace { .. }) { 2 } else { 1 };
    changes.changes.iter().map(|change| steps(&change.action)).sum()
}

/// Says on stderr how many calls a session has made.
pub(crate) fn tell_calls(session: &Session<'_>) {
    note(&calls_text("calls to AWS", &Calls::of(&session.calls())));
}
