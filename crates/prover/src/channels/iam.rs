//! Permissions of roles, and the principals that may assume them.
//!
//! These claims hold without any bucket policy: a tenant's roles are allowed nothing on resources
//! of others, so no resource has to deny it.

mod allowed;
mod identity;
mod planned;
mod scheduler;
mod trust;
mod uses;

use std::collections::HashSet;
use std::sync::LazyLock;

use saas_model::Node;
use saas_model::policy::{Actions, Effect};
use saas_model::resource::{ResourceSpec, Role};

use crate::catalogue::{ActionSet, CATALOGUE, Level, Unlisted};
use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Derivation, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::policy::{Rule, rules};
use crate::region::{Region, Texts};
use crate::request::{PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, PRINCIPAL_TENANT, SECURE_TRANSPORT, SERVICE_NAME};
use crate::solve;
use crate::view::{Tenant, View};

use self::uses::Uses;
pub(crate) use planned::PlannedArns;
pub(crate) use trust::is_for_scheduler;

pub(crate) static CLAIMS: [Claim; 10] = [
    claim(
        "iam/identity",
        "all permissions of T's roles, except those that the spec adds, are for T's own bucket, secrets, log group, task \
         definitions and roles, for the repositories of T's images, or for the secrets and parameters outside of the \
         plan that T's containers take",
        Proof::Derived(Derivation { prove: identity::prove, check: identity::check, explain: identity::explain }),
    ),
    claim(
        "iam/actions",
        "except for what the spec adds, T's roles can only use objects, read secrets, write logs, pull images, connect to \
         ECS Exec where it is on, and start jobs; they cannot change policies, roles or settings",
        Proof::Tenant(actions),
    ),
    claim(
        "iam/allowed",
        "what the spec adds to T's permissions reaches no resource of the plan, except that T may read its own and use \
         its objects; and nothing of the services that decide about permissions",
        Proof::Derived(Derivation { prove: allowed::prove, check: allowed::check, explain: allowed::explain }),
    ),
    claim(
        "iam/everywhere",
        "the spec adds no permissions on all resources (`*`), where AWS does not tell tenants apart",
        Proof::Tenant(allowed::everywhere),
    ),
    claim(
        "iam/scheduler",
        "the role that starts T's jobs starts them only in the platform's cluster, and passes roles only to ECS tasks",
        Proof::Tenant(scheduler::starts),
    ),
    claim(
        "iam/boundary",
        "all roles of tenants have the same permissions boundary, or none has one",
        Proof::Platform(boundary),
    ),
    claim(
        "iam/trust",
        "only ECS tasks of the platform's account and Region can assume T's roles, and only schedules of T's own group \
         the role that starts T's jobs",
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

/// The actions that tasks and their start need.
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
        "ssm:GetParameters",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ];
    CATALOGUE.like(&needed, Unlisted::IfAll)
});

/// The actions that the agent of ECS Exec needs in addition.
/// Source: Amazon ECS Developer Guide, "Task IAM role", permissions for ECS Exec.
static NEEDED_FOR_EXEC: LazyLock<ActionSet> = LazyLock::new(|| {
    let needed = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ];
    CATALOGUE.like(&needed, Unlisted::IfAll).or(&NEEDED)
});

/// The actions that EventBridge Scheduler needs to start jobs.
static NEEDED_BY_SCHEDULER: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.like(&["ecs:RunTask", "iam:PassRole"], Unlisted::IfAll));

fn actions<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    let uses = Uses::of(view, tenant);
    for (node, role, name, policy) in tenant.policies() {
        // `iam/allowed` is about these.
        if uses.is_of_the_spec(node, role, name) {
            continue;
        }
        let needed: &ActionSet = match (is_for_scheduler(role), uses.is_with_exec(&node.address)) {
            (true, _) => &NEEDED_BY_SCHEDULER,
            (false, true) => &NEEDED_FOR_EXEC,
            (false, false) => &NEEDED,
        };
        for (place, statement) in policy.statements.iter().enumerate() {
            if statement.effect == Effect::Deny {
                continue;
            }
            let actions = view.allowed_actions(statement);
            facts.require(actions.is_within(needed), || {
                let more = actions.minus(needed);
                let region = own_requests(view, tenant, role, more, Texts::default());
                let mut found = found(solve::allowed(&[Rule::from(statement)], &region));
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
fn name_unlisted(request: &mut crate::request::Request, actions: &Actions) {
    let Actions::Of(patterns) = actions else { return };
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

fn boundary(view: &View<'_>, facts: &mut Facts) {
    let roles: Vec<(&Node, &Role)> = view.tenants.iter().flat_map(|tenant| tenant.all::<Role>()).collect();
    let Some((_, first)) = roles.first() else { return };
    let name = |role: &Role| role.permissions_boundary.as_ref().map_or("none", |policy| policy.as_str()).to_owned();
    let expected = name(first);
    for (node, role) in &roles {
        let found = name(role);
        facts.field(found == expected, (None, node), "permissions_boundary", &found, &expected);
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
                    Some(solve::allowed(&[rule], &region)).filter(|answer| !matches!(answer, Ok(None)))
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
