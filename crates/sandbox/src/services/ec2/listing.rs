//! Listings: by ids, by filters, in pages.

use super::checks::dry_run;
use super::filter::Filters;
use super::resource::Resource;
use crate::paging;
use crate::services::prelude::*;

/// The code for a page token that is none.
const INVALID_TOKEN: &str = "InvalidParameterValue";

/// The longest page of most listings, also when none is asked for. Source: Amazon EC2 Developer
/// Guide, "Pagination".
const LONGEST: usize = 1_000;

/// How long the pages of a listing may be.
#[derive(Clone, Copy)]
pub(super) struct Pages {
    /// The smallest number that is taken for `MaxResults`.
    pub(super) least: usize,
    /// The greatest.
    pub(super) most: usize,
    /// Whether a greater number is taken for the greatest, and not refused.
    pub(super) is_capped: bool,
    /// How long a page is when nothing is asked for.
    pub(super) default: usize,
    /// Whether ids and `MaxResults` go together.
    pub(super) goes_with_ids: bool,
}

impl Pages {
    /// What most listings have. Source: the bounds of `MaxResults` in the model of the API.
    pub(super) const USUAL: Self =
        Self { least: 5, most: LONGEST, is_capped: false, default: LONGEST, goes_with_ids: true };

    /// Those that give everything when no number is asked for. Source: Amazon EC2 API reference,
    /// `DescribeSecurityGroups`: "If this parameter is not specified, then all items are returned."
    pub(super) const ALL: Self = Self { default: usize::MAX, ..Self::USUAL };

    /// Those that have no bounds, or take a number that is too great for the greatest.
    pub(super) const CAPPED: Self = Self { least: 1, is_capped: true, ..Self::USUAL };

    /// How long a page is to be for this call.
    pub(super) fn size(self, input: &Input, with_ids: bool) -> Result<usize, Refusal> {
        let Some(text) = input.text("MaxResults") else { return Ok(self.default) };
        if with_ids && !self.goes_with_ids {
            let message = "The parameter MaxResults cannot be used with ids in the same request";
            return Err(Refusal::new("InvalidParameterCombination", message));
        }
        let refuse = |bound: String| {
            let message = format!("Value ( {text} ) for parameter maxResults is invalid. Expecting a value {bound}.");
            Refusal::new("InvalidParameterValue", message)
        };
        let size: usize = text.parse().map_err(|_| refuse("that is a number".to_owned()))?;
        if size < self.least {
            return Err(refuse(format!("greater than or equal to {}", self.least)));
        }
        if size > self.most && !self.is_capped {
            return Err(refuse(format!("less than or equal to {}", self.most)));
        }
        Ok(size.min(self.most))
    }
}

/// The operation that lists the resources of a kind.
pub(super) fn describe<R: Resource>(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let ids = input.texts(R::KIND.ids);
    let found = select::<R>(cloud, input, &ids)?;
    let size = R::KIND.pages.size(input, !ids.is_empty())?;
    dry_run(input)?;
    paged(R::KIND.set, found.map(|(id, resource)| (id.clone(), resource.describe(cloud))), input, size)
}

/// The resources of a kind that are listed and that ids and filters of a call ask for.
pub(super) fn select<'a, R: Resource>(
    cloud: &'a Cloud,
    input: &Input,
    ids: &[String],
) -> Result<impl Iterator<Item = (&'a String, &'a R)> + use<'a, R>, Refusal> {
    let filters = Filters::of(input, R::FILTERS)?;
    R::check_filters(&filters)?;
    ids.iter().try_for_each(|id| R::KIND.check(id))?;
    let is_listed = |resource: &R| !resource.is_forgotten();
    let all = R::all(&cloud.ec2);
    if let Some(unknown) = ids.iter().find(|id| !all.get(*id).is_some_and(is_listed)) {
        return Err(R::KIND.unknown(unknown));
    }
    let ids = ids.to_vec();
    Ok(all.iter().filter(move |(id, resource)| {
        is_listed(resource)
            && (ids.is_empty() || ids.contains(*id))
            && filters.admit(resource.tags(), |name| resource.property(cloud, name))
    }))
}

/// One page of a listing.
pub(super) fn paged(
    set: &str,
    items: impl Iterator<Item = (String, Vec<Element>)>,
    input: &Input,
    size: usize,
) -> Result<Vec<Element>, Refusal> {
    let (page, token) = paging::page(items, input.text("NextToken"), size, INVALID_TOKEN)?;
    let set = xml::list(set, "item", page);
    Ok(std::iter::once(set).chain(token.map(|token| xml::text("nextToken", token))).collect())
}
