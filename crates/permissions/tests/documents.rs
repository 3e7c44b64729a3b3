//! The documents of a plan with a permissions boundary, for a few calls.

use saas_model::{Kind, Plan};
use saas_permissions::render::{cloudformation, terraform};
use saas_permissions::{Access, DeclaredCall, LONGEST_POLICY, Permissions, Purpose, counted, permissions};

const PLAN: &[u8] = include_bytes!("../../../fixtures/real-application/plan.msgpack");

const CALLS: [DeclaredCall; 5] = [
    call(Some(Kind::Role), "iam:CreateRole", Purpose::Write),
    call(Some(Kind::Role), "iam:DeleteRolePermissionsBoundary", Purpose::Write),
    call(Some(Kind::Subnet), "ec2:CreateSubnet", Purpose::Write),
    call(Some(Kind::Bucket), "s3:ListObjectVersions", Purpose::Read),
    call(None, "s3:GetObject", Purpose::Read),
];

const fn call(kind: Option<Kind>, call: &'static str, purpose: Purpose) -> DeclaredCall {
    DeclaredCall { kind, call, purpose }
}

fn of(access: Access) -> Permissions {
    let plan = Plan::decode(PLAN).expect("the fixture is a plan");
    let github = "acme/infra:production".parse().expect("workflows of GitHub");
    permissions(&plan, &CALLS, access, Some(&github))
}

fn sids(permissions: &Permissions) -> Vec<&str> {
    permissions.policies.iter().flat_map(|policy| &policy.document.statements).map(|one| one.sid.as_ref()).collect()
}

#[test]
fn terraform_creates_boundary_policies_and_role() {
    insta::assert_snapshot!(terraform(&of(Access::Apply)));
}

#[test]
fn cloudformation_creates_boundary_policies_and_role() {
    insta::assert_snapshot!(cloudformation(&of(Access::Apply)));
}

#[test]
fn whoever_reads_gets_no_write_and_no_boundary() {
    let reading = of(Access::ReadOnly);
    assert_eq!(sids(&reading), ["S3", "S3Core"]);
    assert_eq!(reading.boundary, None);
}

#[test]
fn boundary_is_never_taken_away_and_fits_a_policy() {
    let apply = of(Access::Apply);
    assert_eq!(sids(&apply), ["Ec2New", "Ec2TagsOfNew", "Ec2Owned", "Iam", "IamBounded", "S3", "S3Core"]);
    let boundary = apply.boundary.expect("an apply creates roles");
    assert!(boundary.is_planned && counted(&boundary.policy.document) <= LONGEST_POLICY);
}
