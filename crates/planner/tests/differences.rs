//! Tests of the differences between plans.

mod common;

use common::{SPEC, planned, spec, spec_of};
use saas_model::{Kind, Plan};
use saas_planner::diff::{NodeChange, NodeDiff, PlanDiff, diff};
use serde_json::{Value, json};

fn edited(from: &str, to: &str) -> Plan {
    assert!(SPEC.contains(from), "{from}");
    planned(&spec(&SPEC.replace(from, to))).plan
}

fn base() -> Plan {
    planned(&spec(SPEC)).plan
}

fn changed<'a>(diff: &'a PlanDiff, address: &str) -> &'a NodeDiff {
    let found = diff.nodes.iter().find(|(at, _)| at.as_str() == address).map(|(_, change)| change);
    match found {
        Some(NodeChange::Changed(diff)) => diff,
        other => panic!("{address}: {other:?}"),
    }
}

fn fields(changes: &[saas_model::fields::FieldChange]) -> Vec<(&str, &Value, &Value)> {
    changes.iter().map(|change| (change.field.as_str(), &change.before, &change.after)).collect()
}

#[test]
fn equal_plans_have_no_differences() {
    let diff = diff(&base(), &base());
    assert!(diff.is_empty() && diff.nodes.is_empty() && diff.header.is_empty() && diff.outputs.is_empty());
}

#[test]
fn equal_changes_of_all_tenants_are_grouped() {
    let diff = diff(&base(), &edited("retention_days = 30", "retention_days = 60"));
    assert_eq!(diff.nodes.len(), 3);
    let change = changed(&diff, "tenant/acme-corp/log-group");
    assert_eq!(fields(&change.fields), [("retention_days", &json!(30), &json!(60))]);
    let collapsed = diff.collapsed();
    assert_eq!(collapsed.tenants.len(), 1);
    assert_eq!(collapsed.tenants[0].address, "log-group");
    assert_eq!(collapsed.tenants[0].tenants, ["acme-corp", "globex-inc", "initech-llc"]);
    assert!(collapsed.shared.is_empty());
    assert_eq!(diff.header.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), ["spec"]);
}

#[test]
fn different_changes_of_tenants_are_not_grouped() {
    let own = "cost_center = \"cc-acme\"\n[tenant.service.web]\ncpu_target = 40\n";
    let text = SPEC.replace("cpu_target = 60", "cpu_target = 50").replace("cost_center = \"cc-acme\"\n", own);
    let diff = diff(&base(), &planned(&spec(&text)).plan);
    let collapsed = diff.collapsed();
    let groups: Vec<_> = collapsed.tenants.iter().map(|alike| (alike.address, alike.tenants.len())).collect();
    assert_eq!(groups, [("service/web/scaling", 1), ("service/web/scaling", 2)]);
}

#[test]
fn tags_and_initial_values_are_separate_from_fields() {
    let after = edited("desired_count = 2", "desired_count = 3");
    let diff_initial = diff(&base(), &after);
    let change = changed(&diff_initial, "tenant/acme-corp/service/web");
    assert_eq!(fields(&change.initial), [("desired_count", &json!(2), &json!(3))]);
    assert!(change.fields.is_empty() && change.tags.is_empty());

    let diff_tags = diff(&base(), &edited("\"cc-acme\"", "\"cc-other\""));
    let change = changed(&diff_tags, "tenant/acme-corp/bucket");
    assert_eq!(fields(&change.tags), [("cost_center", &json!("cc-acme"), &json!("cc-other"))]);
    assert!(change.fields.is_empty() && change.initial.is_empty());
    assert_eq!(diff_tags.nodes.len(), 16);
}

#[test]
fn added_and_removed_tenants_are_listed_as_a_whole() {
    let (two, three) = (planned(&spec_of(&["acme", "globex"])), planned(&spec_of(&["acme", "globex", "initech"])));
    let added = diff(&two.plan, &three.plan);
    assert!(added.tenants_added.contains("initech") && added.tenants_removed.is_empty());
    let collapsed = added.collapsed();
    assert_eq!(collapsed.added, [("initech", 16)].into());
    assert!(collapsed.tenants.is_empty() && collapsed.shared.is_empty() && collapsed.tenant_outputs.is_empty());
    let removed = diff(&three.plan, &two.plan);
    assert_eq!(removed.collapsed().removed, [("initech", 16)].into());
    assert!(removed.nodes.values().all(|change| matches!(change, NodeChange::Removed(_))));
}

#[test]
fn domain_change_is_in_outputs_and_header() {
    let diff = diff(&base(), &edited("domain = \"example.com\"", "domain = \"example.org\""));
    let outputs: Vec<String> = diff.outputs.keys().map(ToString::to_string).collect();
    assert_eq!(outputs, ["tenant/acme-corp/url", "tenant/globex-inc/url", "tenant/initech-llc/url"]);
    let after = diff.outputs.values().next().and_then(|change| change.after.as_ref()).map(ToString::to_string);
    assert_eq!(after.as_deref(), Some("http://acme-corp.example.org"));
    assert_eq!(diff.nodes.len(), 3, "the listener rules");
}

#[test]
fn https_adds_a_listener_and_a_rule() {
    let certificate = "[ingress]\ncertificate = \"arn:aws:acm:us-east-1:123456789012:certificate/6f1c3d2e-0a4b-4c5d-8e9f-a1b2c3d4e5f6\"\n\n[logs]";
    let diff = diff(&base(), &edited("[logs]", certificate));
    let added: Vec<_> = diff
        .nodes
        .iter()
        .filter_map(|(address, change)| match change {
            NodeChange::Added(kind) => Some((address.as_str(), *kind)),
            _ => None,
        })
        .collect();
    assert_eq!(
        added,
        [("ingress/0/listener/https", Kind::Listener), ("ingress/0/rule/https", Kind::SecurityGroupRule)]
    );
    assert_eq!(diff.collapsed().shared.len(), 3);
}

#[test]
fn diff_serializes_to_json() {
    let diff = diff(&base(), &edited("retention_days = 30", "retention_days = 60"));
    let json = serde_json::to_value(&diff).expect("differences serialize");
    let change = &json["nodes"]["tenant/acme-corp/log-group"]["changed"];
    assert_eq!(change["kind"], "log-group");
    assert_eq!(change["fields"][0], json!({ "field": "retention_days", "before": 30, "after": 60 }));
    let collapsed = serde_json::to_value(diff.collapsed()).expect("they serialize collapsed, too");
    assert_eq!(collapsed["tenants"][0]["tenants"], json!(["acme-corp", "globex-inc", "initech-llc"]));
}
