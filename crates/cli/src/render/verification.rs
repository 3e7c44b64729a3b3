//! The result of a verification.

use std::collections::BTreeMap;
use std::fmt::Write;

use saas_executor::postgres::{Attempt, Outcome, Probe};
use saas_executor::verify::{Deviation, Drift, Verification};
use saas_model::fields::FieldChange;
use serde::Serialize;
use serde_json::Value;

use super::style::{self, styled};
use super::{change_set, fields, incomplete, tenant_list};

/// The deviations by address and field, and the number of checks.
pub(crate) fn text(verification: &Verification) -> String {
    let Verification { compared, deviations, probes, foreign } = verification;
    let mut text = String::new();
    for deviation in deviations {
        text.push_str(&deviation_text(deviation));
    }
    let broken: Vec<_> = probes.iter().filter(|probe| !probe.is_good()).collect();
    for probe in &broken {
        let _ = writeln!(text, "  {} {probe}", styled(style::RED, '!'));
    }
    for ((attempt, what), tenants) in residual(probes) {
        let _ = writeln!(text, "  {} {attempt} ({tenants}): residual risk: {what}", styled(style::YELLOW, '~'));
    }
    text.push_str(&change_set::foreign(foreign));
    let attempts: u64 = probes.iter().map(Probe::times).sum();
    let scope = format!("{compared} resources compared, {attempts} isolation checks");
    let _ = if verification.is_clean() {
        writeln!(text, "{}: live equals plan; {scope}", styled(style::GREEN, "verified"))
    } else {
        let not = styled(style::RED, "not verified");
        writeln!(text, "{not}: drift: {}, failed isolation checks: {}; {scope}", deviations.len(), broken.len())
    };
    text
}

/// The residual risks with their tenants; equal risks of several tenants are grouped.
fn residual(probes: &[Probe]) -> BTreeMap<(Attempt, &str), String> {
    let mut open: BTreeMap<(Attempt, &str), Vec<&str>> = BTreeMap::new();
    for probe in probes {
        if let Outcome::Residual { what } = &probe.outcome {
            open.entry((probe.attempt, what)).or_default().push(probe.tenant.as_deref().unwrap_or("all tenants"));
        }
    }
    let named = |tenants: Vec<&str>| match tenants.as_slice() {
        [tenant] => (*tenant).to_owned(),
        tenants => tenant_list(tenants),
    };
    open.into_iter().map(|(key, tenants)| (key, named(tenants))).collect()
}

fn deviation_text(deviation: &Deviation) -> String {
    let Deviation { address, kind, what, deep } = deviation;
    let name = format!("  {} {address} ({kind})", styled(style::RED, '!'));
    let repair = if *deep { "      `saas apply --deep` repairs it\n" } else { "" };
    match what {
        Drift::Missing => format!("{name}: it does not exist\n"),
        Drift::Incomplete(why) => format!("{name}: {}\n{repair}", incomplete::text(why)),
        Drift::Unplanned { id } => format!("{name}: `{id}` exists, but is not in the plan\n"),
        Drift::Exposed { id, what, remedy } => format!("{name}: `{id}`: {what}\n      {remedy}\n"),
        Drift::Fields { fields, security_relevant } => {
            let warning = if *security_relevant { ": policies depend on this tag" } else { "" };
            let lines = fields.iter().flat_map(fields::parts).flat_map(differing);
            format!("{name}{warning}\n{}{repair}", lines.map(|line| format!("      {line}\n")).collect::<String>())
        }
    }
}

/// The lines that show how a live field differs from the plan; for lists, the elements that differ.
fn differing(FieldChange { field, before, after }: FieldChange) -> Vec<String> {
    let (Value::Array(planned), Value::Array(live)) = (&before, &after) else {
        return vec![format!("{field}: {} in the plan, {} live", fields::value(&before), fields::value(&after))];
    };
    let only = |list: &[Value], other: &[Value], what: &str| {
        let missing = list.iter().filter(|element| !other.contains(element));
        missing.map(|element| format!("  {what}: {}", fields::value(element))).collect::<Vec<_>>()
    };
    let lines = [only(planned, live, "only in the plan"), only(live, planned, "only live")].concat();
    if lines.is_empty() {
        return vec![format!("{field}: the same elements in another order or number")];
    }
    std::iter::once(format!("{field}:")).chain(lines).collect()
}

/// One object: `clean` (live equals plan, and every probe ended as expected), `compared` (the number of
/// resources read), `deviations` and `probes` as in [`Verification`].
pub(crate) fn json(verification: &Verification) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        clean: bool,
        #[serde(flatten)]
        verification: &'a Verification,
    }
    super::json(&Report { clean: verification.is_clean(), verification })
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_executor::state::foreign::Foreign;
    use saas_executor::state::incomplete::Incomplete;
    use saas_model::{Address, Kind};
    use serde_json::json;

    use super::*;

    fn verification(what: Vec<Drift>) -> Verification {
        let address = || Address::literal("tenant/acme-corp/role");
        let deviation = |what| Deviation { address: address(), kind: Kind::Role, what, deep: false };
        let deviations = what.into_iter().map(deviation).collect();
        Verification { compared: 74, deviations, probes: Vec::new(), foreign: Vec::new() }
    }

    #[test]
    fn deviations_show_plan_and_live() {
        let field = FieldChange { field: "tags.tenant_id".into(), before: json!("acme-corp"), after: json!(null) };
        let found = verification(vec![
            Drift::Missing,
            Drift::Incomplete(Incomplete::Unrecorded),
            Drift::Incomplete(Incomplete::NotReady { state: "failed".into() }),
            Drift::Incomplete(Incomplete::Inactive),
            Drift::Unplanned { id: "vpc-1".into() },
            Drift::Exposed { id: "l-1".into(), what: "this listener forwards".into(), remedy: "delete it".into() },
            Drift::Fields { fields: vec![field], security_relevant: true },
        ]);
        insta::assert_snapshot!(strip_str(&text(&found)), @r#"
          ! tenant/acme-corp/role (role): it does not exist
          ! tenant/acme-corp/role (role): its fields match, but the record of its completion is missing
          ! tenant/acme-corp/role (role): its state is `failed`
          ! tenant/acme-corp/role (role): its newest revision is inactive, so no task can be started from it
          ! tenant/acme-corp/role (role): `vpc-1` exists, but is not in the plan
          ! tenant/acme-corp/role (role): `l-1`: this listener forwards
              delete it
          ! tenant/acme-corp/role (role): policies depend on this tag
              tags.tenant_id: "acme-corp" in the plan, unset live
        not verified: drift: 7, failed isolation checks: 0; 74 resources compared, 0 isolation checks
        "#);
    }

    #[test]
    fn deep_deviation_names_the_repair() {
        let mut found = verification(vec![Drift::Incomplete(Incomplete::Unrecorded)]);
        found.deviations[0].deep = true;
        found.foreign.push(Foreign {
            address: Address::literal("database/cluster"),
            kind: Kind::DbCluster,
            id: "saas-platform-db-restored".into(),
            why: "it has another name".into(),
        });
        insta::assert_snapshot!(strip_str(&text(&found)), @r"
          ! tenant/acme-corp/role (role): its fields match, but the record of its completion is missing
              `saas apply --deep` repairs it
          ~ `saas-platform-db-restored` has the tags of database/cluster (db-cluster), but saas does not manage it: it has another name
        not verified: drift: 1, failed isolation checks: 0; 74 resources compared, 0 isolation checks
        ");
    }

    #[test]
    fn clean_verification_is_rendered() {
        let clean = verification(Vec::new());
        let text = strip_str(&text(&clean)).to_string();
        assert_eq!(text, "verified: live equals plan; 74 resources compared, 0 isolation checks\n");
        let json: serde_json::Value = serde_json::from_str(&json(&clean)).expect("it is JSON");
        assert_eq!(json["clean"], true);
        assert_eq!(json["compared"], 74);
    }

    #[test]
    fn failed_checks_fail_and_residual_risks_do_not() {
        let probe = |tenant: &str, outcome| Probe {
            tenant: Some(tenant.into()),
            attempt: Attempt::CreateTemporaryTable,
            against: None,
            outcome,
        };
        let open = || Outcome::Residual { what: "PUBLIC may".into() };
        let mut found = verification(Vec::new());
        found.probes = vec![probe("acme-corp", open()), probe("globex-inc", open())];
        found.probes.push(probe("acme-corp", Outcome::Held { times: 5 }));
        insta::assert_snapshot!(strip_str(&text(&found)), @r"
          ~ create a temporary table (2 tenants: acme-corp, globex-inc): residual risk: PUBLIC may
        verified: live equals plan; 74 resources compared, 7 isolation checks
        ");
        found.probes.push(probe("initech-llc", Outcome::Broken { what: "it worked".into() }));
        let text = strip_str(&text(&found)).to_string();
        assert!(text.contains("  ! initech-llc: create a temporary table: failed: it worked\n"), "{text}");
        assert!(text.contains("not verified: drift: 0, failed isolation checks: 1;"), "{text}");
    }
}
