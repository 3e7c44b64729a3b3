//! The resources that the identity policies of a tenant's roles lead to.
//!
//! For each pattern of each allow statement, a proof names the one node of the tenant that the
//! pattern can match. If there is none, the solver searches for a request on another resource. It
//! starts with planned resources of others, which are filtered by the prefixes of their ARNs.

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Image, Region as AwsRegion};
use saas_model::policy::Effect;
use saas_model::resource::{Resource, ResourceSpec, SecretValue, TaskDefinition};

use super::uses::{Pattern, patterns};
use super::{found, own_requests};
use crate::catalogue::{ActionSet, CATALOGUE};
use crate::channels::secrets::EXTERNAL;
use crate::claim::{Derived, Refusal};
use crate::counterexample::Counterexample;
use crate::glob::Glob;
use crate::policy::{Rule, rules};
use crate::region::Texts;
use crate::solve::allowed;
use crate::view::{Tenant, View};
use crate::witness::{Reach, Witness};

/// The number of other resources that are tried for a counterexample.
const TRIES: usize = 8;

pub(super) fn prove<'a>(view: &View<'a>, tenant: &Tenant<'a>) -> Result<Derived, Refusal> {
    let mut reaches = Vec::new();
    let own: Vec<(&Node, String)> = tenant.nodes.iter().filter_map(|node| Some((node, arn(view, node)?))).collect();
    for Pattern { node, actions, text, .. } in patterns(view, tenant, false) {
        let reach = text.and_then(|pattern| {
            let owned = own.iter().find(|(node, arn)| is_within(node, arn, pattern));
            let within = |node: &Node| tenant.within(node).to_owned();
            let definition = |holds: &dyn Fn(&Node) -> bool| {
                tenant.all::<TaskDefinition>().map(|(node, _)| node).find(|node| holds(node)).map(within)
            };
            owned
                .map(|(node, _)| Reach::Own(within(node)))
                .or_else(|| is_nothing(actions, pattern).then_some(Reach::Nothing))
                .or_else(|| definition(&|node| is_image(node, actions, pattern)).map(Reach::Image))
                .or_else(|| definition(&|node| is_external(view, node, actions, pattern)).map(Reach::External))
        });
        let Some(reach) = reach else {
            let reason = "a statement allows access to a resource that is not the tenant's".to_owned();
            return Err(Refusal { at: format!("{}.policies", tenant.within(node)), reason });
        };
        reaches.push(reach);
    }
    let risk = risk_of(&reaches);
    Ok(Derived { witness: Witness::Reaches(reaches), risk })
}

/// The plan does not say whose the secrets and parameters are that it does not contain.
fn risk_of(reaches: &[Reach]) -> Option<&'static str> {
    reaches.iter().any(|reach| matches!(reach, Reach::External(_))).then_some(EXTERNAL)
}

/// Checks each pattern against the one node that the witness names for it.
pub(super) fn check<'a>(view: &View<'a>, tenant: &Tenant<'a>, witness: &Witness, risk: Option<&str>) -> bool {
    let Witness::Reaches(reaches) = witness else { return false };
    let mut left = reaches.iter();
    let all = patterns(view, tenant, false).all(|Pattern { actions, text, .. }| {
        let (Some(reach), Some(pattern)) = (left.next(), text) else { return false };
        match reach {
            Reach::Own(within) => tenant
                .node(within)
                .is_some_and(|node| arn(view, node).is_some_and(|arn| is_within(node, &arn, pattern))),
            Reach::Image(within) => tenant.node(within).is_some_and(|node| is_image(node, actions, pattern)),
            Reach::External(within) => {
                tenant.node(within).is_some_and(|node| is_external(view, node, actions, pattern))
            }
            Reach::Nothing => is_nothing(actions, pattern),
            Reach::Elsewhere => false,
        }
    });
    all && left.next().is_none() && risk == risk_of(reaches)
}

/// The ARN of a node that a tenant's roles may use, without the suffix that AWS adds.
fn arn(view: &View<'_>, node: &Node) -> Option<String> {
    let place = view.at();
    match &node.resource {
        Resource::Bucket(bucket) => Some(view.bucket_arn(bucket)),
        Resource::Secret(secret) => Some(place.arn("secretsmanager", format_args!("secret:{}", secret.name))),
        Resource::LogGroup(group) => Some(place.arn("logs", format_args!("log-group:{}", group.name))),
        // What the role of the scheduler starts, and what it passes.
        Resource::TaskDefinition(definition) => {
            Some(place.arn("ecs", format_args!("task-definition/{}", definition.family)))
        }
        Resource::Role(role) => Some(view.role_arn(role)),
        _ => None,
    }
}

/// Whether a pattern can match only a node and its contents. The rest of the pattern after the ARN
/// begins with a character that no name contains, so the pattern matches no other node.
fn is_within(node: &Node, arn: &str, pattern: &str) -> bool {
    let Some(rest) = pattern.strip_prefix(arn) else { return false };
    if rest.contains('$') {
        return false;
    }
    match node.resource {
        // The key of an object follows `/`, which no bucket name contains.
        Resource::Bucket(_) => rest.is_empty() || rest.starts_with('/'),
        // Secrets Manager appends `-` and six characters to the name; no other suffix has this
        // length.
        Resource::Secret(_) => rest == "-??????",
        // The streams follow `:`, which no log group name contains.
        Resource::LogGroup(_) => rest.is_empty() || rest.starts_with(':'),
        // The revision follows `:`, which no family contains.
        Resource::TaskDefinition(_) => rest.starts_with(':'),
        Resource::Role(_) => rest.is_empty(),
        _ => false,
    }
}

/// Actions that apply to no resource, and that tasks need: to pull images, and to connect to ECS Exec.
const WITHOUT_RESOURCE: [&str; 5] = [
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// Whether all actions apply to no resource, and tasks need them.
fn is_nothing(actions: &[String], pattern: &str) -> bool {
    let needed = actions.iter().all(|action| WITHOUT_RESOURCE.contains(&action.as_str()));
    pattern == "*" && needed && !actions.is_empty()
}

const PULL: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// Whether the actions pull an image, and the pattern is the repository of an image of the task definition.
fn is_image(node: &Node, actions: &[String], pattern: &str) -> bool {
    let pulls = !actions.is_empty() && actions.iter().all(|action| PULL.contains(&action.as_str()));
    let definition = TaskDefinition::of(&node.resource).filter(|_| pulls);
    definition.is_some_and(|definition| repositories(definition).any(|arn| arn == pattern))
}

/// Whether the action reads a secret or a parameter that is not part of the plan, and the pattern is the one that a
/// container of the task definition takes.
fn is_external(view: &View<'_>, node: &Node, actions: &[String], pattern: &str) -> bool {
    let ([action], Some(definition)) = (actions, TaskDefinition::of(&node.resource)) else { return false };
    let mut values = definition.containers.values().flat_map(|container| container.secrets.values());
    values.any(|value| match value {
        SecretValue::Whole(_) | SecretValue::Key { .. } => false,
        SecretValue::External { secret, key: _ } => {
            let arn = || view.at().arn("secretsmanager", format_args!("secret:{secret}-??????"));
            action == "secretsmanager:GetSecretValue" && !view.has_secret(secret.as_str()) && arn() == pattern
        }
        SecretValue::Parameter(name) => {
            // The ARN has the slash of the name once.
            let name = name.as_str().strip_prefix('/').unwrap_or(name.as_str());
            action == "ssm:GetParameters" && view.at().arn("ssm", format_args!("parameter/{name}")) == pattern
        }
    })
}

/// The ARNs of the private repositories of a task definition's images.
pub(super) fn repositories(definition: &TaskDefinition) -> impl Iterator<Item = String> {
    definition.containers.values().filter_map(|container| repository(&container.image))
}

/// The ARN of a private ECR repository: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`.
/// Source: Amazon ECR User Guide, "Private registry".
fn repository(image: &Image) -> Option<String> {
    let (registry, rest) = image.as_str().split_once('/')?;
    let (account, host) = registry.split_once(".dkr.ecr.")?;
    let region = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let (account, region) = (AccountId::new(account).ok()?, AwsRegion::new(region).ok()?);
    let name = rest.split(['@', ':']).next()?;
    Some(Place { account: &account, region: &region }.arn("ecr", format_args!("repository/{name}")))
}

/// The actions that apply to a resource, and the ARNs that it covers.
pub(super) struct Territory {
    owner: Option<u32>,
    pub(super) texts: Glob,
    pub(super) actions: &'static ActionSet,
}

/// The resources of all tenants, and the shared secrets, buckets and roles.
pub(super) fn territories(view: &View<'_>) -> Vec<Territory> {
    view.plan.nodes().iter().flat_map(|node| territory(view, node)).collect()
}

/// The actions of a service that apply to these types of resources.
fn about(service: &str, kinds: &[&str]) -> ActionSet {
    CATALOGUE.having(|action| action.service() == service && kinds.iter().any(|kind| action.is_about(kind)))
}

static ON_ROLES: LazyLock<ActionSet> = LazyLock::new(|| about("iam", &["role"]).or(&about("sts", &["role"])));
static ON_TASK_DEFINITIONS: LazyLock<ActionSet> = LazyLock::new(|| about("ecs", &["task-definition"]));
static ON_SCHEDULES: LazyLock<ActionSet> = LazyLock::new(|| about("scheduler", &["schedule"]));
static ON_SCHEDULE_GROUPS: LazyLock<ActionSet> = LazyLock::new(|| about("scheduler", &["schedule-group"]));
static ON_OBJECTS: LazyLock<ActionSet> = LazyLock::new(|| about("s3", &["object"]));
static ON_BUCKETS: LazyLock<ActionSet> = LazyLock::new(|| about("s3", &["bucket"]));
static ON_SECRETS: LazyLock<ActionSet> = LazyLock::new(|| about("secretsmanager", &["Secret"]));
static ON_STREAMS: LazyLock<ActionSet> = LazyLock::new(|| about("logs", &["log-stream"]));
static ON_LOG_GROUPS: LazyLock<ActionSet> = LazyLock::new(|| about("logs", &["log-group"]));

fn territory(view: &View<'_>, node: &Node) -> Vec<Territory> {
    let owner = view.owner(&node.address);
    let one = |texts, actions| Territory { owner, texts, actions };
    if let Resource::ScheduleGroup(group) = &node.resource {
        let arn = |kind: &str| Glob::exactly(&view.at().arn("scheduler", format_args!("{kind}/{}", group.name)));
        return vec![
            one(arn("schedule").then_like("/?*"), &*ON_SCHEDULES),
            one(arn("schedule-group"), &*ON_SCHEDULE_GROUPS),
        ];
    }
    let Some(arn) = arn(view, node) else { return Vec::new() };
    let exactly = Glob::exactly(&arn);
    match &node.resource {
        Resource::Bucket(_) => vec![one(exactly.clone().then_like("/?*"), &*ON_OBJECTS), one(exactly, &*ON_BUCKETS)],
        Resource::Secret(_) => vec![one(exactly.then_like("-??????"), &*ON_SECRETS)],
        // The actions of IAM and STS on the role itself.
        Resource::Role(_) => vec![one(exactly, &*ON_ROLES)],
        Resource::TaskDefinition(_) => vec![one(exactly.then_like(":?*"), &*ON_TASK_DEFINITIONS)],
        _ => vec![one(exactly.clone().then_like(":log-stream:?*"), &*ON_STREAMS), one(exactly, &*ON_LOG_GROUPS)],
    }
}

pub(super) fn explain<'a>(view: &View<'a>, tenant: &Tenant<'a>) -> Counterexample {
    let own: Vec<(&Node, String)> = tenant.nodes.iter().filter_map(|node| Some((node, arn(view, node)?))).collect();
    let bad = patterns(view, tenant, false).find(|Pattern { actions, text, .. }| {
        !text.is_some_and(|pattern| {
            let mut definitions = tenant.all::<TaskDefinition>().map(|(node, _)| node);
            own.iter().any(|(node, arn)| is_within(node, arn, pattern))
                || is_nothing(actions, pattern)
                || definitions.any(|node| is_image(node, actions, pattern) || is_external(view, node, actions, pattern))
        })
    });
    let Some(Pattern { role, statement, text: pattern, .. }) = bad else {
        return Counterexample::Undecided("every statement refers to the tenant's own resources".to_owned());
    };
    let all: Vec<Rule<'_>> = role.policies.values().flat_map(rules).collect();
    let statement_alone: Vec<Rule<'_>> = std::iter::once(Rule::from(statement))
        .chain(all.into_iter().filter(|rule| rule.effect == Effect::Deny))
        .collect();
    let actions = view.allowed_actions(statement);
    let foreign = territories_like(view, tenant, pattern.unwrap_or("*"), &actions);
    for territory in foreign.into_iter().take(TRIES) {
        let region = own_requests(view, tenant, role, territory.actions.and(&actions), Texts::like(territory.texts));
        match allowed(&statement_alone, &region) {
            Ok(None) => {}
            answer => return found(answer),
        }
    }
    // No planned resource matches, so any other one is tried.
    let rest = Texts {
        include: Vec::new(),
        exclude: own.into_iter().map(|(_, arn)| Glob::exactly(&arn).then_like("*")).collect(),
    };
    found(allowed(&statement_alone, &own_requests(view, tenant, role, actions.as_ref().clone(), rest)))
}

/// Resources of others that a pattern may match: one of the two literal prefixes begins with the
/// other.
fn territories_like(view: &View<'_>, tenant: &Tenant<'_>, pattern: &str, actions: &ActionSet) -> Vec<Territory> {
    let begins = pattern.split(['*', '?', '$']).next().unwrap_or_default();
    let meets = |territory: &Territory| {
        let own = territory.texts.literal_prefix();
        territory.owner != Some(tenant.place)
            && (own.starts_with(begins) || begins.starts_with(&own))
            && !territory.actions.and(actions).is_empty()
    };
    // Resources of other tenants come first: they are the clearest counterexamples.
    let of_tenants = view.tenants.iter().flat_map(|tenant| tenant.nodes);
    let all = of_tenants.chain(view.shared.iter().copied());
    all.flat_map(|node| territory_if_near(view, node, begins)).filter(meets).take(TRIES).collect()
}

/// The territory of a node, unless the prefix of its ARN differs. Building an ARN is cheaper than
/// building a set.
fn territory_if_near(view: &View<'_>, node: &Node, begins: &str) -> Vec<Territory> {
    let near = |own: &str| own.starts_with(begins) || begins.starts_with(own);
    let own = match &node.resource {
        Resource::ScheduleGroup(_) => Some(view.at().arn("scheduler", "schedule")),
        _ => arn(view, node),
    };
    if own.is_some_and(|own| near(&own)) { territory(view, node) } else { Vec::new() }
}
