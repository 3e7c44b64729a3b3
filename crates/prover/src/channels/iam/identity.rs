//! The resources that the identity policies of a tenant's roles lead to.
//!
//! For each pattern of each allow statement, a proof names the one node of the tenant that the
//! pattern can match. If there is none, the solver searches for a request on another resource. It
//! starts with planned resources of others, which are filtered by the prefixes of their ARNs.

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Image, Region as AwsRegion};
use saas_model::policy::{Effect, Statement};
use saas_model::resource::{Resource, ResourceSpec, Role, TaskDefinition};

use super::{found, own_requests};
use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
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

/// The allow statements with each of their resource patterns, in order. A statement without
/// resources yields `None` as its pattern.
fn patterns<'a>(tenant: &Tenant<'a>) -> impl Iterator<Item = (&'a Node, &'a Role, &'a Statement, Option<&'a str>)> {
    tenant.policies().flat_map(|(node, role, _, policy)| {
        policy.statements.iter().filter(|statement| statement.effect == Effect::Allow).flat_map(move |statement| {
            let none = statement.resources.is_empty().then_some(None);
            let some = statement.resources.iter().map(|pattern| Some(pattern.as_str()));
            none.into_iter().chain(some).map(move |pattern| (node, role, statement, pattern))
        })
    })
}

pub(super) fn prove(view: &View<'_>, tenant: &Tenant<'_>) -> Result<Derived, Refusal> {
    let mut reaches = Vec::new();
    let own: Vec<(&Node, String)> = tenant.nodes.iter().filter_map(|node| Some((node, arn(view, node)?))).collect();
    for (node, _, statement, pattern) in patterns(tenant) {
        let reach = pattern.and_then(|pattern| {
            let owned = own.iter().find(|(node, arn)| is_within(node, arn, pattern));
            let image = || {
                let images = tenant.all::<TaskDefinition>();
                images.map(|(node, _)| node).find(|node| is_image(node, &statement.actions, pattern))
            };
            owned
                .map(|(node, _)| Reach::Own(tenant.within(node).to_owned()))
                .or_else(|| is_nothing(&statement.actions, pattern).then_some(Reach::Nothing))
                .or_else(|| image().map(|node| Reach::Image(tenant.within(node).to_owned())))
        });
        let Some(reach) = reach else {
            let reason = "a statement allows access to a resource that is not the tenant's".to_owned();
            return Err(Refusal { at: format!("{}.policies", tenant.within(node)), reason });
        };
        reaches.push(reach);
    }
    Ok(Derived { witness: Witness::Reaches(reaches), risk: None })
}

/// Checks each pattern against the one node that the witness names for it.
pub(super) fn check(view: &View<'_>, tenant: &Tenant<'_>, witness: &Witness, risk: Option<&str>) -> bool {
    let Witness::Reaches(reaches) = witness else { return false };
    let mut reaches = reaches.iter();
    let all = patterns(tenant).all(|(_, _, statement, pattern)| {
        let (Some(reach), Some(pattern)) = (reaches.next(), pattern) else { return false };
        match reach {
            Reach::Own(within) => tenant
                .node(within)
                .is_some_and(|node| arn(view, node).is_some_and(|arn| is_within(node, &arn, pattern))),
            Reach::Image(within) => tenant.node(within).is_some_and(|node| is_image(node, &statement.actions, pattern)),
            Reach::Nothing => is_nothing(&statement.actions, pattern),
        }
    });
    all && reaches.next().is_none() && risk.is_none()
}

/// The ARN of a node that a tenant's roles may use, without the suffix that AWS adds.
fn arn(view: &View<'_>, node: &Node) -> Option<String> {
    let place = view.at();
    match &node.resource {
        Resource::Bucket(bucket) => Some(view.bucket_arn(bucket)),
        Resource::Secret(secret) => Some(place.arn("secretsmanager", format_args!("secret:{}", secret.name))),
        Resource::LogGroup(group) => Some(place.arn("logs", format_args!("log-group:{}", group.name))),
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
        _ => false,
    }
}

/// Whether the only action is one that applies to no resource and that every task needs.
fn is_nothing(actions: &[String], pattern: &str) -> bool {
    pattern == "*" && matches!(actions, [action] if action == "ecr:GetAuthorizationToken")
}

const PULL: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// Whether the actions pull an image, and the pattern is the repository of the task definition's
/// image.
fn is_image(node: &Node, actions: &[String], pattern: &str) -> bool {
    let definition = TaskDefinition::of(&node.resource);
    let repository = definition.and_then(|definition| repository(&definition.container.image));
    let pulls = !actions.is_empty() && actions.iter().all(|action| PULL.contains(&action.as_str()));
    pulls && repository.is_some_and(|arn| arn == pattern)
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

/// The resources of all tenants, and the shared secrets and buckets.
pub(super) fn territories(view: &View<'_>) -> Vec<Territory> {
    view.plan.nodes().iter().flat_map(|node| territory(view, node)).collect()
}

/// The actions of a service that apply to these types of resources.
fn about(service: &str, kinds: &[&str]) -> ActionSet {
    CATALOGUE.having(|action| action.service() == service && kinds.iter().any(|kind| action.is_about(kind)))
}

static ON_ROLES: LazyLock<ActionSet> = LazyLock::new(|| about("iam", &["role"]).or(&about("sts", &["role"])));
static ON_OBJECTS: LazyLock<ActionSet> = LazyLock::new(|| about("s3", &["object"]));
static ON_BUCKETS: LazyLock<ActionSet> = LazyLock::new(|| about("s3", &["bucket"]));
static ON_SECRETS: LazyLock<ActionSet> = LazyLock::new(|| about("secretsmanager", &["Secret"]));
static ON_STREAMS: LazyLock<ActionSet> = LazyLock::new(|| about("logs", &["log-stream"]));
static ON_LOG_GROUPS: LazyLock<ActionSet> = LazyLock::new(|| about("logs", &["log-group"]));

fn territory(view: &View<'_>, node: &Node) -> Vec<Territory> {
    let owner = view.owner(&node.address);
    let one = |texts, actions| Territory { owner, texts, actions };
    if let Resource::Role(role) = &node.resource {
        // The actions of IAM and STS on the role itself.
        return vec![one(Glob::exactly(&view.role_arn(role)), &*ON_ROLES)];
    }
    let Some(arn) = arn(view, node) else { return Vec::new() };
    let exactly = Glob::exactly(&arn);
    match &node.resource {
        Resource::Bucket(_) => vec![one(exactly.clone().then_like("/?*"), &*ON_OBJECTS), one(exactly, &*ON_BUCKETS)],
        Resource::Secret(_) => vec![one(exactly.then_like("-??????"), &*ON_SECRETS)],
        _ => vec![one(exactly.clone().then_like(":log-stream:?*"), &*ON_STREAMS), one(exactly, &*ON_LOG_GROUPS)],
    }
}

pub(super) fn explain(view: &View<'_>, tenant: &Tenant<'_>) -> Counterexample {
    let own: Vec<(&Node, String)> = tenant.nodes.iter().filter_map(|node| Some((node, arn(view, node)?))).collect();
    let bad = patterns(tenant).find(|(_, _, statement, pattern)| {
        !pattern.is_some_and(|pattern| {
            own.iter().any(|(node, arn)| is_within(node, arn, pattern))
                || is_nothing(&statement.actions, pattern)
                || tenant.all::<TaskDefinition>().any(|(node, _)| is_image(node, &statement.actions, pattern))
        })
    });
    let Some((_, role, statement, pattern)) = bad else {
        return Counterexample::Undecided("every statement refers to the tenant's own resources".to_owned());
    };
    let all: Vec<Rule<'_>> = role.policies.values().flat_map(rules).collect();
    let statement_alone: Vec<Rule<'_>> = std::iter::once(Rule::from(statement))
        .chain(all.into_iter().filter(|rule| rule.effect == Effect::Deny))
        .collect();
    let actions = CATALOGUE.like(&statement.actions, Unlisted::IfAny);
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
    found(allowed(&statement_alone, &own_requests(view, tenant, role, actions, rest)))
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
        Resource::Role(role) => Some(view.role_arn(role)),
        _ => arn(view, node),
    };
    if own.is_some_and(|own| near(&own)) { territory(view, node) } else { Vec::new() }
}
