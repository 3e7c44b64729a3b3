//! Whether a bucket's policy denies every request of a kind.
//!
//! A proof names the statements that do so together: each of them denies all resources of one sort
//! to all principals of the kind, and together they name all actions of the claim.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use saas_model::resource::Bucket;

use super::policies::{BucketPolicies, PolicyForm, Sort, TenantForm, Who, exempt};
use super::{
    BEYOND_USE as BEYOND_USE_ACTIONS, CONFIGURATION as CONFIGURATION_ACTIONS, CONTROL as CONTROL_ACTIONS, EVERYTHING,
    OBJECT_ACTIONS, ON_BUCKET, ON_OBJECTS,
};
use crate::catalogue::{ActionSet, CATALOGUE};
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
}

const fn kind(actions: &'static LazyLock<ActionSet>, who: Who) -> Kind {
    Kind { actions, who }
}

pub(super) static OBJECTS: Kind = kind(&OBJECT_ACTIONS, Who::Untagged);
pub(super) static BEYOND_USE: Kind = kind(&BEYOND_USE_ACTIONS, Who::Untrusted);
pub(super) static CONTROL: Kind = kind(&CONTROL_ACTIONS, Who::Untrusted);
pub(super) static CONFIGURATION: Kind = kind(&CONFIGURATION_ACTIONS, Who::Untrusted);
/// Those that a shared bucket denies: only trusted roles use it.
pub(super) static ANY_USE: Kind = kind(&OBJECT_ACTIONS, Who::Untrusted);
pub(super) static FOREIGN: Kind = kind(&EVERYTHING, Who::Foreign);
pub(super) static TRANSPORT: Kind = kind(&EVERYTHING, Who::InTheClear);

/// Proves the claim for all tenants with a form.
pub(crate) fn prove(policies: &BucketPolicies<'_>, form: &TenantForm<'_>, kind: &Kind) -> Result<Derived, Refusal> {
    let mut denials = Vec::new();
    for (bucket, policy) in form {
        let refused = || Refusal {
            at: format!("{bucket}.policy"),
            reason: "the bucket policy does not deny this to all of them".to_owned(),
        };
        denials.push(is_denied(policies, bucket, policy, kind).ok_or_else(refused)?);
    }
    Ok(Derived { witness: Witness::Denials(denials), risk: None })
}

/// The statements that together deny all requests of a kind.
fn is_denied(policies: &BucketPolicies<'_>, bucket: &str, policy: &PolicyForm, kind: &Kind) -> Option<Denial> {
    let mut denial = Denial { bucket: bucket.to_owned(), on_bucket: Vec::new(), on_objects: Vec::new() };
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
        if !left.is_empty() {
            return None;
        }
    }
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
        let (Some(on_bucket), Some(on_objects)) =
            (covered(&denial.on_bucket, Sort::Bucket), covered(&denial.on_objects, Sort::Objects))
        else {
            return false;
        };
        denial.bucket == *bucket
            && kind.actions.and(&ON_BUCKET).is_within(&on_bucket)
            && kind.actions.and(&ON_OBJECTS).is_within(&on_objects)
    };
    risk.is_none() && denials.iter().zip(form).all(holds)
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
    let sorts = [
        (Glob::exactly(&arn).then_like("/?*"), kind.actions.and(&ON_OBJECTS)),
        (Glob::exactly(&arn), kind.actions.and(&ON_BUCKET)),
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
        Who::Untagged => vec![own().with_none_of(PRINCIPAL_TENANT, tenant)],
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
