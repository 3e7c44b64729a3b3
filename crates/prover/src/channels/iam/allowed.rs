//! What the spec allows the code in a tenant's tasks, beside the tenant's own bucket.
//!
//! It may be anything outside of the plan. For each resource pattern, a proof says why it reaches no resource of the
//! plan, except that the tenant may read what is its own.

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::policy::Actions;

use super::uses::{Pattern, patterns};
use super::{found, name_unlisted, own_requests};
use crate::catalogue::{Action, ActionSet, CATALOGUE, Level, Unlisted};
use crate::claim::{Derived, Facts, Refusal};
use crate::counterexample::Counterexample;
use crate::glob::Glob;
use crate::policy::Rule;
use crate::region::Texts;
use crate::solve::allowed;
use crate::view::{Tenant, View};
use crate::witness::{Reach, Witness};

/// The risk of permissions on resources that the plan does not contain.
const RISK: &str = "permissions-of-the-spec";

/// The services that decide who may do what. Their actions can reach everything.
const OF_PERMISSIONS: [&str; 3] = ["iam", "organizations", "sts"];

/// Actions on all resources that reach none of the plan, although AWS lets them reach more than lists.
/// Source: Amazon CloudWatch API, `PutMetricData`: namespaces that begin with `AWS/` are refused, and only AWS's own
/// services publish those that scaling follows.
const HARMLESS: [&str; 2] = ["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"];

/// What a tenant may do with its own resources: read them, and use objects without changing who may.
static ON_OWN: LazyLock<ActionSet> = LazyLock::new(|| {
    let reads = |action: &Action| matches!(action.level, Level::List | Level::Read);
    let of_objects = |action: &Action| {
        let writes = matches!(action.level, Level::Write | Level::Tagging);
        action.service() == "s3" && action.types.contains(&"object") && writes
    };
    let permissions = CATALOGUE.having(|action| OF_PERMISSIONS.contains(&action.service()));
    CATALOGUE.having(|action| reads(action) || of_objects(action)).minus(&permissions)
});

/// The actions of services that the plan has resources of, other than lists and those that need no resource.
static REACHING: LazyLock<ActionSet> = LazyLock::new(|| {
    let lists = |action: &Action| action.level == Level::List && action.types.is_empty();
    let other = CATALOGUE.like(&["aservice:*"], Unlisted::IfAny);
    let harmless = CATALOGUE.like(&HARMLESS, Unlisted::IfAll);
    CATALOGUE.all().minus(&CATALOGUE.having(lists)).minus(&other).minus(&harmless)
});

/// The service of an action, if it is not a pattern.
fn service(action: &str) -> Option<&str> {
    let (service, _) = action.split_once(':')?;
    (!service.contains(['*', '?', '$'])).then_some(service)
}

/// Whether no action is of a service that decides who may do what.
fn is_of_other_services(actions: &Actions) -> bool {
    let other = |service: &str| OF_PERMISSIONS.iter().all(|known| !known.eq_ignore_ascii_case(service));
    match actions {
        Actions::Of(actions) => actions.iter().all(|action| service(action).is_some_and(other)),
        Actions::AllBut(_) => false,
    }
}

/// Whether actions on all resources reach none of the plan: they are of services that the plan has no resources of,
/// or they only list.
fn is_nothing<'a>(view: &View<'a>, pattern: Pattern<'a>) -> bool {
    let Pattern { statement, actions, text, .. } = pattern;
    // The services that the catalogue does not list.
    let unlisted = actions.iter().filter_map(|action| service(action)).filter(|name| !CATALOGUE.has_service(name));
    let planned = || unlisted.into_iter().any(|name| view.planned_arns().has_service(name));
    text == Some("*") && view.allowed_actions(statement).and(&REACHING).is_empty() && !planned()
}

/// A planned resource that a pattern can match and that is not the tenant's.
fn foreign<'v, 'a>(view: &'v View<'a>, tenant: &Tenant<'a>, text: &str) -> Option<(&'v str, &'a Node)> {
    view.planned_arns().met_by(text, |node| !tenant.owns(&node.address))
}

/// Whether a pattern can match this node of the tenant and none of others, and its actions only read or use objects.
fn is_own<'a>(view: &View<'a>, tenant: &Tenant<'a>, node: &Node, pattern: Pattern<'a>) -> bool {
    let Some(text) = pattern.text.filter(|text| !text.contains('$')) else { return false };
    let matches = || view.planned_arns().met_by(text, |other| other.address == node.address).is_some();
    tenant.owns(&node.address)
        && view.allowed_actions(pattern.statement).is_within(&ON_OWN)
        && foreign(view, tenant, text).is_none()
        && matches()
}

/// Whether a pattern matches no resource of the plan.
fn is_elsewhere(view: &View<'_>, pattern: Pattern<'_>) -> bool {
    pattern.text.is_some_and(|text| !text.contains('$') && view.planned_arns().met_by(text, |_| true).is_none())
}

pub(super) fn prove<'a>(view: &View<'a>, tenant: &Tenant<'a>) -> Result<Derived, Refusal> {
    let mut reaches = Vec::new();
    for pattern in patterns(view, tenant, true) {
        let met = || view.planned_arns().met_by(pattern.text?, |node| tenant.owns(&node.address));
        let own = || met().map(|(_, node)| node).filter(|node| is_own(view, tenant, node, pattern));
        let reach = if !is_of_other_services(&pattern.statement.actions) {
            None
        } else if is_nothing(view, pattern) {
            Some(Reach::Nothing)
        } else if is_elsewhere(view, pattern) {
            Some(Reach::Elsewhere)
        } else {
            own().map(|node| Reach::Own(tenant.within(node).to_owned()))
        };
        let Some(reach) = reach else {
            let reason = "the spec allows access to a resource of the plan, or to permissions themselves".to_owned();
            return Err(Refusal { at: format!("{}.policies.{}", tenant.within(pattern.node), pattern.policy), reason });
        };
        reaches.push(reach);
    }
    let risk = (!reaches.is_empty()).then_some(RISK);
    Ok(Derived { witness: Witness::Reaches(reaches), risk })
}

pub(super) fn check<'a>(view: &View<'a>, tenant: &Tenant<'a>, witness: &Witness, risk: Option<&str>) -> bool {
    let Witness::Reaches(reaches) = witness else { return false };
    let mut left = reaches.iter();
    let all = patterns(view, tenant, true).all(|pattern| {
        let holds = match left.next() {
            Some(Reach::Own(within)) => tenant.node(within).is_some_and(|node| is_own(view, tenant, node, pattern)),
            Some(Reach::Elsewhere) => is_elsewhere(view, pattern),
            Some(Reach::Nothing) => is_nothing(view, pattern),
            Some(Reach::Image(_) | Reach::External(_)) | None => false,
        };
        holds && is_of_other_services(&pattern.statement.actions)
    });
    all && left.next().is_none() && risk == (!reaches.is_empty()).then_some(RISK)
}

pub(super) fn explain<'a>(view: &View<'a>, tenant: &Tenant<'a>) -> Counterexample {
    for pattern in patterns(view, tenant, true) {
        let Pattern { role, statement, text, .. } = pattern;
        let actions = view.allowed_actions(statement);
        let (actions, resource) = if !is_of_other_services(&statement.actions) {
            (actions.as_ref().clone(), Texts::default())
        } else if is_nothing(view, pattern) || is_elsewhere(view, pattern) {
            continue;
        } else if text == Some("*") {
            let reaching = actions.and(&REACHING);
            (if reaching.is_empty() { actions.as_ref().clone() } else { reaching }, Texts::default())
        } else {
            match text.and_then(|text| foreign(view, tenant, text)) {
                Some((arn, _)) => (actions.as_ref().clone(), Texts::like(Glob::like(arn))),
                // It is the tenant's own, or not decided.
                None if actions.is_within(&ON_OWN) && text.is_some_and(|text| !text.contains('$')) => continue,
                None if actions.is_within(&ON_OWN) => (actions.as_ref().clone(), Texts::default()),
                None => (actions.minus(&ON_OWN), Texts::default()),
            }
        };
        let region = own_requests(view, tenant, role, actions, resource);
        let mut found = found(allowed(&[Rule::from(statement)], &region));
        if let Counterexample::Request(request) = &mut found {
            name_unlisted(request, &statement.actions);
        }
        return found;
    }
    Counterexample::Undecided("every permission of the spec is outside of the plan".to_owned())
}

/// AWS does not tell tenants apart where an action has no resource.
pub(super) fn everywhere<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    for pattern in patterns(view, tenant, true) {
        match pattern.text {
            Some("*") => facts.open("permissions-on-everything"),
            Some(_) | None => facts.holds(),
        }
    }
}
