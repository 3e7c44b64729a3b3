//! Tests of the findings for plans of growing size.

mod common;

use common::{SPEC, planned, spec, spec_of, tenants};
use saas_model::Plan;
use saas_planner::findings::{Finding, Quota, Reason, Severity, capacity, findings};

fn found(number: usize) -> Vec<Finding> {
    findings(&planned(&spec_of(&tenants(number))).plan)
}

/// The text of the fixture's spec with `number` tenants.
fn spec_text(number: usize) -> String {
    let shared = SPEC.split("[[tenant]]").next().expect("a split gives at least one piece");
    let tenants = tenants(number).into_iter().map(|id| format!("[[tenant]]\nid = \"{id}\"\ncost_center = \"cc\"\n"));
    std::iter::once(shared.to_owned()).chain(tenants).collect()
}

fn needed(findings: &[Finding], quota_to_find: Quota) -> Option<(Severity, u64)> {
    findings.iter().find_map(|finding| match &finding.reason {
        Reason::AskForMore { quota, needed } | Reason::TooMany { quota, needed, .. } if *quota == quota_to_find => {
            Some((finding.severity(), *needed))
        }
        _ => None,
    })
}

/// The findings about insufficient capacity of the spec, as texts.
fn capacity_findings(plan: &Plan) -> Vec<String> {
    let is_capacity =
        |finding: &&Finding| !matches!(finding.reason, Reason::AskForMore { .. } | Reason::TooMany { .. });
    let findings = findings(plan);
    assert!(findings.iter().filter(is_capacity).all(|finding| finding.severity() == Severity::Warning));
    findings.iter().filter(is_capacity).map(Finding::to_string).collect()
}

#[test]
fn fixture_exceeds_only_the_cpu_quota() {
    let findings = findings(&planned(&spec(SPEC)).plan);
    // Three tenants with 8 tasks of one vCPU each, doubled during a deployment.
    assert_eq!(needed(&findings, Quota::FargateCpus), Some((Severity::Warning, 48)));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].to_string(),
        "the plan needs 48 Fargate vCPU in the Region, with every service at `max_count` during a deployment, but the \
         default quota is 6: request a quota increase to 48"
    );
}

#[test]
fn hundred_tenants_need_a_larger_class() {
    let texts = capacity_findings(&planned(&spec_of(&tenants(100))).plan);
    assert_eq!(
        texts[0],
        "`database/writer`: needs 2000 database connections for all tenants, but db.r6g.large has 1668 for them: \
         use db.r6g.xlarge, or lower `database.connections_per_tenant`"
    );
    let text = spec_text(100).replace("db.r6g.large", "db.r6g.xlarge");
    let bigger = planned(&spec(&text)).plan;
    assert!(capacity_findings(&bigger).iter().all(|text| !text.contains("connections")));
}

#[test]
fn more_connections_than_any_class_are_a_warning() {
    let texts = capacity_findings(&planned(&spec_of(&tenants(250))).plan);
    assert!(
        texts[0].contains("5000 database connections") && texts[0].contains("no class is large enough"),
        "{texts:?}"
    );
}

#[test]
fn rollout_of_all_services_needs_larger_subnets() {
    assert!(capacity_findings(&planned(&spec_of(&tenants(46))).plan).is_empty());
    let texts = capacity_findings(&planned(&spec_of(&tenants(250))).plan);
    assert_eq!(
        texts[1],
        "the plan needs 4002 addresses for the database and all tasks, with every service at `max_count` during a \
         deployment (1002 at `desired_count`), but the 3 private subnets have 753: use a /21 in each zone, \
         or add zones to a live platform"
    );
}

#[test]
fn small_public_subnet_is_reported() {
    let text = spec_text(200).replace("public = \"10.0.1.0/24\"", "public = \"10.0.1.0/27\"");
    let texts = capacity_findings(&planned(&spec(&text)).plan);
    assert!(
        texts.contains(
            &"`network/subnet/public/us-east-1a`: needs 33 addresses for load balancers and the NAT gateway, but has \
              27: use a /26, or add a zone to a live platform"
                .to_owned()
        ),
        "{texts:?}"
    );
}

#[test]
fn high_max_count_exceeds_target_quotas() {
    // New tenants get another load balancer before its targets are exhausted. Tenants that grow stay.
    let grown = spec(&spec_text(50).replace("max_count = 8", "max_count = 12"));
    assert_eq!(needed(&findings(&planned(&grown).plan), Quota::TargetsPerLoadBalancer), None);
    let small = planned(&spec(&spec_text(50)));
    let findings = findings(&saas_planner::plan(&grown, &small.lock).expect("it can be planned").plan);
    assert_eq!(needed(&findings, Quota::TargetsPerLoadBalancer), Some((Severity::Warning, 1_200)));
    let text = spec_text(1).replace("max_count = 8", "max_count = 600");
    let findings = saas_planner::findings(&planned(&spec(&text)).plan);
    assert_eq!(needed(&findings, Quota::TargetsPerTargetGroup), Some((Severity::Warning, 1_200)));
}

#[test]
fn large_platforms_exceed_interface_target_and_alarm_quotas() {
    let findings = found(400);
    assert_eq!(needed(&findings, Quota::NetworkInterfaces).map(|(severity, _)| severity), Some(Severity::Warning));
    assert_eq!(needed(&found(300), Quota::NetworkInterfaces), None);
    let plan = planned(&spec_of(&tenants(2_501))).plan;
    let findings = saas_planner::findings(&plan);
    assert_eq!(needed(&findings, Quota::Alarms), Some((Severity::Warning, 5_002)));
    assert_eq!(needed(&findings, Quota::SecurityGroups), Some((Severity::Warning, 2_501 + 51 + 2)));
    assert_eq!(needed(&findings, Quota::LoadBalancers), Some((Severity::Warning, 51)));
    assert_eq!(needed(&findings, Quota::Roles), Some((Severity::Error, 5_002)), "the first hard limit");
    assert_eq!(findings.iter().filter(|finding| finding.severity() == Severity::Error).count(), 1, "{findings:?}");
}

#[test]
fn limit_that_is_reached_first_is_reported() {
    let capacity_of = |text: &str| {
        let capacity = capacity(&planned(&spec(text)).plan).expect("there are tenants");
        (capacity.tenants, capacity.limited_by)
    };
    assert_eq!(capacity_of(SPEC), (46, "addresses in the private subnets".to_owned()));
    let wide = |text: &str| {
        let zones = text.replace("10.0.11.0/24", "10.0.64.0/18").replace("10.0.12.0/24", "10.0.128.0/18");
        zones.replace("10.0.13.0/24", "10.0.192.0/18")
    };
    assert_eq!(capacity_of(&wide(SPEC)), (83, "connections of db.r6g.large".to_owned()));
    let few = wide(SPEC).replacen("[service.web]", "connections_per_tenant = 1\n[service.web]", 1);
    assert_eq!(capacity_of(&few), (1_668, "connections of db.r6g.large".to_owned()));
    let big = few.replace("db.r6g.large", "db.r6g.2xlarge");
    assert_eq!(capacity_of(&big), (2_500, "IAM roles in the account".to_owned()));
}

#[test]
fn no_hard_limit_up_to_six_hundred_tenants() {
    for tenants in [250, 251, 600] {
        let findings = found(tenants);
        assert!(findings.iter().all(|finding| finding.severity() == Severity::Warning), "{tenants}: {findings:?}");
    }
}

#[test]
fn more_than_five_hundred_tenants_exceed_the_role_quota() {
    assert_eq!(needed(&found(500), Quota::Roles), None);
    assert_eq!(needed(&found(501), Quota::Roles), Some((Severity::Warning, 1_002)));
}

#[test]
fn more_zones_exceed_the_elastic_ip_quota() {
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
fn too_many_certificates_exceed_the_quota() {
    let shared = SPEC.split("[[tenant]]").next().expect("a split gives at least one piece");
    let tenants: String = (0..27)
        .map(|n| {
            let arn = format!("arn:aws:acm:us-east-1:123456789012:certificate/6f1c3d2e-0a4b-4c5d-8e9f-{n:0>12}");
            format!("[[tenant]]\nid = \"tenant-{n}\"\ncost_center = \"cc\"\ncertificate = \"{arn}\"\n")
        })
        .collect();
    let findings = findings(&planned(&spec(&format!("{shared}{tenants}"))).plan);
    // One of the 27 certificates is the default, which does not count.
    assert_eq!(needed(&findings, Quota::CertificatesPerLoadBalancer), Some((Severity::Warning, 26)));
}
