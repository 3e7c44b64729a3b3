//! Listings: by ids, with filters and pagination.

use super::filter::Filters;
use super::resource::Resource;
use crate::paging;
use crate::services::prelude::*;

/// The maximum and default page size of most listings. The API model has the bounds of the parameter.
/// Source: Amazon EC2 Developer Guide, "Pagination".
pub(super) const LONGEST: usize = 1_000;

/// The operation that lists the resources of a kind.
pub(super) fn describe<R: Resource>(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let kind = R::kind();
    let usual = if kind.lists_all { usize::MAX } else { LONGEST };
    paged(input, kind.set, usual, select::<R>(cloud, input)?)
}

/// The described resources of a kind that match the ids and filters of a call, by id.
pub(super) fn select<R: Resource>(cloud: &Cloud, input: &Input) -> Result<Vec<(String, Vec<Element>)>, Refusal> {
    let kind = R::kind();
    let filters = Filters::of(input, &kind.filters)?;
    let ids = input.texts(kind.ids);
    ids.iter().try_for_each(|id| kind.check(id))?;
    let all = R::all(&cloud.ec2);
    if let Some(unknown) = ids.iter().find(|id| all.get(*id).is_none_or(R::is_forgotten)) {
        return Err(kind.unknown(unknown));
    }
    let asked = all.iter().filter(|(id, resource)| {
        !resource.is_forgotten() && (ids.is_empty() || ids.contains(id)) && filters.admit_tags(resource.tags())
    });
    let described = asked.map(|(id, resource)| (id, resource, resource.describe(cloud)));
    let found =
        described.filter(|(_, resource, elements)| filters.admit(elements, |filter| resource.property(cloud, filter)));
    Ok(found.map(|(id, _, elements)| (id.clone(), elements)).collect())
}

/// One page of a listing, with the page size of the call.
pub(super) fn paged(
    input: &Input,
    set: &str,
    usual: usize,
    items: impl IntoIterator<Item = (String, Vec<Element>)>,
) -> Result<Vec<Element>, Refusal> {
    let asked = input.number("MaxResults").map(|number| usize::try_from(number).unwrap_or(1).min(LONGEST));
    let (page, token) = paging::page(items, input.text("NextToken"), asked.unwrap_or(usual), "InvalidParameterValue")?;
    Ok(vec![xml::list(set, "item", page), xml::optional("nextToken", token)])
}
