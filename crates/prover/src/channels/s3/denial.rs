//! Whether a bucket's policy denies every request of a kind.
//!
//! A proof names the statements that do so together: each of them denies all resources of one sort
//! to all principals of the kind, and together they name all actions of the claim.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use saas_model::resource::Bucket;

use super::policies::{BucketPolicies, PolicyForm, Sort, TenantForm, Who, exempt};
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

pub(super) static OBJECTS: Kind =
    Kind { actions: &OBJECT_ACTIONS, who: Who::Untagged, risk: Some(("s3-actions-open", &OPEN_ON_OBJECTS)) };
pub(super) static CONTROL: Kind = Kind { actions: &CONTROL_ACTIONS, who: Who::Untrusted, risk: None };
pub(super) static CONFIGURATION: Kind = Kind {
    actions: &CONFIGURATION_ACTIONS,
    who: Who::UntaggedUntrusted,
    risk: Some(("s3-actions-open", &CONFIGURATION_ACTIONS)),
};
pub(super) static FOREIGN: Kind = Kind { actions: &EVERYTHING, who: Who::Foreign, risk: None };
pub(super) static TRANSPORT: Kind = Kind { actions: &EVERYTHING, who: Who::InTheClear, risk: None };

impl Kind {
    fn may_be_open(&self) -> &'static ActionSet {
        static NONE: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.none());
        match self.risk {
            Some((_, open)) => LazyLock::force(open),
            None => LazyLock::force(&NONE),
        }
    }
}

/// Proves the claim for all tenants with a form.
pub(crate) fn prove(policies: &BucketPolicies<'_>, form: &TenantForm<'_>, kind: &Kind) -> Result<Derived, Refusal> {
    let mut denials = Vec::new();
    let mut risk = None;
    for (bucket, policy) in form {
        let refused = || Refusal {
            at: format!("{bucket}.policy"),
            reason: "the bucket policy does not deny this to all of them".to_owned(),
        };
        let denial = is_denied(policies, bucket, policy, kind).ok_or_else(refused)?;
        if !denial.open.is_empty() {
            risk = kind.risk.as_ref().map(|(risk, _)| *risk);
        }
        denials.push(denial);
    }
    Ok(Derived { witness: Witness::Denials(denials), risk })
}

/// The statements that together deny all requests of a kind, and the actions that none of them
/// denies, if these may be open.
fn is_denied(policies: &BucketPolicies<'_>, bucket: &str, policy: &PolicyForm, kind: &Kind) -> Option<Denial> {
    let mut denial =
        Denial { bucket: bucket.to_owned(), on_bucket: Vec::new(), on_objects: Vec::new(), open: Vec::new() };
    let mut open = CATALOGUE.none();
    for (sort, places, all) in
        [(Sort::Bucket, &mut denial.on_bucket, &ON_BUCKET), (Sort::Objects, &mut denial.on_objects, &ON_OBJECTS)]
    {
        let mut left = kind.actions.and(all);
        for (place, denied) in policy.iter().enumerate() {
            let Some(denied) = denied.as_ref().filter(|denied| denied.covers(sort, kind.who)) else { continue };
            let rest = left.minus(policies.actions(denied));
            if rest != left {
                places.push(u32::try_from(place).unwrap_or(u32::MAX));
                left = rest;
            }
        }
        open = open.or(&left);
    }
    if !open.is_within(kind.may_be_open()) {
        return None;
    }
    denial.open = CATALOGUE.members(&open).map(|action| action.name.clone()).collect();
    Some(denial)
}

/// Whether the policy of a bucket that belongs to no tenant denies all requests of a kind.
pub(super) fn is_denied_to_all<'a>(view: &View<'a>, bucket: &'a Bucket, kind: &Kind) -> bool {
    let (policies, policy) = BucketPolicies::of_shared(view, bucket);
    is_denied(&policies, "", &policy, kind).is_some()
}

/// Checks only the statements that the witness names.
pub(crate) fn check(
    policies: &BucketPolicies<'_>,
    form: &TenantForm<'_>,
    kind: &Kind,
    witness: &Witness,
    risk: Option<&str>,
) -> bool {
    let Witness::Denials(denials) = witness else { return false };
    if denials.len() != form.len() {
        return false;
    }
    let holds = |(denial, (bucket, policy)): (&Denial, &(&str, PolicyForm))| {
        let covered = |places: &[u32], sort| {
            places.iter().try_fold(CATALOGUE.none(), |actions, place| {
                let denied = policy.get(*place as usize)?.as_ref()?;
                denied.covers(sort, kind.who).then(|| actions.or(policies.actions(denied)))
            })
        };
        let open = CATALOGUE.like(&denial.open, Unlisted::IfAll);
        let (Some(on_bucket), Some(on_objects)) =
            (covered(&denial.on_bucket, Sort::Bucket), covered(&denial.on_objects, Sort::Objects))
        else {
            return false;
        };
        denial.bucket == *bucket
            && open.len() as usize == denial.open.len()
            && open.is_within(kind.may_be_open())
            && kind.actions.and(&ON_BUCKET).is_within(&on_bucket.or(&open))
            && kind.actions.and(&ON_OBJECTS).is_within(&on_objects.or(&open))
    };
    let any_open = denials.iter().any(|denial| !denial.open.is_empty());
    let named = if any_open { kind.risk.as_ref().map(|(risk, _)| *risk) } else { None };
    risk == named && denials.iter().zip(form).all(holds)
}

pub(crate) fn explain<'a>(view: &View<'a>, tenant: &Tenant<'a>, kind: &Kind) -> Counterexample {
    let policies = view.bucket_policies();
    let form = policies.form(policies.number(tenant));
    for ((_, bucket), (name, policy)) in tenant.all::<Bucket>().zip(form) {
        if is_denied(policies, name, policy, kind).is_none() {
            return request(view, bucket, kind, Some(tenant.id));
        }
    }
    Counterexample::Undecided("every bucket policy denies this".to_owned())
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
    Counterexample::Undecided("neither a request was found nor statements that provably deny all requests".to_owned())
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
            .with_none_of(PRINCIPAL_ARN, exempt(view, kind.who).iter().copied())
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
            let anonymous = region.clone().without(PRINCIPAL_ACCOUNT).without(PRINCIPAL_ARN).without(PRINCIPAL_TENANT);
            regions.push(anonymous.without(IS_AWS_SERVICE).without(SERVICE_NAME).with(SECURE_TRANSPORT, "true"));
            regions
        }
    }
}
