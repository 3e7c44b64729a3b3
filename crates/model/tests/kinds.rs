//! What the declarations of the kinds say.

use saas_model::Kind;
use strum::IntoEnumIterator;

#[test]
fn fields_that_decide_who_has_access_are_marked() {
    let marked: Vec<String> = Kind::iter()
        .map(|kind| (kind, kind.security_fields()))
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(kind, fields)| format!("{kind}: {}", fields.join(" ")))
        .collect();
    assert_eq!(
        marked,
        [
            "security-group-rule: group direction port peer",
            "db-cluster: security_groups",
            "db-instance: publicly_accessible",
            "database-access: cluster database",
            "tenant-schema: access schema owner app password migrator",
            "bucket: public_access_block ownership policy",
            "secret: policy",
            "role: trust permissions_boundary policies",
            "listener-rule: hosts paths target_group",
            "service: security_groups public_ip exec",
            "schedule: role",
            "migration: schema",
        ]
    );
}

#[test]
fn reference_targets_are_found_in_nested_fields_and_in_both_variants() {
    let targets = |kind: Kind| kind.reference_targets().into_iter().collect::<Vec<_>>();
    assert_eq!(targets(Kind::Vpc), []);
    assert_eq!(targets(Kind::RouteTable), [Kind::Vpc, Kind::Subnet, Kind::InternetGateway, Kind::NatGateway]);
    assert_eq!(targets(Kind::SecurityGroupRule), [Kind::SecurityGroup]);
    assert_eq!(targets(Kind::TaskDefinition), [Kind::Secret, Kind::LogGroup, Kind::Role]);
}

#[test]
fn only_task_definitions_have_revisions() {
    let with_revisions: Vec<Kind> = Kind::iter().filter(|kind| kind.has_revisions()).collect();
    assert_eq!(with_revisions, [Kind::TaskDefinition]);
}
