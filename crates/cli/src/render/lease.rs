//! The holder of the lease.

use std::fmt::Write;

use saas_executor::lease::Holder;

use super::style::{self, styled};

/// The holder of the lease, since when, and its command.
pub(crate) fn text(holder: &Holder) -> String {
    let Holder { caller, run, plan, command, since, renewed, until, expired, in_flight } = holder;
    let state = if *expired {
        styled(style::YELLOW, format_args!("expired at {until}: the next apply takes it over"))
    } else {
        format!("good until {until}, unless it is renewed")
    };
    let mut text = format!(
        "lease of {}\n  run         {run}\n  doing       {command} of plan {plan}\n  since       {since}\n  heard of    \
         {renewed}\n  state       {state}\n",
        styled(style::BOLD, caller)
    );
    for address in in_flight {
        let _ = writeln!(text, "  making      {address}");
    }
    text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_model::receipt::Command;
    use saas_model::time::UtcTime;
    use saas_model::{Address, Digest};

    use super::*;

    #[test]
    fn who_since_when_and_until_when() {
        let since = UtcTime::from_unix(1_795_430_527);
        let holder = Holder {
            caller: "arn:aws:iam::123456789012:role/saas-provisioner".into(),
            run: "0f0f".into(),
            plan: Digest::from_bytes([7; 32]),
            command: Command::Apply,
            since,
            renewed: since.plus(40),
            until: since.plus(100),
            expired: false,
            in_flight: vec![Address::literal("network/vpc")],
        };
        insta::assert_snapshot!(strip_str(&text(&holder)), @r"
        lease of arn:aws:iam::123456789012:role/saas-provisioner
          run         0f0f
          doing       apply of plan 0707070707070707070707070707070707070707070707070707070707070707
          since       2026-11-23T10:42:07Z
          heard of    2026-11-23T10:42:47Z
          state       good until 2026-11-23T10:43:47Z, unless it is renewed
          making      network/vpc
        ");
        let expired = text(&Holder { expired: true, ..holder });
        assert!(expired.contains("expired at 2026-11-23T10:43:47Z: the next apply takes it over"), "{expired}");
    }
}
