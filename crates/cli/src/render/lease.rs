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
        format!("valid until {until} unless renewed")
    };
    let mut text = format!(
        "lease of {}\n  run         {run}\n  command     {command} of plan {plan}\n  since       {since}\n  renewed     \
         {renewed}\n  state       {state}\n",
        styled(style::BOLD, caller)
    );
    for address in in_flight {
        let _ = writeln!(text, "  in progress {address}");
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
    fn holder_is_rendered_with_its_times() {
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
          command     apply of plan 0707070707070707070707070707070707070707070707070707070707070707
          since       2026-11-23T10:42:07Z
          renewed     2026-11-23T10:42:47Z
          state       valid until 2026-11-23T10:43:47Z unless renewed
          in progress network/vpc
        ");
        let expired = text(&Holder { expired: true, ..holder });
        assert!(expired.contains("expired at 2026-11-23T10:43:47Z: the next apply takes it over"), "{expired}");
    }
}
