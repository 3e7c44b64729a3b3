//! The assumptions of every proof and the known risks, in words for an auditor.

use crate::certificate::Remark;

/// The assumptions: name and text.
const ASSUMPTIONS: [(&str, &str); 10] = [
    (
        "live-equals-plan",
        "The claims are about the plan. `saas verify` checks that the live resources equal it, and that no other \
         resource grants access.",
    ),
    (
        "policy-evaluation",
        "AWS evaluates policies as the IAM User Guide says: a denial beats any permission, a negated operator holds \
         when its key is absent, and a session has the ARN and the tags of its role.",
    ),
    (
        "catalogue",
        "The actions of AWS are those of the catalogue whose digest the certificate names. Others are covered where \
         a statement denies all actions of a service.",
    ),
    (
        "administrators",
        "Principals that can change IAM, the trusted roles of this certificate, and the root of the account can grant \
         themselves any permission. They are trusted.",
    ),
    (
        "pass-role",
        "A trust policy cannot name a cluster, so a principal of the account that can start ECS tasks and pass a \
         tenant's role can act as that role. Source: Amazon ECS Developer Guide, \"Amazon ECS task IAM role\".",
    ),
    (
        "schedules",
        "EventBridge Scheduler assumes a role only for the group of schedules that it states as the source. A principal \
         of the account that can write schedules in a tenant's group and pass that tenant's role to EventBridge \
         Scheduler can start the tenant's jobs.",
    ),
    (
        "aws-services",
        "AWS services that act as service principals do what AWS documents. Bucket policies allow them nothing.",
    ),
    (
        "postgresql",
        "PostgreSQL enforces the grants that are planned with a tenant's schema: its owner cannot log in, its \
         application role owns nothing, its migrator acts as the owner of this schema alone, tenants only use the \
         schema of the extensions, and PUBLIC has no right on the database.",
    ),
    (
        "load-balancing",
        "A load balancer compares the host of a request with the hosts of a rule case-insensitively, and `*.` \
         matches one label or more.",
    ),
    ("images", "The software in the images is not examined: it can use all rights of its tenant."),
];

/// The known risks: name and text.
const RISKS: [(&str, &str); 14] = [
    (
        "log-groups-without-policy",
        "CloudWatch Logs has no resource policies that deny access to roles of the same account: only the identity \
         layer isolates tenants.",
    ),
    (
        "endpoint-without-policy",
        "The endpoint for S3 has no policy, so a task can copy its own tenant's objects to any bucket.",
    ),
    (
        "default-group-open",
        "The default security group of a VPC lets its members connect to each other. No planned resource uses it.",
    ),
    (
        "plain-http",
        "Without a certificate, tenants are served without TLS: anyone on the path can read and change requests.",
    ),
    (
        "external-secrets",
        "Tasks receive secrets and parameters that are not part of the plan. What is in them, which tenants they are \
         meant for and who else can read them is not known here: a name without the tenant's id is shared by all tenants.",
    ),
    (
        "permissions-of-the-spec",
        "The spec allows tasks to use resources that are not part of the plan. They are isolated only as far as the spec \
         names others for each tenant, and services that act on other services can do what these permissions of theirs \
         allow. A resource without the tenant's id is shared by all tenants.",
    ),
    (
        "permissions-on-everything",
        "The spec allows tasks actions on all resources, because AWS accepts no others for them. They can list the names \
         of other tenants' resources, and see or change what AWS does not tell apart by resource.",
    ),
    (
        "metrics-of-queues",
        "The number of tasks follows the length of a queue that is not part of the plan: who can send to that queue \
         decides about the number of tasks, within its limits.",
    ),
    (
        "exec",
        "ECS Exec is on: a principal of the account that is allowed ecs:ExecuteCommand can run commands in containers, \
         with all rights of their tenant. It is for emergencies only.",
    ),
    (
        "writable-root",
        "Containers can write to their root file systems: code that gets into one can change its programs, until its \
         task ends.",
    ),
    (
        "egress-of-the-spec",
        "Tasks can connect to the destinations that the spec names, so that data can leave there. Nothing in the \
         platform's network listens on these ports.",
    ),
    (
        "migrations-without-statement-limit",
        "The statements of migrations have no limit, so that they can hold locks of their own tenant and load the \
         database of all until the timeout of the job.",
    ),
    (
        "https-egress",
        "Tasks can connect to every address on port 443, because AWS's addresses change. Between tenants whose \
         containers listen on 443, only the inbound rules of the security groups protect.",
    ),
    (
        "shared-database",
        "All tasks reach the database through one security group, and all tenants share its connections: there, only \
         PostgreSQL isolates tenants. The owner of a database cannot hide from a role the names and sizes in the \
         catalogs, role names, and the rows of pg_stat_activity.",
    ),
];

/// Risks that apply to every plan.
const ALWAYS: [&str; 2] = ["https-egress", "shared-database"];

/// The assumptions of every proof.
#[must_use]
pub fn assumptions() -> Vec<Remark> {
    ASSUMPTIONS.iter().copied().map(remark).collect()
}

/// All known risks. A certificate states those of them that apply to its plan.
#[must_use]
pub fn known_risks() -> Vec<Remark> {
    RISKS.iter().copied().map(remark).collect()
}

/// The risks with these names, and those that apply to every plan.
pub(crate) fn risks(found: &[&str]) -> Vec<Remark> {
    let there = |(id, _): &(&str, &str)| ALWAYS.contains(id) || found.contains(id);
    RISKS.iter().copied().filter(there).map(remark).collect()
}

fn remark((id, text): (&str, &str)) -> Remark {
    Remark { id: id.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_risk_and_assumption_has_its_own_name() {
        let mut names: Vec<&str> = ASSUMPTIONS.iter().chain(&RISKS).map(|(id, _)| *id).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
