//! Pages and filters of list operations.

use super::{faults, names};
use crate::paging;
use crate::services::prelude::*;

/// The default, minimum and maximum page size. Source: Amazon RDS API reference, `MaxRecords` of
/// each Describe operation.
const USUAL: usize = 100;
const FEWEST: i64 = 20;
const MOST: i64 = 100;

/// The items that a call requests: the one with the given name, or all.
pub(super) fn named<'a, T>(
    input: &Input,
    parameter: &str,
    items: &'a Eventual<T>,
    not_found: fn(&str) -> Refusal,
) -> Result<impl Iterator<Item = (String, &'a T)>, Refusal> {
    let name = input.text(parameter).map(names::lookup);
    if let Some(missing) = name.as_ref().filter(|name| !items.contains_key(*name)) {
        return Err(not_found(missing));
    }
    let items = items.iter().filter(move |(other, _)| name.as_ref().is_none_or(|name| name == *other));
    Ok(items.map(|(name, item)| (name.clone(), item)))
}

/// A page of a listing: the members, and the marker of the next page.
pub(super) fn listing<T>(
    input: &Input,
    [list, member]: [&str; 2],
    items: impl IntoIterator<Item = (String, T)>,
    describe: impl Fn(&T) -> Vec<Element>,
) -> Result<Vec<Element>, Refusal> {
    listing_up_to(MOST, input, [list, member], items, describe)
}

/// The same with another maximum page size.
pub(super) fn listing_up_to<T>(
    most: i64,
    input: &Input,
    [list, member]: [&str; 2],
    items: impl IntoIterator<Item = (String, T)>,
    describe: impl Fn(&T) -> Vec<Element>,
) -> Result<Vec<Element>, Refusal> {
    let wrong = |_| format!("Invalid value for MaxRecords. Must be between {FEWEST} and {most}");
    let size = names::number(input, "MaxRecords", FEWEST..=most, wrong)?.unwrap_or(USUAL);
    // An empty marker counts as none.
    let marker = input.text("Marker").filter(|marker| !marker.is_empty());
    let (page, next) = paging::page(items, marker, size, "InvalidParameterValue")?;
    let mut answer = vec![xml::list(list, member, page.iter().map(describe))];
    answer.extend(next.map(|next| xml::text("Marker", next)));
    Ok(answer)
}

/// Filters: a name, and the values of which one must match.
#[derive(Clone, Debug)]
pub(super) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// The filters of a call. Unknown filters are rejected.
    pub(super) fn read(input: &Input, known: &[&str]) -> Result<Self, Refusal> {
        let filters = input.list("Filters").into_iter().map(|filter| {
            let name = filter.required("Name")?;
            ensure!(known.contains(&name), faults::value(format!("Unrecognized filter name: {name}")));
            let values = filter.texts("Values");
            if values.is_empty() {
                return Err(faults::combination(format!("The values list cannot be empty for filter name: {name}")));
            }
            Ok((name.to_owned(), values))
        });
        filters.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the filter with this name, if given, matches one of `values`. These are spellings of
    /// the same item, such as its name and its ARN.
    pub(super) fn allow(&self, name: &str, values: &[&str]) -> bool {
        self.0
            .iter()
            .filter(|(filter, _)| filter == name)
            .all(|(_, wanted)| wanted.iter().any(|wanted| values.contains(&wanted.as_str())))
    }
}
