//! Filters of listings. Source: Amazon EC2 User Guide, "Filter your resources using the CLI".

use wildmatch::WildMatchPattern;

use crate::services::prelude::*;
use crate::xml::Content;

/// The maximum number of values in all filters of one call.
const MOST_VALUES: usize = 200;

/// The entry for `tag:` with any key in a list of known filters.
const ANY_TAG: &str = "tag:";

/// The filters of a call. A resource must match all filters, and one value of each.
///
/// A filter is compared with an element of the listing: `route.gateway-id` with each `gatewayId` in
/// `routeSet`. The list of known filters gives the path for a filter whose element has another name:
/// `vpc-endpoint-state=state`.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters(Vec<Filter>);

#[derive(Clone, Debug)]
struct Filter {
    name: String,
    path: Vec<&'static str>,
    values: Vec<Pattern>,
}

/// Characters for private use stand for the wildcards, so that an escaped wildcard is an ordinary character.
const ANY_TEXT: char = '\u{e000}';
const ANY_CHARACTER: char = '\u{e001}';

type Pattern = WildMatchPattern<ANY_TEXT, ANY_CHARACTER>;

impl Filter {
    fn admits(&self, text: &str) -> bool {
        self.values.iter().any(|value| value.matches(text))
    }
}

impl Filters {
    /// Reads the filters of a call; `known` lists the valid ones.
    pub(super) fn of(input: &Input, known: &[&'static str]) -> Result<Self, Refusal> {
        let mut filters = Vec::new();
        for (position, filter) in input.list("Filter").iter().enumerate() {
            let name = filter.text("Name").ok_or_else(|| Refusal::missing("Filter.Name"))?;
            let entry = if name.len() > ANY_TAG.len() && name.starts_with(ANY_TAG) { ANY_TAG } else { name };
            let mut known = known.iter().map(|one| one.split_once('=').unwrap_or((one, one)));
            let found = known.find(|(known, _)| *known == entry && name != ANY_TAG);
            let (_, path) = found
                .ok_or_else(|| Refusal::new("InvalidParameterValue", format!("The filter '{name}' is invalid")))?;
            let values = filter.texts("Value");
            ensure!(!values.is_empty(), Refusal::missing(&format!("Filter.{}.Value", position + 1)));
            let values = values.iter().map(|value| pattern(value)).collect();
            filters.push(Filter { name: name.to_owned(), path: path.split('.').collect(), values });
        }
        if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > MOST_VALUES {
            let message = format!("The maximum number of filter values specified on a single call is {MOST_VALUES}");
            return Err(Refusal::new("FilterLimitExceeded", message));
        }
        Ok(Self(filters))
    }

    /// Whether a resource with these tags matches the tag filters.
    pub(super) fn admit_tags(&self, tags: &Tags) -> bool {
        self.0.iter().all(|filter| match filter.name.split_once(':') {
            Some((_, key)) => tags.get(key).is_some_and(|value| filter.admits(value)),
            None => filter.name != "tag-key" || tags.keys().any(|key| filter.admits(key)),
        })
    }

    /// Whether a resource matches the other filters. `listed` are the elements of its listing, and
    /// `unlisted` returns further values for a filter.
    pub(super) fn admit(&self, listed: &[Element], unlisted: impl Fn(&str) -> Vec<String>) -> bool {
        let others = self.0.iter().filter(|filter| filter.name != "tag-key" && !filter.name.contains(':'));
        others.into_iter().all(|filter| {
            texts(listed, &filter.path).any(|text| filter.admits(text))
                || unlisted(&filter.name).iter().any(|text| filter.admits(text))
        })
    }
}

/// The texts at a path in elements. Names match without regard to case and hyphens. List members and
/// the `Set` at the end of a list's name are skipped.
pub(super) fn texts<'e>(elements: &'e [Element], path: &'e [&str]) -> Box<dyn Iterator<Item = &'e str> + 'e> {
    Box::new(elements.iter().flat_map(move |element| match (&element.content, path) {
        (Content::Elements(members), _) if element.name == "item" => texts(members, path),
        (Content::Elements(inner), [first, rest @ ..]) if is_called(element, first) => texts(inner, rest),
        (Content::Text(text), [only]) if is_called(element, only) => Box::new(std::iter::once(text.as_str())),
        _ => Box::new(std::iter::empty()),
    }))
}

fn is_called(element: &Element, step: &str) -> bool {
    let name = step.replace('-', "");
    [&element.name, element.name.trim_end_matches("Set")].into_iter().any(|own| own.eq_ignore_ascii_case(&name))
}

/// The pattern for a filter value: `*` matches any text, `?` matches any character, and a backslash escapes
/// the next character.
fn pattern(value: &str) -> Pattern {
    let mut pattern = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        pattern.push(match character {
            '*' => ANY_TEXT,
            '?' => ANY_CHARACTER,
            '\\' => characters.next().unwrap_or(character),
            _ => character,
        });
    }
    Pattern::new(&pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(value: &str, text: &str) -> bool {
        super::pattern(value).matches(text)
    }

    #[test]
    fn wildcards() {
        for (pattern, text) in
            [("a*", "abc"), ("*", ""), ("a?c", "abc"), ("*b*d", "abcd"), (r"a\*c", "a*c"), ("a", "a"), ("**a", "bba")]
        {
            assert!(matches(pattern, text), "{pattern} is {text}");
        }
        for (pattern, text) in [("a*", "ba"), ("?", ""), (r"a\*c", "abc"), ("a", "A"), ("ab", "a"), ("*b", "abc")] {
            assert!(!matches(pattern, text), "{pattern} is not {text}");
        }
    }

    #[test]
    fn a_resource_matches_all_filters_and_one_value_of_each() {
        let input = Input::from_query(
            b"Filter.1.Name=tag:k&Filter.1.Value.1=x&Filter.1.Value.2=v*&Filter.2.Name=state&Filter.2.Value.1=on",
        );
        let filters = Filters::of(&input, &["state", "tag:"]).expect("known filters");
        let tags = |value: &str| Tags::from([("k".to_owned(), value.to_owned())]);
        assert!(filters.admit_tags(&tags("value")));
        assert!(!filters.admit_tags(&tags("other")));
        assert!(!filters.admit_tags(&Tags::new()));
        let admit = |state| filters.admit(&[xml::text("state", state)], |_| Vec::new());
        assert!(admit("on") && !admit("off"));
        assert!(filters.admit(&[], |_| vec!["off".to_owned(), "on".to_owned()]));
    }

    #[test]
    fn a_filter_is_compared_with_the_element_at_its_path() {
        let input = Input::from_query(b"Filter.1.Name=route.gateway-id&Filter.1.Value.1=igw-2");
        let table = |gateways: [&str; 2]| {
            [xml::list("routeSet", "item", gateways.map(|gateway| vec![xml::text("gatewayId", gateway)]))]
        };
        for known in ["route.gateway-id", "route.gateway-id=routeSet.gatewayId"] {
            let filters = Filters::of(&input, &[known]).expect("a known filter");
            assert!(filters.admit(&table(["igw-1", "igw-2"]), |_| Vec::new()));
            assert!(!filters.admit(&table(["igw-1", "igw-3"]), |_| Vec::new()));
        }
        let elsewhere = Filters::of(&input, &["route.gateway-id=gatewayId"]).expect("a known filter");
        assert!(!elsewhere.admit(&table(["igw-2", "igw-2"]), |_| Vec::new()));
    }

    #[test]
    fn more_than_200_values_are_refused() {
        let body: String = (1..=201).map(|value| format!("Filter.1.Value.{value}=x&")).collect();
        let input = Input::from_query(format!("{body}Filter.1.Name=state").as_bytes());
        let refusal = Filters::of(&input, &["state"]).expect_err("too many values");
        assert_eq!(refusal.code, "FilterLimitExceeded");
    }
}
