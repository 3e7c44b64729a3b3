//! Bucket policies in the form that proofs read: which requests each statement denies, as seen from
//! the bucket and its tenant.
//!
//! Policies that differ only in the names of their buckets and tenants have one form. Proofs and
//! checks read nothing but the form, so they are made once for all tenants that share it.

use std::collections::{BTreeSet, HashMap};

use saas_model::policy::{Condition, Effect, Operator, Principal, Statement};
use saas_model::resource::Bucket;

use crate::action_lists::ActionLists;
use crate::catalogue::{ActionSet, Unlisted};
use crate::request::{IS_AWS_SERVICE, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, PRINCIPAL_TENANT, SECURE_TRANSPORT};
use crate::view::{Tenant, View};

/// The callers of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Principals of the account without the tenant's tag, except the rescuers.
    Untagged,
    /// All principals of the account except the administrators.
    Untrusted,
    /// All principals outside of the account.
    Foreign,
    /// Any caller, without TLS.
    InTheClear,
}

const EVERYBODY: [Who; 4] = [Who::Untagged, Who::Untrusted, Who::Foreign, Who::InTheClear];

/// What a statement is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// The bucket itself.
    Bucket,
    /// All of its objects.
    Objects,
}

/// The policies of the buckets of all tenants.
pub(crate) struct BucketPolicies<'a> {
    lists: ActionLists<'a>,
    forms: Vec<TenantForm<'a>>,
    /// The position in `forms` of each tenant's form.
    of: Vec<usize>,
}

/// The buckets of a tenant, by their addresses relative to it, and their policies.
pub(crate) type TenantForm<'a> = Vec<(&'a str, PolicyForm)>;

/// What each statement of a policy denies; `None` for one that does not deny something to everyone.
pub(crate) type PolicyForm = Vec<Option<Denied>>;

/// What a statement denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Denied {
    /// The number of its list of actions.
    actions: usize,
    on_bucket: bool,
    on_objects: bool,
    /// Whether its conditions hold for all requests of [`EVERYBODY`], one by one.
    to: [bool; EVERYBODY.len()],
}

impl Denied {
    /// Whether it denies its actions on all resources of a sort to all of these callers.
    pub(super) const fn covers(&self, sort: Sort, who: Who) -> bool {
        let on_all = match sort {
            Sort::Bucket => self.on_bucket,
            Sort::Objects => self.on_objects,
        };
        on_all && self.to[who as usize]
    }
}

impl<'a> BucketPolicies<'a> {
    pub(crate) fn of(view: &View<'a>) -> Self {
        let mut lists = ActionLists::new(Unlisted::IfAll);
        let mut numbers: HashMap<TenantForm<'a>, usize> = HashMap::new();
        let mut of = Vec::with_capacity(view.tenants.len());
        for tenant in &view.tenants {
            let buckets = tenant.all::<Bucket>();
            let form: TenantForm<'a> = buckets
                .map(|(node, bucket)| (tenant.within(node), form(view, &mut lists, bucket, Some(tenant.id))))
                .collect();
            let next = numbers.len();
            of.push(*numbers.entry(form).or_insert(next));
        }
        let mut forms: Vec<(TenantForm<'a>, usize)> = numbers.into_iter().collect();
        forms.sort_by_key(|(_, number)| *number);
        Self { lists, forms: forms.into_iter().map(|(form, _)| form).collect(), of }
    }

    /// The number of a tenant's form.
    pub(crate) fn number(&self, tenant: &Tenant<'_>) -> usize {
        self.of[tenant.place as usize]
    }

    /// The form with this number.
    pub(crate) fn form(&self, number: usize) -> &TenantForm<'a> {
        &self.forms[number]
    }

    /// The actions that a statement certainly denies.
    pub(super) fn actions(&self, denied: &Denied) -> &ActionSet {
        self.lists.set(denied.actions)
    }

    /// The policy of one bucket that belongs to no tenant.
    pub(super) fn of_shared(view: &View<'a>, bucket: &'a Bucket) -> (Self, PolicyForm) {
        let mut lists = ActionLists::new(Unlisted::IfAll);
        let form = form(view, &mut lists, bucket, None);
        (Self { lists, forms: Vec::new(), of: Vec::new() }, form)
    }
}

fn form<'a>(view: &View<'a>, lists: &mut ActionLists<'a>, bucket: &'a Bucket, tenant: Option<&str>) -> PolicyForm {
    let arn = view.bucket_arn(bucket);
    bucket.policy.statements.iter().map(|statement| denied(view, lists, statement, &arn, tenant)).collect()
}

fn denied<'a>(
    view: &View<'a>,
    lists: &mut ActionLists<'a>,
    statement: &'a Statement,
    arn: &str,
    tenant: Option<&str>,
) -> Option<Denied> {
    let Statement { sid: _, effect, principal, actions, resources, conditions } = statement;
    if *effect != Effect::Deny || *principal != Some(Principal::Anyone) {
        return None;
    }
    let on_all = |sort| {
        resources.iter().any(|pattern| match (pattern.strip_prefix(arn), sort) {
            (Some(""), Sort::Bucket) => true,
            (Some("/*"), Sort::Objects) => true,
            (Some("*"), _) => true,
            _ => pattern == "*",
        })
    };
    let mut to = [true; EVERYBODY.len()];
    for condition in &**conditions {
        let holds = always_holds(view, condition, tenant);
        to = EVERYBODY.map(|who| to[who as usize] && holds[who as usize]);
    }
    Some(Denied {
        actions: lists.number(actions),
        on_bucket: on_all(Sort::Bucket),
        on_objects: on_all(Sort::Objects),
        to,
    })
}

/// The roles that a claim about these callers exempts.
pub(super) fn exempt<'v, 'a>(view: &'v View<'a>, who: Who) -> &'v BTreeSet<&'a str> {
    static NONE: BTreeSet<&str> = BTreeSet::new();
    match who {
        Who::Untagged => &view.rescuers,
        Who::Untrusted => &view.administrators,
        Who::Foreign | Who::InTheClear => &NONE,
    }
}

/// Whether a condition holds for all requests of [`EVERYBODY`], one by one.
fn always_holds(view: &View<'_>, condition: &Condition, tenant: Option<&str>) -> [bool; EVERYBODY.len()] {
    use Operator::{ArnNotLike, Bool, BoolIfExists, StringNotEquals, StringNotLike};
    use Who::{Foreign, InTheClear, Untagged, Untrusted};
    let Condition { operator, key, values } = condition;
    let only = |one: &str| matches!(&**values, [value] if value == one);
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    // Negated operators also hold when the key is absent.
    // Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
    if is(PRINCIPAL_TENANT) {
        let holds = matches!(operator, StringNotEquals | StringNotLike) && tenant.is_some_and(only);
        return EVERYBODY.map(|who| holds && who == Untagged);
    }
    if is(PRINCIPAL_ARN) {
        let literal = |value: &String| !value.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'$'));
        let negated = matches!(operator, ArnNotLike | StringNotEquals | StringNotLike);
        let holds = negated && values.iter().all(literal);
        let named = |who| values.iter().all(|value| exempt(view, who).contains(value.as_str()));
        return EVERYBODY.map(|who| holds && matches!(who, Untagged | Untrusted) && named(who));
    }
    if is(IS_AWS_SERVICE) {
        let holds = *operator == BoolIfExists && only("false");
        return EVERYBODY.map(|who| holds && who != InTheClear);
    }
    if is(PRINCIPAL_ACCOUNT) {
        let holds = *operator == StringNotEquals && only(view.at().account.as_str());
        return EVERYBODY.map(|who| holds && who == Foreign);
    }
    let holds = is(SECURE_TRANSPORT) && matches!(operator, Bool | BoolIfExists) && only("false");
    EVERYBODY.map(|who| holds && who == InTheClear)
}
