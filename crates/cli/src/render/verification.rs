//! What verification found.

use std::fmt::Write;

use saas_executor::verify::{Deviation, Drift, Verification};
use saas_model::fields::FieldChange;
use serde::Serialize;

use super::fields;
use super::style::{self, styled};

/// What deviates, by address and field, and a line of how much was looked at.
pub(crate) fn text(verification: &Verification) -> String {
    let Verification { compared, deviations, probes } = verification;
    let mut text = String::new();
    for deviation in deviations {
        text.push_str(&show(deviation));
    }
    let bad: Vec<_> = probes.iter().filter(|probe| !probe.is_good()).collect();
    for probe in &bad {
        let _ = writeln!(text, "  {} {probe}", styled(style::RED, '!'));
    }
    let looked = format!("{compared} resources compared, {} probes of tenants' rights", probes.len());
    let _ = if verification.is_clean() {
        writeln!(text, "{}: live equals plan; {looked}", styled(style::GREEN, "verified"))
    } else {
        let not = styled(style::RED, "not verified");
        writeln!(text, "{not}: {} deviations, {} failed probes; {looked}", deviations.len(), bad.len())
    };
    text
}

fn show(deviation: &Deviation) -> String {
    let Deviation { address, kind, what } = deviation;
    let name = format!("  {} {address} ({kind})", styled(style::RED, '!'));
    match what {
        Drift::Missing => format!("{name}: it is not there\n"),
        Drift::Incomplete => format!(
            "{name}: its fields are right, and it is not complete, or has parts that the plan does not know\n"
        ),
        Drift::Unplanned { id } => format!("{name}: `{id}` is there, and the plan does not want it\n"),
        Drift::Incomplete => {
            format!("{name}: its fields are right, and it is not complete or has parts that the plan does not know\n")
        }
        Drift::Fields { fields, security_relevant } => {
            let warning = if *security_relevant { ": policies compare this tag" } else { "" };
            let lines = fields.iter().map(|FieldChange { field, before, after }| {
                format!("      {field}: {} in the plan, {} live\n", fields::value(before), fields::value(after))
            });
            format!("{name}{warning}\n{}", lines.collect::<String>())
        }
    }
}

/// One object: `clean`, whether live equals plan and every probe ended as it must; `compared`, how
/// many resources were read; `deviations` and `probes` as [`Verification`] has them.
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
    use saas_model::{Address, Kind};
    use serde_json::json;

    use super::*;

    fn verification(what: Vec<Drift>) -> Verification {
        let deviation = |what| Deviation { address: Address::literal("tenant/acme-corp/role"), kind: Kind::Role, what };
        Verification { compared: 74, deviations: what.into_iter().map(deviation).collect(), probes: Vec::new() }
    }

    #[test]
    fn each_deviation_says_plan_and_live() {
        let field = FieldChange { field: "tags.tenant_id".into(), before: json!("acme-corp"), after: json!(null) };
        let found = verification(vec![
            Drift::Missing,
            Drift::Incomplete,
            Drift::Unplanned { id: "vpc-1".into() },
            Drift::Fields { fields: vec![field], security_relevant: true },
        ]);
        insta::assert_snapshot!(strip_str(&text(&found)), @r#"
          ! tenant/acme-corp/role (role): it is not there
          ! tenant/acme-corp/role (role): its fields are right, and it is not complete or has parts that the plan does not know
          ! tenant/acme-corp/role (role): `vpc-1` is there, and the plan does not want it
          ! tenant/acme-corp/role (role): policies compare this tag
              tags.tenant_id: "acme-corp" in the plan, nothing live
        not verified: 4 deviations, 0 failed probes; 74 resources compared, 0 probes of tenants' rights
        "#);
    }

    #[test]
    fn clean_is_said_in_both_forms() {
        let clean = verification(Vec::new());
        let text = strip_str(&text(&clean)).to_string();
        assert_eq!(text, "verified: live equals plan; 74 resources compared, 0 probes of tenants' rights\n");
        let json: serde_json::Value = serde_json::from_str(&json(&clean)).expect("it is JSON");
        assert_eq!(json["clean"], true);
        assert_eq!(json["compared"], 74);
    }
}
