//! How long an apply takes and what that waits for, in words and bars.

use super::super::layout::Block;
use crate::rehearsed::{Floor, Rehearsed, Step};
use crate::words::{count, duration};

/// The characters of the longest bar.
const BAR: u64 = 24;

/// The shortest step with a bar of its own, in seconds.
const LONG: u64 = 10;

pub(super) fn blocks(rehearsed: &Rehearsed) -> Vec<Block> {
    let Rehearsed { clean, seconds, chain, calls, lease_calls, floors, failures, .. } = rehearsed;
    if !clean {
        let failures = match failures.is_empty() {
            true => vec![("Failed", "see `saas rehearse`".to_owned())],
            false => failures.iter().map(|failure| ("Failed", failure.clone())).collect(),
        };
        return vec![Block::Items(failures)];
    }
    if *calls == 0 {
        return Vec::new();
    }
    let lease = match lease_calls {
        0 => String::new(),
        lease => format!(", {lease} of which keep the lease"),
    };
    let calls = count(*calls, "changing call");
    let mut blocks = vec![Block::Paragraph(format!("About {} on AWS, in {calls}{lease}.", duration(*seconds)))];
    let bars = bars(chain);
    if !bars.is_empty() {
        blocks.push(Block::Lines(bars));
    }
    let floor = floors.first().filter(|floor| floor.seconds >= LONG);
    blocks.extend(floor.map(|Floor { what, calls, seconds, assumed }| {
        let rate = if *assumed { "an assumed rate" } else { "the rate that AWS publishes" };
        Block::Paragraph(format!(
            "At least {} of it by {rate} for {what} ({}).",
            duration(*seconds),
            count(usize::try_from(*calls).unwrap_or(usize::MAX), "call")
        ))
    }));
    blocks
}

/// The chain, a bar for each long step; the short ones are counted.
fn bars(chain: &[Step]) -> Vec<String> {
    let (long, short): (Vec<&Step>, Vec<&Step>) = chain.iter().partition(|step| step.seconds >= LONG);
    let longest = long.iter().map(|step| step.seconds).max().unwrap_or(0);
    let width = long.iter().map(|step| duration(step.seconds).len()).max().unwrap_or(0);
    let bar = |step: &&Step| {
        let length = (step.seconds * BAR).div_ceil(longest);
        let bar: String = (0..BAR).map(|index| if index < length { '█' } else { ' ' }).collect();
        format!("{bar} {:>width$}  {} {}", duration(step.seconds), step.verb, step.address)
    };
    let mut lines: Vec<String> = long.iter().map(bar).collect();
    if !lines.is_empty() && !short.is_empty() {
        let seconds = short.iter().map(|step| step.seconds).sum();
        let blank: String = (0..BAR).map(|_| ' ').collect();
        lines.push(format!("{blank} {:>width$}  {} between", duration(seconds), count(short.len(), "short step")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use saas_model::Address;

    use super::*;

    #[test]
    fn bars_show_the_proportions_of_the_long_steps() {
        let step =
            |address: &str, seconds| Step { address: Address::literal(address), verb: "create".to_owned(), seconds };
        let chain =
            [step("network/vpc", 2), step("database/writer", 240), step("network/nat", 80), step("tenant/a/role", 3)];
        let lines = bars(&chain);
        assert_eq!(
            lines,
            [
                "████████████████████████      4 min  create database/writer",
                "████████                 1 min 20 s  create network/nat",
                "                                5 s  2 short steps between",
            ]
        );
        assert!(bars(&chain[..1]).is_empty());
    }
}
