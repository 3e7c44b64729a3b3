//! Permissions of roles, and the principals that may assume them.
//!
//! These claims hold without any bucket policy: a tenant's roles are allowed nothing on resources
//! of others, so no resource has to deny it.

mod identity;
mod trust;

use std::collections::HashSet;
use std::sync::LazyLock;

use saas_model::policy::Effect;
use saas_model::resource::{ResourceSpec, Role};

use crate::catalogue::{ActionSet, CATALOGUE, Level, Unlisted};
use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Derivation, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::policy::{Rule, rules};
use crate::region::{Region, Texts};
use crate::request::{PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, PRINCIPAL_TENANT, SECURE_TRANSPORT, SERVICE_NAME};
use crate::solve::allowed;
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 6] = [
    claim(
        "iam/identity",
        "all permissions of T's roles are for T's own bucket, secret and log group, or for the repository of T's image",
        Proof::Derived(Derivation { prove: identity::prove, check: identity::check, explain: identity::explain }),
    ),
    claim(
        "iam/actions",
        "T's roles can only use objects, read the password, write logs and pull the image; they cannot change \
         policies, roles or settings",
        Proof::Tenant(actions),
    ),
    claim(
        "iam/trust",
        "only ECS tasks of the platform's account and Region can assume T's roles",
        Proof::Derived(Derivation { prove: trust::prove, check: trust::check, explain: trust::explain }),
    ),
    claim(
        "iam/session-tags",
        "sessions of T's roles cannot have tags, which would override the role's tenant_id",
        Proof::Tenant(trust::session_tags),
    ),
    claim(
        "iam/administrators",
        "bucket policies name each role that they admit, and none is a tenant's",
        Proof::Platform(administrators),
    ),
    claim("iam/shared-roles", "no shared role has permissions on a tenant's resources", Proof::Platform(shared_roles)),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Iam, layer: Layer::Identity, text, proof }
}

/// The actions that a tenant's roles need.
static NEEDED: LazyLock<ActionSet> = LazyLock::new(|| {
    let needed = [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ];
    CATALOGUE.like(&needed, Unlisted::IfAll)
});

fn actions<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    for (node, role, name, policy) in tenant.policies() {
        for (place, statement) in policy.statements.iter().enumerate() {
            if statement.effect == Effect::Deny {
                continue;
            }
            let actions = view.allowed(statement);
            facts.require(actions.is_within(&NEEDED), || {
                let more = actions.minus(&NEEDED);
                let region = own_requests(view, tenant, role, more, Texts::default());
                let mut found = found(allowed(&[Rule::from(statement)], &region));
                if let Counterexample::Request(request) = &mut found {
                    name_unlisted(request, &statement.actions);
                }
                (
                    format!("{}.policies.{name}.{place}", tenant.within(node)),
                    "it allows more than tasks require".to_owned(),
                    found,
                )
            });
        }
    }
}

/// Replaces an unlisted action by the name in the statement, so that the request can be replayed.
fn name_unlisted(request: &mut crate::request::Request, patterns: &[String]) {
    if CATALOGUE.action(&request.action).is_none_or(|action| action.level == Level::Unknown) {
        let unlisted = |pattern: &&String| CATALOGUE.action(pattern).is_none();
        let name = patterns.iter().find(unlisted).map(|pattern| pattern.replace('*', "Anything").replace('?', "x"));
        request.action = name.unwrap_or_else(|| request.action.clone());
    }
}

/// The requests that sessions of a tenant's role can send.
fn own_requests(view: &View<'_>, tenant: &Tenant<'_>, role: &Role, actions: ActionSet, resource: Texts) -> Region {
    Region::new(actions, resource)
        .with(PRINCIPAL_ARN, &view.role_arn(role))
        .with(PRINCIPAL_ACCOUNT, view.at().account.as_str())
        .with(PRINCIPAL_TENANT, tenant.id)
        .with(SECURE_TRANSPORT, "true")
        .without(SERVICE_NAME)
}

/// Converts an answer of the solver to a counterexample; without a request, it is undecided.
pub(crate) fn found(answer: Result<Option<crate::request::Request>, crate::policy::Undecided>) -> Counterexample {
    match answer {
        Ok(Some(request)) => Counterexample::Request(request),
        Ok(None) => {
            Counterexample::Undecided("neither a request was found nor a short proof that there is none".to_owned())
        }
        Err(error) => Counterexample::Undecided(error.to_string()),
    }
}

fn administrators(view: &View<'_>, facts: &mut Facts) {
    let roles = view.plan.nodes().iter().filter_map(|node| Role::of(&node.resource));
    let planned: HashSet<(&str, &str)> = roles.map(|role| (role.path.as_str(), role.name.as_str())).collect();
    let prefix = view.at().global_arn("iam", "role");
    for &role in &view.administrators {
        let literal = !role.contains(['*', '?', '$']);
        // The path ends with the last `/`, which no name contains.
        let rest = role.strip_prefix(&prefix).and_then(|rest| rest.split_at_checked(rest.rfind('/')? + 1));
        facts.require(literal && rest.is_none_or(|rest| !planned.contains(&rest)), || {
            let found = Counterexample::field(
                "control/bucket",
                "policy",
                role,
                "a role that belongs to no tenant, without wildcards",
            );
            (
                "control/bucket.policy".to_owned(),
                "a bucket policy admits a tenant's role, or roles by a pattern".to_owned(),
                found,
            )
        });
    }
}

/// A role of the platform itself may have any permission except on tenants' resources.
fn shared_roles(view: &View<'_>, facts: &mut Facts) {
    if view.shared::<Role>().next().is_none() {
        return;
    }
    let territories = identity::territories(view);
    for (node, role) in view.shared::<Role>() {
        for (name, policy) in &role.policies {
            for (place, rule) in rules(policy).enumerate().filter(|(_, rule)| rule.effect == Effect::Allow) {
                let hit = territories.iter().find_map(|territory| {
                    let region = Region::new(territory.actions.clone(), Texts::like(territory.texts.clone()))
                        .with(PRINCIPAL_ARN, &view.role_arn(role))
                        .with(PRINCIPAL_ACCOUNT, view.at().account.as_str());
                    Some(allowed(&[rule], &region)).filter(|answer| !matches!(answer, Ok(None)))
                });
                facts.require(hit.is_none(), || {
                    let at = format!("{}.policies.{name}.{place}", node.address);
                    let found = hit.map_or(Counterexample::Undecided(String::new()), found);
                    (at, "a role that belongs to no tenant has permissions on a tenant's resource".to_owned(), found)
                });
            }
        }
    }
}
