//! Whether RDS knows the planned parameters of the database, and accepts their values.
//!
//! Otherwise RDS would reject them only after the network exists, when the parameter group is configured.

use std::collections::BTreeMap;

use aws_sdk_rds::types::Parameter as Known;
use saas_model::resource::{DbClusterParameterGroup, ResourceSpec};

use super::{Check, Failure, RejectedParameter};
use crate::context::Context;
use crate::error::Result;

/// The failures, if RDS rejects a planned parameter or that cannot be determined.
pub(super) async fn not_accepted(cx: &Context<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for node in cx.plan.nodes() {
        let Some(group) = DbClusterParameterGroup::of(&node.resource) else { continue };
        let live = cx.live.get(&node.address).and_then(|found| found.fields);
        let live = live.as_ref().and_then(DbClusterParameterGroup::of);
        // A parameter with its live value was accepted before.
        let is_new = |name: &str| live.is_none_or(|live| live.parameters.get(name) != group.parameters.get(name));
        let wanted: Vec<(&String, &str)> = group
            .parameters
            .iter()
            .map(|(name, wanted)| (name, wanted.value.as_str()))
            .filter(|(name, _)| is_new(name))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        match known(cx, &group.family).await {
            Ok(known) => failures.extend(wanted.into_iter().filter_map(|(name, value)| {
                let why = rejection(known.get(name), value)?;
                let (family, name, value) = (group.family.clone(), name.clone(), value.to_owned());
                Some(Failure::ParameterNotTaken { family, name, value, why })
            })),
            Err(error) => {
                let what = "the database parameters";
                failures.push(Failure::Unanswered { what, check: Some(Check::EngineVersion), error });
            }
        }
    }
    failures
}

/// The parameters of a family, by name.
async fn known(cx: &Context<'_>, family: &str) -> Result<BTreeMap<String, Known>> {
    let call = cx.aws.rds.describe_engine_default_cluster_parameters().db_parameter_group_family(family);
    let (mut known, mut marker) = (BTreeMap::new(), None);
    loop {
        let Some(page) = call.clone().set_marker(marker).send().await?.engine_defaults else { return Ok(known) };
        let parameters = page.parameters.unwrap_or_default().into_iter();
        known.extend(parameters.filter_map(|parameter| Some((parameter.parameter_name.clone()?, parameter))));
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(known);
        }
    }
}

fn rejection(known: Option<&Known>, value: &str) -> Option<RejectedParameter> {
    let Some(known) = known else { return Some(RejectedParameter::Unknown) };
    if known.is_modifiable() == Some(false) {
        return Some(RejectedParameter::Fixed);
    }
    let allowed = known.allowed_values().filter(|allowed| !allowed.is_empty())?;
    let taken = is_accepted(known.data_type().unwrap_or_default(), allowed, value);
    (!taken).then(|| RejectedParameter::Value { allowed: allowed.to_owned() })
}

/// Whether a value is allowed. Where RDS describes the allowed values in an unknown format, the decision
/// is left to RDS.
fn is_accepted(data_type: &str, allowed: &str, value: &str) -> bool {
    let words = || allowed.split(',').map(str::trim);
    let is_listed = |value: &str| words().any(|word| word == value.trim());
    match data_type {
        "list" => value.split(',').filter(|part| !part.trim().is_empty()).all(is_listed),
        "boolean" => is_listed(value),
        "string" if words().all(is_word) => is_listed(value),
        "integer" | "float" => {
            // A formula over the size of the instance.
            let Ok(number) = value.trim().parse::<f64>() else { return value.contains('{') };
            let ranges: Option<Vec<(f64, f64)>> = words().map(range).collect();
            ranges.is_none_or(|ranges| ranges.iter().any(|(least, most)| (*least..=*most).contains(&number)))
        }
        _ => true,
    }
}

/// Whether this is a value and not a pattern.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c))
}

/// The bounds in `0-100` or `-1-100`; a single number is a range of its own.
fn range(text: &str) -> Option<(f64, f64)> {
    if let Ok(number) = text.parse() {
        return Some((number, number));
    }
    let inner = text.char_indices().skip(1).filter(|(_, c)| *c == '-').map(|(at, _)| at);
    inner.into_iter().find_map(|at| Some((text[..at].parse().ok()?, text[at + 1..].parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_values_are_checked_against_allowed_values_of_rds() {
        let libraries = "auto_explain,pg_stat_statements,pgaudit";
        assert!(is_accepted("list", libraries, "pgaudit, pg_stat_statements"));
        assert!(!is_accepted("list", libraries, "pg_stat_statments"));
        assert!(is_accepted("list", libraries, ""), "none at all");
        assert!(is_accepted("boolean", "0,1", "1") && !is_accepted("boolean", "0,1", "on"));
        assert!(is_accepted("integer", "6-262143", "500") && !is_accepted("integer", "6-262143", "5"));
        assert!(is_accepted("integer", "-1-2147483647", "-1") && !is_accepted("integer", "-1-2147483647", "-2"));
        assert!(is_accepted("integer", "0,10-20", "0") && !is_accepted("integer", "0,10-20", "5"));
        assert!(is_accepted("integer", "6-262143", "LEAST({DBInstanceClassMemory/9531392},5000)"));
        assert!(is_accepted("float", "0.0-1.0", "0.5") && !is_accepted("float", "0.0-1.0", "1.5"));
        assert!(is_accepted("string", "none,ddl,mod,all", "ddl") && !is_accepted("string", "none,ddl,mod,all", "DDL"));
        assert!(is_accepted("string", "[a-z]+", "anything"), "a pattern is left to RDS");
        assert!(is_accepted("integer", "as many as fit", "7"), "so is what cannot be read");
    }

    #[test]
    fn unknown_and_fixed_parameters_are_rejected() {
        assert_eq!(rejection(None, "1"), Some(RejectedParameter::Unknown));
        let fixed = Known::builder().is_modifiable(false).build();
        assert_eq!(rejection(Some(&fixed), "1"), Some(RejectedParameter::Fixed));
        let free = Known::builder().is_modifiable(true).data_type("string").build();
        assert_eq!(rejection(Some(&free), "anything"), None);
    }
}
