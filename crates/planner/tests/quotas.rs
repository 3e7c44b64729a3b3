//! What plans of growing size make AWS say.

mod common;

use common::{SPEC, planned, spec, spec_of, tenants};
use saas_planner::findings::{Finding, Quota, Reason, Severity, findings};

fn found(tenants_wanted: usize) -> Vec<Finding> {
    findings(&planned(&spec_of(&tenants(tenants_wanted))).plan)
}

fn needed(findings: &[Finding], wanted: Quota) -> Option<(Severity, u64)> {
    findings.iter().find_map(|finding| match finding.reason {
        Reason::AskForMore { quota, needed } | Reason::TooMany { quota, needed, .. } if quota == wanted => {
            Some((finding.severity(), needed))
        }
        _ => None,
    })
}

#[test]
fn the_fixture_needs_nothing() {
    assert_eq!(findings(&planned(&spec(SPEC)).plan), []);
}

#[test]
fn sixty_tenants_need_only_more_cpu() {
    let findings = found(60);
    assert_eq!(needed(&findings, Quota::FargateCpus), Some((Severity::Warning, 120)));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].to_string(),
        "120 Fargate vCPU in the Region, where an account has 6 at first: ask AWS for 120"
    );
}

#[test]
fn beyond_five_shards_the_database_can_have_no_more_groups() {
    assert_eq!(needed(&found(250), Quota::GroupsPerDatabase), None);
    let findings = found(251);
    assert_eq!(needed(&findings, Quota::GroupsPerDatabase), Some((Severity::Error, 6)));
    assert_eq!(needed(&findings, Quota::RulesPerInterface), None);
    let database = findings.iter().find(|finding| finding.address.is_some()).expect("the cluster is named");
    assert!(database.to_string().starts_with("`database/"), "{database}");
    assert_eq!(needed(&findings, Quota::DatabaseConnections), Some((Severity::Error, 5_020)));
}

#[test]
fn beyond_five_hundred_tenants_roles_have_to_be_asked_for() {
    assert_eq!(needed(&found(500), Quota::Roles), None);
    assert_eq!(needed(&found(501), Quota::Roles), Some((Severity::Warning, 1_002)));
}

#[test]
fn more_zones_need_more_addresses() {
    let zones: String = (4..=6)
        .map(|n| {
            let letter = char::from(b'a' - 1 + n);
            let zone = format!("name = \"us-east-1{letter}\"\npublic = \"10.0.{n}.0/24\"");
            format!("[[network.zone]]\n{zone}\nprivate = \"10.0.1{n}.0/24\"\n")
        })
        .collect();
    let findings = findings(&planned(&spec(&SPEC.replacen("[database]", &format!("{zones}[database]"), 1))).plan);
    assert_eq!(needed(&findings, Quota::ElasticIps), Some((Severity::Warning, 6)));
}

#[test]
fn many_certificates() {
    let shared = SPEC.split("[[tenant]]").next().expect("a split gives at least one piece");
    let tenants: String = (0..27)
        .map(|n| {
            let arn = format!("arn:aws:acm:us-east-1:123456789012:certificate/{n}");
            format!("[[tenant]]\nid = \"tenant-{n}\"\ncost_center = \"cc\"\ncertificate = \"{arn}\"\n")
        })
        .collect();
    let findings = findings(&planned(&spec(&format!("{shared}{tenants}"))).plan);
    // One of the 27 is the default, which does not count.
    assert_eq!(needed(&findings, Quota::CertificatesPerLoadBalancer), Some((Severity::Warning, 26)));
}
