//! The principals that may assume a tenant's roles.

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::policy::{Actions, Condition, Effect, Operator, Principal, Statement};
use saas_model::resource::{ResourceSpec, Role, ScheduleGroup};

use super::found;
use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
use crate::claim::{Derived, Facts, Refusal};
use crate::counterexample::Counterexample;
use crate::glob::Glob;
use crate::policy::{Rule, rules};
use crate::region::{Region, Texts};
use crate::request::{IS_AWS_SERVICE, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, SERVICE_NAME};
use crate::solve::allowed;
use crate::view::{Tenant, View};
use crate::witness::{Trust, Witness};

pub(super) const TASKS: &str = "ecs-tasks.amazonaws.com";
const SCHEDULER: &str = "scheduler.amazonaws.com";

/// The number of other tenants' groups of schedules that are tried for a counterexample.
const MOST_GROUPS: usize = 8;

const SOURCE_ACCOUNT: &str = "aws:SourceAccount";
const SOURCE_ARN: &str = "aws:SourceArn";

fn statements<'a>(tenant: &Tenant<'a>) -> impl Iterator<Item = (&'a Node, &'a Role, usize, &'a Statement)> {
    tenant.all::<Role>().flat_map(|(node, role)| {
        let allows = |(_, statement): &(usize, &Statement)| statement.effect == Effect::Allow;
        let all = role.trust.statements.iter().enumerate().filter(allows);
        all.map(move |(place, statement)| (node, role, place, statement))
    })
}

pub(super) fn prove(view: &View<'_>, tenant: &Tenant<'_>) -> Result<Derived, Refusal> {
    let clusters = clusters(view);
    let mut trusts = Vec::new();
    for (node, _, place, statement) in statements(tenant) {
        let find = |holds: &dyn Fn(&Condition) -> bool| statement.conditions.iter().position(holds).map(number);
        let account = find(&|condition| is_account(view, condition));
        let within = tenant.within(node);
        let (source, group) = if is_for(SCHEDULER, statement) {
            let mut groups = tenant.all::<ScheduleGroup>();
            let found = groups.find_map(|(node, group)| {
                let arn = group_arn(view, group);
                Some((find(&|condition| is_group(&arn, condition))?, tenant.within(node).to_owned()))
            });
            found.unzip()
        } else {
            (find(&|condition| is_source(&clusters, condition)).filter(|_| is_for(TASKS, statement)), None)
        };
        let (Some(account), Some(source)) = (account, source) else {
            let reason = "principals other than tasks of this account and Region and the tenant's own schedules can \
                          assume the role";
            return Err(Refusal { at: format!("{within}.trust.{place}"), reason: reason.to_owned() });
        };
        trusts.push(Trust { role: within.to_owned(), statement: number(place), account, source, group });
    }
    Ok(Derived { witness: Witness::Trusts(trusts), risk: None })
}

pub(super) fn check(view: &View<'_>, tenant: &Tenant<'_>, witness: &Witness, risk: Option<&str>) -> bool {
    let Witness::Trusts(trusts) = witness else { return false };
    let clusters = clusters(view);
    let mut trusts = trusts.iter();
    let all = statements(tenant).all(|(node, _, place, statement)| {
        let Some(trust) = trusts.next() else { return false };
        let condition = |place: u32| statement.conditions.get(place as usize);
        let group = |within: &String| ScheduleGroup::of(&tenant.node(within)?.resource);
        let from = |source: &Condition| match &trust.group {
            None => is_for(TASKS, statement) && is_source(&clusters, source),
            Some(within) => {
                let group = group(within).map(|group| group_arn(view, group));
                is_for(SCHEDULER, statement) && group.is_some_and(|arn| is_group(&arn, source))
            }
        };
        trust.role == tenant.within(node)
            && trust.statement as usize == place
            && condition(trust.account).is_some_and(|condition| is_account(view, condition))
            && condition(trust.source).is_some_and(from)
    });
    all && trusts.next().is_none() && risk.is_none()
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

static TAGGING: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.like(&["sts:TagSession"], Unlisted::IfAll));

/// The common prefix of the ARNs of clusters in the platform's account and region.
fn clusters(view: &View<'_>) -> String {
    view.at().arn("ecs", "")
}

/// The ARN of a group of schedules. EventBridge Scheduler states it as the source when it assumes a role.
/// Source: EventBridge Scheduler User Guide, "Confused deputy prevention in EventBridge Scheduler".
fn group_arn(view: &View<'_>, group: &ScheduleGroup) -> String {
    view.at().arn("scheduler", format_args!("schedule-group/{}", group.name))
}

fn is_for(principal: &str, statement: &Statement) -> bool {
    let this = matches!(&statement.principal, Some(Principal::Service(service)) if service == principal);
    let assumes = match &statement.actions {
        Actions::Of(actions) => matches!(&**actions, [action] if action == "sts:AssumeRole"),
        Actions::AllBut(_) => false,
    };
    this && assumes && statement.resources.is_empty()
}

/// Whether EventBridge Scheduler, and no other principal, may assume a role.
pub(crate) fn is_for_scheduler(role: &Role) -> bool {
    let mut allows = role.trust.statements.iter().filter(|statement| statement.effect == Effect::Allow).peekable();
    allows.peek().is_some() && allows.all(|statement| is_for(SCHEDULER, statement))
}

fn is_account(view: &View<'_>, Condition { operator, key, values }: &Condition) -> bool {
    let one = matches!(&**values, [value] if value == view.at().account.as_str());
    *operator == Operator::StringEquals && key.eq_ignore_ascii_case(SOURCE_ACCOUNT) && one
}

fn is_source(clusters: &str, Condition { operator, key, values }: &Condition) -> bool {
    let within = values.iter().all(|value| value.starts_with(clusters) && !value.contains('$'));
    *operator == Operator::ArnLike && key.eq_ignore_ascii_case(SOURCE_ARN) && within && !values.is_empty()
}

fn is_group(arn: &str, Condition { operator, key, values }: &Condition) -> bool {
    let this = matches!(&**values, [value] if value == arn) && !arn.contains(['*', '?', '$']);
    let equal = matches!(operator, Operator::ArnLike | Operator::StringEquals);
    equal && key.eq_ignore_ascii_case(SOURCE_ARN) && this
}

/// The actions that assume a role.
fn assuming() -> ActionSet {
    CATALOGUE.having(|action| action.service() == "sts" && action.name.starts_with("sts:AssumeRole"))
}

pub(super) fn explain<'a>(view: &View<'a>, tenant: &Tenant<'a>) -> Counterexample {
    let account = view.at().account.as_str();
    let other = if account == "111122223333" { "444455556666" } else { "111122223333" };
    let partition = view.at().partition();
    for (_, role) in tenant.all::<Role>() {
        let trust: Vec<Rule<'_>> = rules(&role.trust).collect();
        let region = || Region::new(assuming(), Texts::like(Glob::exactly(&view.role_arn(role))));
        let of_account = |account: &str| {
            let arn = format!("arn:{partition}:iam::{account}:role/");
            let like = Glob::exactly(&arn).then_like("?*");
            region()
                .with(PRINCIPAL_ACCOUNT, account)
                .with_like(PRINCIPAL_ARN, like)
                .with(IS_AWS_SERVICE, "false")
                .without(SERVICE_NAME)
        };
        let services: Vec<&str> = role
            .trust
            .statements
            .iter()
            .filter_map(|statement| match &statement.principal {
                Some(Principal::Service(service)) => Some(service.as_ref()),
                _ => None,
            })
            .collect();
        let by = |service: &str| {
            region()
                .with(SERVICE_NAME, service)
                .with(IS_AWS_SERVICE, "true")
                .without(PRINCIPAL_ARN)
                .without(PRINCIPAL_ACCOUNT)
        };
        let clusters = clusters(view);
        let mut regions = vec![of_account(account), of_account(other)];
        for service in services {
            let known = [TASKS, SCHEDULER].contains(&service);
            regions.push(if known { by(service).with(SOURCE_ACCOUNT, other) } else { by(service) });
            if service == SCHEDULER {
                // Groups of other tenants come first: they are the clearest counterexamples.
                let of = |tenant: &Tenant<'a>| tenant.all::<ScheduleGroup>().map(|(_, group)| group_arn(view, group));
                let own: Vec<String> = of(tenant).collect();
                let others = view.tenants.iter().flat_map(of).filter(|arn| !own.contains(arn)).take(MOST_GROUPS);
                regions.extend(others.map(|arn| by(service).with(SOURCE_ARN, &arn)));
                regions.push(by(service).with_none_of(SOURCE_ARN, own.iter().map(String::as_str)));
            }
            regions.push(by(service).without(SOURCE_ACCOUNT));
            regions.push(by(service).without(SOURCE_ARN));
            let elsewhere = clusters.replacen(view.at().region.as_str(), "elsewhere-1", 1);
            regions.push(by(service).with_like(SOURCE_ARN, Glob::exactly(&elsewhere).then_like("?*")));
        }
        // Only principals that the statement names.
        for region in regions {
            match allowed(&trust, &region) {
                Ok(None) => {}
                answer => return found(answer),
            }
        }
    }
    Counterexample::Undecided("the trust policy is not the known safe one".to_owned())
}

pub(super) fn session_tags<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    for (node, role, place, statement) in statements(tenant) {
        let actions = view.allowed_actions(statement);
        facts.require(actions.and(&TAGGING).is_empty(), || {
            let region = Region::new(TAGGING.clone(), Texts::like(Glob::exactly(&view.role_arn(role))));
            let found = found(allowed(&[Rule::from(statement)], &region));
            (format!("{}.trust.{place}", tenant.within(node)), "sessions can have tags".to_owned(), found)
        });
    }
}
