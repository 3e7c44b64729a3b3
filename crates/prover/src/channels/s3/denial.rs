//! Whether a bucket's policy denies every request of a kind.
//!
//! A proof names the statements that do so together: each of them denies all resources of one sort
//! to all principals of the kind, and together they name all actions of the claim.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use saas_model::policy::{Condition, Effect, Operator, Principal, Statement};
use saas_model::resource::Bucket;

use super::{
    CONFIGURATION as CONFIGURATION_ACTIONS, CONTROL as CONTROL_ACTIONS, EVERYTHING, OBJECT_ACTIONS, ON_BUCKET,
    ON_OBJECTS, OPEN_ON_OBJECTS,
};
use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
use crate::channels::iam::found;
use crate::claim::{Derived, Refusal};
use crate::counterexample::Counterexample;
use crate::glob::Glob;
use crate::policy::{Rule, rules};
use crate::region::{Region, Texts};
use crate::request::{
    IS_AWS_SERVICE, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, PRINCIPAL_TENANT, SECURE_TRANSPORT, SERVICE_NAME,
};
use crate::solve::not_denied;
use crate::view::{Tenant, View};
use crate::witness::{Denial, Witness};

/// A kind of requests, all of which must be denied.
pub(crate) struct Kind {
    actions: &'static LazyLock<ActionSet>,
    who: Who,
    /// The risk under which some actions are known to be open.
    risk: Option<(&'static str, &'static LazyLock<ActionSet>)>,
}

/// The callers of the requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Principals of the account without the tenant's tag, except the rescuers.
    Untagged,
    /// Principals of the account without the tenant's tag, except all administrators.
    UntaggedUntrusted,
    /// All principals of the account except the administrators.
    Untrusted,
    /// All principals outside of the account.
    Foreign,
    /// Any caller, without TLS.
    InTheClear,
}

pub(super) const OBJECTS: Kind =
    Kind { actions: &OBJECT_ACTIONS, who: Who::Untagged, risk: Some(("s3-actions-open", &OPEN_ON_OBJECTS)) };
pub(super) const CONTROL: Kind = Kind { actions: &CONTROL_ACTIONS, who: Who::Untrusted, risk: None };
pub(super) const CONFIGURATION: Kind = Kind {
    actions: &CONFIGURATION_ACTIONS,
    who: Who::UntaggedUntrusted,
    risk: Some(("s3-actions-open", &CONFIGURATION_ACTIONS)),
};
pub(super) const FOREIGN: Kind = Kind { actions: &EVERYTHING, who: Who::Foreign, risk: None };
pub(super) const TRANSPORT: Kind = Kind { actions: &EVERYTHING, who: Who::InTheClear, risk: None };

impl Kind {
    fn may_be_open(&self) -> &'static ActionSet {
        static NONE: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.none());
        match self.risk {
            Some((_, open)) => LazyLock::force(open),
            None => LazyLock::force(&NONE),
        }
    }
}

pub(super) fn prove<'a>(view: &View<'a>, tenant: &Tenant<'a>, kind: &Kind) -> Result<Derived, Refusal> {
    let mut denials = Vec::new();
    let mut risk = None;
    for (node, bucket) in tenant.all::<Bucket>() {
        let refused = || Refusal {
            at: format!("{}.policy", tenant.within(node)),
            reason: "the bucket's policy does not deny it to all".to_owned(),
        };
        let mut denial = is_denied(view, bucket, kind, Some(tenant.id)).map_err(|()| refused())?;
        if !denial.open.is_empty() {
            risk = kind.risk.as_ref().map(|(risk, _)| *risk);
        }
        tenant.within(node).clone_into(&mut denial.bucket);
        denials.push(denial);
    }
    Ok(Derived { witness: Witness::Denials(denials), risk })
}

/// The statements that together deny all requests of a kind, and the actions that none of them
/// denies, if these may be open.
pub(super) fn is_denied<'a>(
    view: &View<'a>,
    bucket: &'a Bucket,
    kind: &Kind,
    tenant: Option<&str>,
) -> Result<Denial, ()> {
    let arn = view.bucket_arn(bucket);
    let exempt = exempt(view, kind);
    let mut denial = Denial { bucket: String::new(), on_bucket: Vec::new(), on_objects: Vec::new(), open: Vec::new() };
    let mut open = CATALOGUE.none();
    for (sort, places, all) in
        [(Sort::Bucket, &mut denial.on_bucket, &ON_BUCKET), (Sort::Objects, &mut denial.on_objects, &ON_OBJECTS)]
    {
        let mut left = kind.actions.and(all);
        for (place, statement) in bucket.policy.statements.iter().enumerate() {
            if left.is_empty() {
                break;
            }
            if !denies_all(view, statement, sort, &arn, kind, exempt, tenant) {
                continue;
            }
            let rest = left.minus(&view.denied(statement));
            if rest != left {
                places.push(u32::try_from(place).unwrap_or(u32::MAX));
                left = rest;
            }
        }
        open = open.or(&left);
    }
    if !open.is_within(kind.may_be_open()) {
        return Err(());
    }
    denial.open = CATALOGUE.members(&open).map(|action| action.name.clone()).collect();
    Ok(denial)
}

/// Checks only the statements that the witness names.
pub(super) fn check<'a>(
    view: &View<'a>,
    tenant: &Tenant<'a>,
    kind: &Kind,
    witness: &Witness,
    risk: Option<&str>,
) -> bool {
    let Witness::Denials(denials) = witness else { return false };
    let mut denials = denials.iter();
    let exempt = exempt(view, kind);
    let mut any_open = false;
    let all = tenant.all::<Bucket>().all(|(node, bucket)| {
        let Some(denial) = denials.next() else { return false };
        let arn = view.bucket_arn(bucket);
        let covers = |places: &[u32], sort| {
            places.iter().try_fold(CATALOGUE.none(), |actions, place| {
                let statement = bucket.policy.statements.get(*place as usize)?;
                let all = denies_all(view, statement, sort, &arn, kind, exempt, Some(tenant.id));
                all.then(|| actions.or(&view.denied(statement)))
            })
        };
        let open = CATALOGUE.like(&denial.open, Unlisted::IfAll);
        any_open |= !denial.open.is_empty();
        let (Some(on_bucket), Some(on_objects)) =
            (covers(&denial.on_bucket, Sort::Bucket), covers(&denial.on_objects, Sort::Objects))
        else {
            return false;
        };
        denial.bucket == tenant.within(node)
            && open.len() as usize == denial.open.len()
            && open.is_within(kind.may_be_open())
            && kind.actions.and(&ON_BUCKET).is_within(&on_bucket.or(&open))
            && kind.actions.and(&ON_OBJECTS).is_within(&on_objects.or(&open))
    });
    let named = if any_open { kind.risk.as_ref().map(|(risk, _)| *risk) } else { None };
    all && denials.next().is_none() && risk == named
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Bucket,
    Objects,
}

/// The roles that the claim exempts.
fn exempt<'v, 'a>(view: &'v View<'a>, kind: &Kind) -> &'v BTreeSet<&'a str> {
    static NOBODY: BTreeSet<&str> = BTreeSet::new();
    match kind.who {
        Who::Untagged => &view.rescuers,
        Who::UntaggedUntrusted | Who::Untrusted => &view.administrators,
        Who::Foreign | Who::InTheClear => &NOBODY,
    }
}

/// Whether a statement denies all resources of a sort to all principals of the kind.
fn denies_all(
    view: &View<'_>,
    statement: &Statement,
    sort: Sort,
    arn: &str,
    kind: &Kind,
    exempt: &BTreeSet<&str>,
    tenant: Option<&str>,
) -> bool {
    let Statement { sid: _, effect, principal, actions: _, resources, conditions } = statement;
    let on_all = resources.iter().any(|pattern| match (pattern.strip_prefix(arn), sort) {
        (Some(""), Sort::Bucket) => true,
        (Some("/*"), Sort::Objects) => true,
        (Some("*"), _) => true,
        _ => pattern == "*",
    });
    let holds = |condition: &Condition| always_holds(view, condition, kind.who, exempt, tenant);
    *effect == Effect::Deny && *principal == Some(Principal::Anyone) && on_all && conditions.iter().all(holds)
}

/// Whether a condition holds for all requests of a kind.
fn always_holds(
    view: &View<'_>,
    condition: &Condition,
    who: Who,
    exempt: &BTreeSet<&str>,
    tenant: Option<&str>,
) -> bool {
    use Operator::{ArnNotLike, Bool, BoolIfExists, StringNotEquals, StringNotLike};
    let Condition { operator, key, values } = condition;
    let only = |one: &str| matches!(&**values, [value] if value == one);
    let in_account = matches!(who, Who::Untagged | Who::UntaggedUntrusted | Who::Untrusted);
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    // Negated operators also hold when the key is absent.
    // Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
    if is(PRINCIPAL_TENANT) {
        let untagged = matches!(who, Who::Untagged | Who::UntaggedUntrusted);
        return untagged && matches!(operator, StringNotEquals | StringNotLike) && tenant.is_some_and(only);
    }
    if is(PRINCIPAL_ARN) {
        let named = values.iter().all(|value| exempt.contains(value.as_str()) && !value.contains(['*', '?', '$']));
        return in_account && matches!(operator, ArnNotLike | StringNotEquals | StringNotLike) && named;
    }
    if is(IS_AWS_SERVICE) {
        return who != Who::InTheClear && *operator == BoolIfExists && only("false");
    }
    if is(PRINCIPAL_ACCOUNT) {
        return who == Who::Foreign && *operator == StringNotEquals && only(view.at().account.as_str());
    }
    is(SECURE_TRANSPORT) && who == Who::InTheClear && matches!(operator, Bool | BoolIfExists) && only("false")
}

pub(super) fn explain<'a>(view: &View<'a>, tenant: &Tenant<'a>, kind: &Kind) -> Counterexample {
    for (_, bucket) in tenant.all::<Bucket>() {
        if is_denied(view, bucket, kind, Some(tenant.id)).is_err() {
            return request(view, bucket, kind, Some(tenant.id));
        }
    }
    Counterexample::Undecided("every bucket's policy denies it".to_owned())
}

/// A request of a kind that the bucket's policy does not deny.
pub(super) fn request(view: &View<'_>, bucket: &Bucket, kind: &Kind, tenant: Option<&str>) -> Counterexample {
    let rules: Vec<Rule<'_>> = rules(&bucket.policy).collect();
    let arn = view.bucket_arn(bucket);
    let actions = kind.actions.minus(kind.may_be_open());
    let sorts = [
        (Glob::exactly(&arn).then_like("/?*"), actions.and(&ON_OBJECTS)),
        (Glob::exactly(&arn), actions.and(&ON_BUCKET)),
    ];
    for (texts, actions) in sorts {
        for region in principals(view, kind, tenant, &Region::new(actions, Texts::like(texts)), bucket) {
            match not_denied(&rules, &region) {
                Ok(None) => {}
                answer => return found(answer),
            }
        }
    }
    Counterexample::Undecided("no request was found, and no statements that surely deny all".to_owned())
}

/// The requests of the principals of the claim, as regions.
fn principals(view: &View<'_>, kind: &Kind, tenant: Option<&str>, region: &Region, bucket: &Bucket) -> Vec<Region> {
    let (account, partition) = (view.at().account.as_str(), view.at().partition());
    let role_of = |account: &str| Glob::exactly(&format!("arn:{partition}:iam::{account}:role/")).then_like("?*");
    let of_account = |account: &str| {
        let region = region.clone().with(PRINCIPAL_ACCOUNT, account).with_like(PRINCIPAL_ARN, role_of(account));
        region.with(IS_AWS_SERVICE, "false").without(SERVICE_NAME)
    };
    let own = || {
        of_account(account)
            .with_none_of(PRINCIPAL_ARN, exempt(view, kind).iter().copied())
            .with(SECURE_TRANSPORT, "true")
    };
    match kind.who {
        Who::Untagged | Who::UntaggedUntrusted => vec![own().with_none_of(PRINCIPAL_TENANT, tenant)],
        Who::Untrusted => vec![own()],
        Who::InTheClear => vec![of_account(account).with(SECURE_TRANSPORT, "false")],
        Who::Foreign => {
            let statements = bucket.policy.statements.iter();
            let conditions = statements.flat_map(|statement| &statement.conditions);
            let named = conditions.filter(|condition| condition.key.eq_ignore_ascii_case(PRINCIPAL_ACCOUNT));
            let mut accounts: BTreeSet<&str> =
                named.flat_map(|condition| &condition.values).map(String::as_str).collect();
            accounts.insert(if account == "111122223333" { "444455556666" } else { "111122223333" });
            accounts.remove(account);
            let mut regions: Vec<Region> =
                accounts.into_iter().map(|other| of_account(other).with(SECURE_TRANSPORT, "true")).collect();
            let nobody = region.clone().without(PRINCIPAL_ACCOUNT).without(PRINCIPAL_ARN).without(PRINCIPAL_TENANT);
            regions.push(nobody.without(IS_AWS_SERVICE).without(SERVICE_NAME).with(SECURE_TRANSPORT, "true"));
            regions
        }
    }
}
