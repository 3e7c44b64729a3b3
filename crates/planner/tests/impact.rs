//! The impact of spec changes on users of a live platform.

mod common;

use std::collections::BTreeSet;

use common::{MANY_FEATURES, REAL_APPLICATION, SPEC, planned, spec};
use saas_model::fields::fields;
use saas_model::impact::{between, immutable_changes, summary};
use saas_model::{Kind, Plan};
use serde_json::Value;
use strum::IntoEnumIterator;

fn base() -> Plan {
    planned(&spec(SPEC)).plan
}

fn edited(edits: &[(&str, &str)]) -> Plan {
    let edit = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    planned(&spec(&edits.iter().fold(SPEC.to_owned(), edit))).plan
}

/// The impact lines of a change of the spec.
fn impact(edits: &[(&str, &str)]) -> Vec<String> {
    summary(&between(&base(), &edited(edits)))
}

/// The part of a change that no live platform can make.
fn cannot(edits: &[(&str, &str)]) -> String {
    let lines = summary(&immutable_changes(&base(), &edited(edits)));
    assert!(lines.iter().all(|line| line.starts_with("cannot be changed on a live platform: ")), "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("; instead: ")), "{lines:?}");
    lines.join("\n")
}

#[test]
fn changes_without_impact_give_no_lines() {
    assert!(impact(&[("retention_days = 30", "retention_days = 60")]).is_empty());
    assert!(impact(&[("cpu_target = 60", "cpu_target = 50")]).is_empty());
    assert!(impact(&[("\"cc-acme\"", "\"cc-other\"")]).is_empty());
}

#[test]
fn new_image_rolls_the_services() {
    assert_eq!(impact(&[("nginx@sha256:0d", "nginx@sha256:1d")]), ["rolls 3 services, no interruption"]);
}

#[test]
fn new_image_of_an_application_runs_its_migrations_first() {
    let new = REAL_APPLICATION.replace("harbor/app@sha256:2c", "harbor/app@sha256:3c");
    let (before, after) = (planned(&spec(REAL_APPLICATION)).plan, planned(&spec(&new)).plan);
    let lines = summary(&between(&before, &after));
    assert_eq!(
        lines,
        [
            // The website and the worker of each tenant.
            "rolls 6 services, no interruption",
            "runs 3 migrations, each before the services of its tenant change",
        ]
    );
}

#[test]
fn new_port_replaces_the_target_groups() {
    let lines = impact(&[("\nport = 80\n", "\nport = 8080\n")]);
    let unanswered = "replaces 3 target groups: requests get a 503 until the new tasks are healthy";
    assert!(lines.iter().any(|line| line.starts_with(unanswered)), "{lines:?}");
    assert!(lines.contains(&"rolls 3 services, no interruption".to_owned()), "{lines:?}");
    assert_eq!(lines.len(), 2, "the rules of the old port give way to those of the new one: {lines:?}");
}

#[test]
fn class_version_and_library_changes_restart_the_database() {
    for edit in [
        ("engine_version = \"15.4\"", "engine_version = \"15.10\""),
        ("instance_class = \"db.r6g.large\"", "instance_class = \"db.r6g.xlarge\""),
        ("\"pg_stat_statements\", \"pgaudit\"", "\"pg_stat_statements\""),
        ("[\"pg_stat_statements\", \"pgaudit\"]", "[]"),
    ] {
        let lines = impact(&[edit]);
        let start = "restarts the database: about 5 minutes of downtime for all tenants (";
        assert!(matches!(&lines[..], [line] if line.starts_with(start)), "{edit:?}: {lines:?}");
    }
    let major = impact(&[("engine_version = \"15.4\"", "engine_version = \"16.4\"")]);
    assert!(major[0].starts_with("restarts the database: about 30 minutes of downtime"), "{major:?}");
    assert_eq!(major[1], "replaces the db cluster parameter group, no interruption");
}

#[test]
fn immutable_changes_are_reported_with_an_alternative() {
    for (edit, place) in [
        (("name = \"saas-platform\"", "name = \"other-platform\""), "the platform (platform)"),
        (("environment = \"development\"", "environment = \"staging\""), "the platform (environment)"),
        (("123456789012", "210987654321"), "the platform (account)"),
        (("us-east-1", "us-west-2"), "the platform (region)"),
        (("cidr = \"10.0.0.0/16\"", "cidr = \"10.0.0.0/17\""), "network/vpc (cidr)"),
        (("10.0.11.0/24", "10.0.21.0/24"), "network/subnet/private/us-east-1a (cidr)"),
        (("10.0.1.0/24", "10.0.21.0/24"), "network/subnet/public/us-east-1a (cidr)"),
        (("name = \"us-east-1c\"", "name = \"us-east-1d\""), "network/subnet/private/us-east-1c (removed)"),
        (("engine_version = \"15.4\"", "engine_version = \"15.3\""), "database/cluster (engine_version)"),
        (("name = \"saas\"", "name = \"acmedb\""), "database/cluster (database)"),
        (("admin = \"saasadmin\"", "admin = \"root2\""), "database/cluster (admin)"),
        (("[logs]", "[names]\nscope = \"platform\"\n\n[logs]"), "tenant/*/password of 3 tenants (name)"),
        (("[logs]", "[names]\nscope = \"platform\"\n\n[logs]"), "tenant/*/log-group of 3 tenants (name)"),
    ] {
        let edits: &[(&str, &str)] = match edit.0 {
            // Outside development, deletion protection must be on.
            "environment = \"development\"" => &[edit, ("deletion_protection = false", "deletion_protection = true")],
            _ => &[edit],
        };
        let text = cannot(edits);
        assert!(text.contains(place), "{edit:?}: {text}");
    }
}

#[test]
fn different_platform_is_the_only_impact_reported() {
    let lines = impact(&[("name = \"saas-platform\"", "name = \"other-platform\"")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn zones_and_tenants_can_be_added() {
    let zone =
        "[[network.zone]]\nname = \"us-east-1d\"\npublic = \"10.0.4.0/24\"\nprivate = \"10.0.14.0/24\"\n\n[database]";
    let tenant = "[[tenant]]\nid = \"hooli\"\ncost_center = \"cc\"\n\n[[tenant]]\nid = \"acme-corp\"";
    for edit in [("[database]", zone), ("[[tenant]]\nid = \"acme-corp\"", tenant)] {
        assert!(immutable_changes(&base(), &edited(&[edit])).is_empty(), "{edit:?}");
    }
    let fewer = edited(&[("[[tenant]]\nid = \"acme-corp\"\ncost_center = \"cc-acme\"", "")]);
    assert!(immutable_changes(&base(), &fewer).is_empty());
}

#[test]
fn shorter_retention_loses_logs() {
    let lines = impact(&[("retention_days = 30", "retention_days = 7")]);
    assert_eq!(
        lines,
        ["loses the log events that are older than that: tenant/*/log-group of 3 tenants (retention_days)"]
    );
}

/// Impacts are looked up by the serialized names of fields.
#[test]
fn declared_fields_match_serialized_fields() {
    let mut kinds: BTreeSet<Kind> = BTreeSet::new();
    for text in [SPEC, MANY_FEATURES, REAL_APPLICATION] {
        for node in planned(&spec(text)).plan.nodes() {
            kinds.insert(node.kind());
            let Value::Object(fields) = fields(&node.resource) else { panic!("a resource is a table") };
            let written: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
            let declared: BTreeSet<&str> = node.kind().fields().into_iter().map(|(name, _)| name).collect();
            assert_eq!(written, declared, "{}", node.kind());
        }
    }
    assert!(Kind::iter().all(|kind| kinds.contains(&kind)), "every kind is in one of the fixtures");
}
