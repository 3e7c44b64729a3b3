//! What a run did, in words.

use saas_model::receipt::{Body, Ending, FailedStep, Verified};

use super::super::layout::Block;
use crate::ran::Ran;
use crate::words::{count, duration};

pub(super) fn blocks(Ran { receipt, of_this_plan, content }: &Ran) -> Vec<Block> {
    let Body {
        plan, command, change_set, who, when, ending, done, failed, not_reached, not_begun, verification, ..
    } = content;
    let ended = match ending {
        Ending::Complete => "complete",
        Ending::Failed => "failed",
        Ending::Interrupted => "interrupted",
        Ending::LeaseLost => "stopped, because the lease may have been lost",
    };
    let took = duration(when.acted_millis / 1_000);
    let mut items = vec![
        ("Run", format!("{command} by {}, {}, {took}: {ended}", who.caller, when.began)),
        ("Change set", format!("`{change_set}`")),
        ("Receipt", format!("`{receipt}`")),
    ];
    if !of_this_plan {
        items.push(("Another plan", format!("the receipt is of plan `{}`, not of this one", plan.short())));
    }
    let others = [(failed.len(), "failed"), (not_reached.len(), "not reached"), (not_begun.len(), "not begun")];
    let others: String =
        others.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!(", {number} {what}")).collect();
    items.push(("Steps", format!("{} done{others}", done.len())));
    items.extend(
        failed.iter().map(|FailedStep { address, verb, error }| ("Failed", format!("{verb} `{address}`: {error}"))),
    );
    if let Some(Verified { clean, compared, attempts, deviations, broken }) = verification {
        let compared = count(usize::try_from(*compared).unwrap_or(usize::MAX), "resource");
        let found = match clean {
            true => "as planned, and no tenant reaches another".to_owned(),
            false => format!("{} differ, {} failed", deviations.len(), count(broken.len(), "isolation check")),
        };
        items.push((
            "Verification",
            format!("{compared} compared, {attempts} attempts to reach other tenants: {found}"),
        ));
    }
    vec![Block::Items(items)]
}
