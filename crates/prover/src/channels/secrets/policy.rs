//! The resource policies of secrets, against principals with full permissions.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::{Role, Secret, TaskDefinition};
use saas_model::{Address, Node};

use crate::catalogue::{Action, ActionSet, CATALOGUE, Level, Unlisted};
use crate::channels::iam::{found, is_for_scheduler};
use crate::claim::Facts;
use crate::counterexample::Counterexample;
use crate::glob::Glob;
use crate::policy::{Rule, rules};
use crate::region::{Region, Texts};
use crate::request::{IS_AWS_SERVICE, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, SECURE_TRANSPORT, SERVICE_NAME};
use crate::solve::not_denied;
use crate::view::{Tenant, View};

/// The action that reads the value. `BatchGetSecretValue` requires it, too.
/// Source: Secrets Manager API, `BatchGetSecretValue`.
static READS: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.like(&["secretsmanager:GetSecretValue"], Unlisted::IfAll));

/// Everything but reads, also what AWS adds later.
static CHANGES: LazyLock<ActionSet> = LazyLock::new(|| {
    let reads = |action: &Action| matches!(action.level, Level::List | Level::Read);
    CATALOGUE.having(|action| action.service() == "secretsmanager" && action.is_about("Secret") && !reads(action))
});

/// The principals that the policy of a secret may exempt.
struct Exempt(BTreeSet<String>);

impl Exempt {
    /// The trusted roles and the root of the account.
    fn administrators(view: &View<'_>) -> Self {
        let root = view.at().global_arn("iam", "root");
        Self(view.administrators.iter().map(|&role| role.to_owned()).chain([root]).collect())
    }

    /// These, and the roles of a tenant that start its tasks: neither its code nor a service of AWS other than ECS has
    /// them.
    fn readers(view: &View<'_>, tenant: &Tenant<'_>) -> Self {
        let definitions = tenant.all::<TaskDefinition>();
        let of_code: BTreeSet<&Address> = definitions.map(|(_, definition)| definition.task_role.address()).collect();
        let starts = |(node, role): &(&Node, &Role)| !of_code.contains(&node.address) && !is_for_scheduler(role);
        let mut exempt = Self::administrators(view);
        exempt.0.extend(tenant.all::<Role>().filter(starts).map(|(_, role)| view.role_arn(role)));
        exempt
    }

    /// Whether a statement denies its actions on the secret to everyone else.
    fn is_denial(&self, statement: &Statement) -> bool {
        let Statement { sid: _, effect, principal, actions: _, resources, conditions } = statement;
        *effect == Effect::Deny
            && *principal == Some(Principal::Anyone)
            && resources.iter().any(|resource| resource == "*")
            && conditions.iter().all(|condition| self.is_exemption(condition))
    }

    /// Whether a condition holds for everyone else. Negated operators also hold when the key is absent.
    /// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
    fn is_exemption(&self, Condition { operator, key, values }: &Condition) -> bool {
        let negated = match operator {
            Operator::ArnNotLike | Operator::StringNotEquals | Operator::StringNotLike => true,
            Operator::StringEquals
            | Operator::StringLike
            | Operator::ArnLike
            | Operator::Bool
            | Operator::BoolIfExists => false,
        };
        // No exempt principal is a pattern.
        negated && key.eq_ignore_ascii_case(PRINCIPAL_ARN) && values.iter().all(|value| self.0.contains(value))
    }
}

pub(super) fn reads<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    let exempt = Exempt::readers(view, tenant);
    for (node, secret) in tenant.all::<Secret>() {
        denied(view, (tenant.within(node), secret), &READS, &exempt, facts);
    }
}

pub(super) fn changes<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    let exempt = Exempt::administrators(view);
    for (node, secret) in tenant.all::<Secret>() {
        denied(view, (tenant.within(node), secret), &CHANGES, &exempt, facts);
    }
}

pub(super) fn grants(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, secret) in tenant.all::<Secret>() {
        only_denies((Some(tenant), node), &secret.policy, facts);
    }
}

pub(super) fn shared(view: &View<'_>, facts: &mut Facts) {
    let exempt = Exempt::administrators(view);
    for (node, secret) in view.shared::<Secret>() {
        denied(view, (node.address.as_str(), secret), &READS, &exempt, facts);
        denied(view, (node.address.as_str(), secret), &CHANGES, &exempt, facts);
        only_denies((None, node), &secret.policy, facts);
    }
}

fn only_denies(at: (Option<&Tenant<'_>>, &Node), policy: &Policy, facts: &mut Facts) {
    for (place, statement) in policy.statements.iter().enumerate() {
        facts.field(statement.effect == Effect::Deny, at, &format!("policy.{place}.effect"), "Allow", "Deny");
    }
}

/// Requires that the statements of a secret's policy together deny these actions to everyone who is not exempt.
fn denied<'a>(
    view: &View<'a>,
    (at, secret): (&str, &'a Secret),
    actions: &ActionSet,
    exempt: &Exempt,
    facts: &mut Facts,
) {
    let denials = secret.policy.statements.iter().filter(|statement| exempt.is_denial(statement));
    let denied = denials.fold(CATALOGUE.none(), |all, statement| all.or(&view.denied_actions(statement)));
    facts.require(actions.is_within(&denied), || {
        let reason = "the policy of the secret does not deny this to everyone else".to_owned();
        (format!("{at}.policy"), reason, attack(view, secret, actions.minus(&denied), exempt))
    });
}

/// A request of another principal that the policy of the secret does not deny.
fn attack(view: &View<'_>, secret: &Secret, actions: ActionSet, exempt: &Exempt) -> Counterexample {
    let (account, partition) = (view.at().account.as_str(), view.at().partition());
    // AWS appends six characters to the name. Source: Secrets Manager User Guide, "What's in a secret".
    let arn = Glob::exactly(&view.at().arn("secretsmanager", format_args!("secret:{}-", secret.name)));
    let role = Glob::exactly(&format!("arn:{partition}:iam::{account}:role/")).then_like("?*");
    let region = Region::new(actions, Texts::like(arn.then_like("??????")))
        .with(PRINCIPAL_ACCOUNT, account)
        .with_like(PRINCIPAL_ARN, role)
        .with_none_of(PRINCIPAL_ARN, exempt.0.iter().map(String::as_str))
        .with(IS_AWS_SERVICE, "false")
        .with(SECURE_TRANSPORT, "true")
        .without(SERVICE_NAME);
    let rules: Vec<Rule<'_>> = rules(&secret.policy).collect();
    found(not_denied(&rules, &region))
}
