//! What a review says of a rehearsal.

use std::time::Duration;

use saas_model::plan::CONTROL_BUCKET;
use saas_review::Rehearsed;
use saas_review::rehearsed::{Floor, Span, Step};

use super::timeline::{Leg, Timed};
use super::{NodeFailure, Rehearsal};

impl Rehearsal {
    /// The facts for a review.
    pub(crate) fn reviewed(&self) -> Rehearsed {
        let Self { change_set, at_stake, calls, took, critical_path, steps, floors, warnings, warnings_before, .. } =
            self;
        let step = |Leg { address, verb, took }: &Leg| Step {
            address: address.clone(),
            verb: verb.to_string(),
            seconds: took.as_secs(),
        };
        let span = |timed: &Timed| Span {
            address: timed.address.clone(),
            verb: timed.verb.to_string(),
            began_millis: millis(timed.began),
            ended_millis: millis(timed.ended.unwrap_or(*took)),
            on_chain: critical_path.iter().any(|leg| leg.address == timed.address && leg.verb == timed.verb),
        };
        let floor = |floor: &saas_sandbox::Floor| Floor {
            what: format!("{:?}, {}", floor.service, floor.name),
            calls: floor.calls,
            seconds: floor.time.as_secs(),
            assumed: floor.source.is_assumed(),
        };
        Rehearsed {
            change_set: *change_set,
            clean: self.is_clean(),
            seconds: took.as_secs(),
            chain: critical_path.iter().map(step).collect(),
            steps: steps.iter().map(span).collect(),
            calls: calls.len(),
            lease_calls: calls.iter().filter(|call| is_of_lease(call)).count(),
            floors: floors.iter().map(floor).collect(),
            data_lost: at_stake.clone(),
            warnings: warnings.clone(),
            warnings_before: warnings_before.clone(),
            failures: self.complaints(),
        }
    }

    /// Why the rehearsal is not clean, one line each.
    fn complaints(&self) -> Vec<String> {
        let Self { failures, unmodelled, second_apply, left, verification, .. } = self;
        let failed = |NodeFailure { address, error }: &NodeFailure| format!("`{address}`: {error}");
        let mut complaints: Vec<String> = failures.iter().map(failed).collect();
        complaints.extend(unmodelled.iter().map(|what| format!("the sandbox does not model {what}")));
        if let Some(verification) = verification.as_ref().filter(|verification| !verification.is_clean()) {
            let lines = crate::render::verification::text(verification);
            complaints
                .extend(anstream::adapter::strip_str(&lines).to_string().lines().map(|line| line.trim().to_owned()));
        }
        if !second_apply.is_empty() {
            complaints.push(format!("a second apply makes {} changing calls", second_apply.len()));
        }
        complaints.extend(left.iter().flatten().map(|what| format!("a destroy leaves {what}")));
        complaints
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a call keeps the lease, an object in the control bucket that is written again and again.
pub(crate) fn is_of_lease(call: &saas_executor::aws::calls::Call) -> bool {
    call.operation == "PutObject" && call.address.as_ref().is_some_and(|address| address.as_str() == CONTROL_BUCKET)
}
