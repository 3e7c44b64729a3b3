//! Events, one line each.

use saas_executor::event::{Event, Late, Phase, Verb};
use saas_model::Address;

use super::style::{self, styled};

/// The line of an event: a right-aligned verb, then its subject.
pub(crate) fn line(event: &Event) -> String {
    let (style, word, rest) = match event {
        Event::Phase { phase } => (style::BOLD, phase_word(*phase), String::new()),
        Event::PreflightSkipped { check } => (style::YELLOW, "skipping", format!("the preflight check `{check}`")),
        Event::Started { address, kind, verb } => (style::DIM, doing(*verb), format!("{address} ({kind})")),
        Event::Waiting { address, what, last, seconds } => {
            (style::DIM, "waiting", format!("{address} for {what}: {last}, {seconds} s"))
        }
        Event::Retrying { address, why } => (style::YELLOW, "retrying", format!("{address}: {why}")),
        Event::Done { address, kind, verb, millis } => {
            (style::GREEN, done(*verb), format!("{address} ({kind}) in {}", duration(*millis)))
        }
        // Hints are printed once, at the end.
        Event::Failed { address, kind, verb, error, hint: _ } => {
            (style::RED, "failed", format!("to {verb} {address} ({kind}): {error}"))
        }
        Event::NotReached { address, verb, because } => {
            (style::RED, "not reached", format!("to {verb} {address}: `{because}` failed"))
        }
        Event::NotBegun { address, verb } => (style::RED, "not begun", format!("to {verb} {address}")),
        Event::Stopping => {
            (style::YELLOW, "stopping", "when the calls under way are done; once more, and at once".to_owned())
        }
        Event::LeaseTakenOver { caller, run, plan, since, in_flight } => {
            let in_flight = match in_flight.as_slice() {
                [] => String::new(),
                addresses => format!(", while it was making {}", few(addresses)),
            };
            let whose = format!("`{caller}`, who held it since {since} for plan {} (run {run})", plan.short());
            (style::YELLOW, "taking over", format!("the lease of {whose} and did not renew it{in_flight}"))
        }
        Event::WaitingForLease { caller, run, since, until, seconds } => {
            let whose = format!("for the lease of `{caller}` (run {run}), who holds it since {since}");
            (style::YELLOW, "waiting", format!("{whose}, until {until} unless it is renewed: {seconds} s"))
        }
        Event::LeaseLost { why } => (style::RED, "lost", why.clone()),
        Event::LookingAgain { late, addresses, seconds } => {
            (style::YELLOW, "looking", looking(*late, addresses, *seconds))
        }
        Event::Warning { address: Some(address), message } => {
            (style::YELLOW, "warning", format!("{address}: {message}"))
        }
        Event::Warning { address: None, message } => (style::YELLOW, "warning", message.clone()),
    };
    let word = styled(style, format_args!("{word:>12}"));
    // Messages of AWS may have several lines; an event has one.
    format!("{word} {}", rest.replace('\n', " ")).trim_end().to_owned()
}

/// A wait for delayed reads: the resources, and the duration.
pub(crate) fn looking(late: Late, addresses: &[Address], seconds: u64) -> String {
    let what = match late {
        Late::Begun => "for what an earlier run may have begun to make",
        Late::Changed => "again when AWS lists what the last run has changed",
        Late::Removed => "whether what AWS lists is there, for there is no control bucket",
    };
    let what = format!("{what}, {seconds} s at most");
    if addresses.is_empty() { what } else { format!("{what}: {}", few(addresses)) }
}

/// The first addresses, and the number of the others.
fn few(addresses: &[Address]) -> String {
    const NAMED: usize = 5;
    let named: Vec<&str> = addresses.iter().take(NAMED).map(Address::as_str).collect();
    match addresses.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The verb of a phase.
pub(crate) const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Preflight => "preflight",
        Phase::Observe => "observing",
        Phase::Act => "acting",
        Phase::Verify => "verifying",
    }
}

/// The verb of a running step.
pub(crate) const fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "updating",
        Verb::Delete => "deleting",
        Verb::Settle => "settling",
    }
}

/// The verb of a completed step.
pub(crate) const fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Delete => "deleted",
        Verb::Settle => "settled",
    }
}

/// Formats milliseconds.
pub(crate) fn duration(millis: u64) -> String {
    let seconds = millis / 1_000;
    if seconds < 60 {
        format!("{seconds}.{:03} s", millis % 1_000)
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_model::Kind;
    use saas_model::time::UtcTime;

    use super::*;

    fn plain(event: &Event) -> String {
        strip_str(&line(event)).to_string()
    }

    #[test]
    fn words_are_aligned() {
        let address = Address::literal("network/vpc");
        let started = Event::Started { address: address.clone(), kind: Kind::Vpc, verb: Verb::Create };
        let done = Event::Done { address, kind: Kind::Vpc, verb: Verb::Create, millis: 1_250 };
        insta::assert_snapshot!([plain(&Event::Phase { phase: Phase::Act }), plain(&started), plain(&done)].join("\n"), @r"
              acting
            creating network/vpc (vpc)
             created network/vpc (vpc) in 1.250 s
        ");
    }

    #[test]
    fn an_event_is_one_line() {
        let failed = Event::Failed {
            address: Address::literal("network/vpc"),
            kind: Kind::Vpc,
            verb: Verb::Create,
            error: "no\nway".into(),
            hint: Some("ask".into()),
        };
        assert_eq!(plain(&failed), "      failed to create network/vpc (vpc): no way");
    }

    #[test]
    fn a_takeover_says_from_whom() {
        let taken_over = Event::LeaseTakenOver {
            caller: "arn:aws:iam::123456789012:role/saas-provisioner".into(),
            run: "0f0f".into(),
            plan: saas_model::Digest::from_bytes([7; 32]),
            since: UtcTime::from_unix(1_795_430_527),
            in_flight: (1..=6).map(|n| Address::literal(format!("network/subnet/{n}"))).collect(),
        };
        assert_eq!(
            plain(&taken_over),
            " taking over the lease of `arn:aws:iam::123456789012:role/saas-provisioner`, who held it since \
             2026-11-23T10:42:07Z for plan 07070707 (run 0f0f) and did not renew it, while it was making \
             network/subnet/1, network/subnet/2, network/subnet/3, network/subnet/4, network/subnet/5 and 1 more"
        );
    }

    #[test]
    fn what_is_looked_at_again_says_why_and_for_how_long() {
        let event = |late, addresses: &[&str]| Event::LookingAgain {
            late,
            addresses: addresses.iter().map(|address| Address::literal(*address)).collect(),
            seconds: 17,
        };
        assert_eq!(
            plain(&event(Late::Changed, &[])),
            "     looking again when AWS lists what the last run has changed, 17 s at most"
        );
        assert_eq!(
            plain(&event(Late::Removed, &["network/vpc"])),
            "     looking whether what AWS lists is there, for there is no control bucket, 17 s at most: network/vpc"
        );
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!([duration(7), duration(59_999), duration(61_000)], ["0.007 s", "59.999 s", "1 min 1 s"]);
    }
}
