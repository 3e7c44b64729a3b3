//! The parts that load balancers, listeners, rules and target groups share: ARNs, tags, and listings
//! with pagination.

use std::collections::BTreeMap;

use super::State;
use super::checks::invalid;
use crate::paging;
use crate::services::prelude::*;

/// The maximum and default page size. Source: Elastic Load Balancing API reference, `PageSize`.
const PAGE: usize = 400;

/// The names of a kind of resource.
pub(super) struct Kind {
    /// The name in messages.
    pub(super) noun: &'static str,
    /// The prefix of the part of an ARN after the account.
    pub(super) segment: &'static str,
    /// The code for a resource that does not exist.
    pub(super) not_found: &'static str,
}

/// A resource with an ARN.
pub(super) trait Resource: Clone + 'static {
    const KIND: Kind;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut Eventual<Self>;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
    fn describe(&self, cloud: &Cloud) -> Vec<Element>;
}

/// The resource with an ARN.
pub(super) fn named<'a, R: Resource>(cloud: &'a Cloud, arn: &str) -> Result<&'a R, Refusal> {
    check_arn::<R>(cloud, arn)?;
    R::all(&cloud.elb).get(arn).ok_or_else(not_found::<R>)
}

/// Changes a resource; does nothing when it does not exist.
pub(super) fn change<R: Resource>(cloud: &mut Cloud, arn: &str, change: impl FnOnce(&mut R)) {
    if let Some(resource) = R::all_mut(&mut cloud.elb).get_mut(arn) {
        change(resource);
    }
}

/// Whether an ARN is of this kind, account and Region. AWS distinguishes foreign ARNs from unknown
/// ones.
pub(super) fn is_arn<R: Resource>(cloud: &Cloud, arn: &str) -> bool {
    let own = cloud.account.arn("elasticloadbalancing", "");
    arn.strip_prefix(&own).is_some_and(|rest| rest.starts_with(R::KIND.segment))
}

pub(super) fn check_arn<R: Resource>(cloud: &Cloud, arn: &str) -> Result<(), Refusal> {
    if is_arn::<R>(cloud, arn) {
        return Ok(());
    }
    Err(invalid(format!("'{arn}' is not a valid {} ARN", R::KIND.noun)))
}

pub(super) fn not_found<R: Resource>() -> Refusal {
    Refusal::new(R::KIND.not_found, format!("One or more {}s not found", R::KIND.noun))
}

/// The resources with these ARNs in the same order, keyed for [`page`].
pub(super) fn every<'a, R: Resource>(cloud: &'a Cloud, arns: &[String]) -> Result<Vec<(String, &'a R)>, Refusal> {
    let keyed = |(position, arn): (usize, &String)| Ok((format!("{position:05}"), named::<R>(cloud, arn)?));
    arns.iter().enumerate().map(keyed).collect()
}

/// A page of resources, with the marker of the next page.
pub(super) fn page<'a, R: Resource + 'a>(
    cloud: &Cloud,
    input: &Input,
    list: &str,
    resources: impl IntoIterator<Item = (String, &'a R)>,
) -> Result<Vec<Element>, Refusal> {
    page_of(input, list, resources, |resource| resource.describe(cloud))
}

/// A page of any items.
pub(super) fn page_of<T>(
    input: &Input,
    list: &str,
    items: impl IntoIterator<Item = (String, T)>,
    describe: impl Fn(T) -> Vec<Element>,
) -> Result<Vec<Element>, Refusal> {
    let size = input.int("PageSize").unwrap_or(PAGE);
    let (page, next) = paging::page(items, input.text("Marker"), size, "ValidationError")?;
    Ok(vec![xml::list(list, "member", page.into_iter().map(describe)), xml::optional("NextMarker", next)])
}
