//! The assumptions of every proof and the known risks, in words for an auditor.

use crate::certificate::Remark;

/// The assumptions: name and text.
const ASSUMPTIONS: [(&str, &str); 9] = [
    (
        "live-equals-plan",
        "The claims are about the plan. That what is live equals it, and that nothing beside it opens a way, is for \
         `saas verify` to show.",
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
        "Whoever may change IAM, the trusted roles of this certificate, and the root of the account can give \
         themselves any right. They are trusted.",
    ),
    (
        "pass-role",
        "A trust policy cannot name a cluster, so whoever in the account may start tasks of ECS and pass a tenant's \
         role can become it. Source: Amazon ECS Developer Guide, \"Amazon ECS task IAM role\".",
    ),
    (
        "aws-services",
        "Services of AWS that act in their own name do what AWS documents. Bucket policies allow them nothing.",
    ),
    (
        "postgresql",
        "PostgreSQL enforces the grants that are planned with a tenant's schema: its owner cannot log in, its \
         application role owns nothing, and PUBLIC has no right on the database.",
    ),
    (
        "load-balancing",
        "A load balancer compares the host of a request with the hosts of a rule without regard to case, and `*.` \
         stands for one label or more.",
    ),
    ("images", "What the software in the images does with a tenant's own rights is not judged."),
];

/// The known risks: name and text.
const RISKS: [(&str, &str); 9] = [
    (
        "s3-actions-open",
        "Bucket policies deny a list of actions, so a role of the account that is allowed more elsewhere can \
         replicate, tag and encrypt objects and change settings such as lifecycle and inventory. Tenants' roles are \
         allowed none of it: the identity layer holds alone here. Denying all actions with exemptions closes it.",
    ),
    (
        "secrets-without-policy",
        "Secrets have no policy of their own: a principal of the account that is allowed GetSecretValue on all \
         secrets reads all passwords. Only the identity layer keeps tenants apart. A policy of the secret closes it.",
    ),
    (
        "log-groups-without-policy",
        "CloudWatch Logs knows no policy of a log group that refuses roles of its own account: only the identity \
         layer keeps tenants apart.",
    ),
    (
        "control-bucket-open",
        "The platform's own bucket, with lease and receipts, takes requests in the clear and from whoever is allowed \
         to use its objects elsewhere.",
    ),
    (
        "endpoint-without-policy",
        "The endpoint for S3 has no policy, so a task can carry its own tenant's objects to any bucket.",
    ),
    (
        "default-group-open",
        "The security group that AWS gives to a network lets its members reach each other. Nothing planned has it.",
    ),
    (
        "plain-http",
        "Without a certificate, tenants are served in the clear: whoever is on the way reads and changes requests.",
    ),
    (
        "https-egress",
        "Tasks reach every address on port 443, for AWS may change its own. Between tenants whose containers listen \
         on 443, only the groups' inbound rules stand.",
    ),
    (
        "shared-database",
        "All tasks reach the database through one security group, and all tenants share its connections: there, only \
         PostgreSQL keeps tenants apart. No owner of a database can hide from a role the names and sizes in the \
         catalogs, role names, and the rows of pg_stat_activity.",
    ),
];

/// Risks that apply to every plan.
const ALWAYS: [&str; 2] = ["https-egress", "shared-database"];

pub(crate) fn assumptions() -> Vec<Remark> {
    ASSUMPTIONS.iter().copied().map(remark).collect()
}

/// The risks with these names, and those that apply to every plan.
pub(crate) fn risks(found: &[&str]) -> Vec<Remark> {
    let there = |(id, _): &(&str, &str)| ALWAYS.contains(id) || found.contains(id);
    RISKS.iter().copied().filter(there).map(remark).collect()
}

fn remark((id, text): (&str, &str)) -> Remark {
    Remark { id: id.to_owned(), text: text.to_owned() }
}
