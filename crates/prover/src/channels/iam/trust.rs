//! The principals that may assume a tenant's roles.

use saas_model::Node;
use saas_model::policy::{Condition, Effect, Operator, Principal, Statement};
use saas_model::resource::Role;
use std::sync::LazyLock;

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

const TASKS: &str = "ecs-tasks.amazonaws.com";
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
        let source = find(&|condition| is_source(&clusters, condition));
        let within = tenant.within(node);
        let (true, Some(account), Some(source)) = (is_for_tasks(statement), account, source) else {
            let reason = "principals other than tasks of this account and Region can assume the role".to_owned();
            return Err(Refusal { at: format!("{within}.trust.{place}"), reason });
        };
        trusts.push(Trust { role: within.to_owned(), statement: number(place), account, source });
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
        trust.role == tenant.within(node)
            && trust.statement as usize == place
            && is_for_tasks(statement)
            && condition(trust.account).is_some_and(|condition| is_account(view, condition))
            && condition(trust.source).is_some_and(|condition| is_source(&clusters, condition))
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

fn is_for_tasks(statement: &Statement) -> bool {
    let tasks = matches!(&statement.principal, Some(Principal::Service(service)) if service == TASKS);
    tasks && matches!(&*statement.actions, [action] if action == "sts:AssumeRole") && statement.resources.is_empty()
}

fn is_account(view: &View<'_>, Condition { operator, key, values }: &Condition) -> bool {
    let one = matches!(&**values, [value] if value == view.at().account.as_str());
    *operator == Operator::StringEquals && key.eq_ignore_ascii_case(SOURCE_ACCOUNT) && one
}

fn is_source(clusters: &str, Condition { operator, key, values }: &Condition) -> bool {
    let within = values.iter().all(|value| value.starts_with(clusters) && !value.contains('$'));
    *operator == Operator::ArnLike && key.eq_ignore_ascii_case(SOURCE_ARN) && within && !values.is_empty()
}

/// The actions that assume a role.
fn assuming() -> ActionSet {
    CATALOGUE.having(|action| action.service() == "sts" && action.name.starts_with("sts:AssumeRole"))
}

pub(super) fn explain(view: &View<'_>, tenant: &Tenant<'_>) -> Counterexample {
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
            regions.push(if service == TASKS { by(service).with(SOURCE_ACCOUNT, other) } else { by(service) });
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
        let actions = view.allowed(statement);
        facts.require(actions.and(&TAGGING).is_empty(), || {
            let region = Region::new(TAGGING.clone(), Texts::like(Glob::exactly(&view.role_arn(role))));
            let found = found(allowed(&[Rule::from(statement)], &region));
            (format!("{}.trust.{place}", tenant.within(node)), "sessions can have tags".to_owned(), found)
        });
    }
}
