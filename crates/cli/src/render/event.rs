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
            (style::RED, "skipped", format!("{verb} {address}: `{because}` failed"))
        }
        Event::NotBegun { address, verb } => (style::RED, "not started", format!("{verb} {address}")),
        Event::Stopping => {
            (style::YELLOW, "stopping", "after the calls in progress; interrupt again to stop immediately".to_owned())
        }
        Event::LeaseTakenOver { caller, run, plan, since, in_flight } => {
            let in_flight = match in_flight.as_slice() {
                [] => String::new(),
                addresses => format!("; in progress: {}", few(addresses)),
            };
            let holder = format!("`{caller}` (run {run}, plan {})", plan.short());
            (style::YELLOW, "taking over", format!("the lease of {holder}: held since {since}, not renewed{in_flight}"))
        }
        Event::WaitingForLease { caller, run, since, until, seconds } => {
            let holder = format!("`{caller}` (run {run}), held since {since}");
            (
                style::YELLOW,
                "waiting",
                format!("for the lease of {holder}, expires at {until} unless renewed: {seconds} s"),
            )
        }
        Event::LeaseLost { why } => (style::RED, "lost", format!("the lease: {why}")),
        Event::LookingAgain { late, addresses, seconds } => {
            (style::YELLOW, "checking", checking(*late, addresses, *seconds))
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
pub(crate) fn checking(late: Late, addresses: &[Address], seconds: u64) -> String {
    let what = match late {
        Late::Begun => "for resources that an earlier run may have created",
        Late::Changed => "again until AWS lists the last run's changes",
        Late::Removed => "whether listed resources still exist, because there is no control bucket",
    };
    let what = format!("{what}, for up to {seconds} s");
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
        Phase::Act => "applying",
        Phase::Verify => "verifying",
    }
}

/// The verb of a running step.
pub(crate) const fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "updating",
        Verb::Delete => "deleting",
        Verb::Settle => "stabilizing",
    }
}

/// The verb of a completed step.
pub(crate) const fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Delete => "deleted",
        Verb::Settle => "stabilized",
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
            applying
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
    fn takeover_names_the_previous_holder() {
        let taken_over = Event::LeaseTakenOver {
            caller: "arn:aws:iam::123456789012:role/saas-provisioner".into(),
            run: "0f0f".into(),
            plan: saas_model::Digest::from_bytes([7; 32]),
            since: UtcTime::from_unix(1_795_430_527),
            in_flight: (1..=6).map(|n| Address::literal(format!("network/subnet/{n}"))).collect(),
        };
        assert_eq!(
            plain(&taken_over),
            " taking over the lease of `arn:aws:iam::123456789012:role/saas-provisioner` (run 0f0f, plan 07070707): held \
             since 2026-11-23T10:42:07Z, not renewed; in progress: \
             network/subnet/1, network/subnet/2, network/subnet/3, network/subnet/4, network/subnet/5 and 1 more"
        );
    }

    #[test]
    fn repeated_listing_has_reason_and_limit() {
        let event = |late, addresses: &[&str]| Event::LookingAgain {
            late,
            addresses: addresses.iter().map(|address| Address::literal(*address)).collect(),
            seconds: 17,
        };
        assert_eq!(
            plain(&event(Late::Changed, &[])),
            "    checking again until AWS lists the last run's changes, for up to 17 s"
        );
        assert_eq!(
            plain(&event(Late::Removed, &["network/vpc"])),
            "    checking whether listed resources still exist, because there is no control bucket, for up to 17 s: network/vpc"
        );
    }

    #[test]
    fn durations_are_readable() {
        assert_eq!([duration(7), duration(59_999), duration(61_000)], ["0.007 s", "59.999 s", "1 min 1 s"]);
    }
}
