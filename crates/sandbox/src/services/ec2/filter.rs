//! Filters of the listings. Source: Amazon EC2 User Guide, "Filter your resources using the CLI".

use crate::services::prelude::*;

/// The most values that the filters of one call may have together.
const MOST_VALUES: usize = 200;

/// What stands in a list of known filters for `tag:` with any key.
pub(super) const ANY_TAG: &str = "tag:";

/// The filters of a call. Something passes that meets all of them; it meets one by any of its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters(Vec<Filter>);

#[derive(Clone, Debug)]
struct Filter {
    name: String,
    values: Vec<String>,
}

impl Filters {
    /// Reads the filters of a call, of which only these names are known.
    pub(super) fn of(input: &Input, known: &[&str]) -> Result<Self, Refusal> {
        let mut filters = Vec::new();
        for (position, filter) in input.list("Filter").iter().enumerate() {
            let name = filter.text("Name").ok_or_else(|| Refusal::missing("Filter.Name"))?;
            let is_tag = known.contains(&ANY_TAG) && name.strip_prefix(ANY_TAG).is_some_and(|key| !key.is_empty());
            if name == ANY_TAG || !(is_tag || known.contains(&name)) {
                return Err(Refusal::new("InvalidParameterValue", format!("The filter '{name}' is invalid")));
            }
            let values = filter.texts("Value");
            if values.is_empty() {
                return Err(Refusal::missing(&format!("Filter.{}.Value", position + 1)));
            }
            filters.push(Filter { name: name.to_owned(), values });
        }
        if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > MOST_VALUES {
            let message = format!("The maximum number of filter values specified on a single call is {MOST_VALUES}");
            return Err(Refusal::new("FilterLimitExceeded", message));
        }
        Ok(Self(filters))
    }

    /// The values of a filter.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let filters = self.0.iter().filter(move |filter| filter.name == name);
        filters.flat_map(|filter| filter.values.iter().map(String::as_str))
    }

    /// Whether something passes that has these tags, and these values of a property.
    pub(super) fn admit(&self, tags: &Tags, property: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|filter| match filter.name.split_once(':') {
            Some(("tag", key)) => tags.get(key).is_some_and(|value| filter.admits(value)),
            _ if filter.name == "tag-key" => tags.keys().any(|key| filter.admits(key)),
            _ => property(&filter.name).iter().any(|value| filter.admits(value)),
        })
    }
}

impl Filter {
    fn admits(&self, text: &str) -> bool {
        self.values.iter().any(|value| matches(value, text))
    }
}

/// Whether a text is what a value with wildcards says: `*` is any text, `?` is any character, and a
/// backslash takes away the meaning of what follows it.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last `*` was, and how much of the text it has taken so far.
    let mut star = None;
    while place < text.len() {
        let (step, fits) = match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
                continue;
            }
            Some('?') => (1, true),
            Some('\\') if at + 1 < pattern.len() => (2, pattern[at + 1] == text[place]),
            Some(character) => (1, *character == text[place]),
            None => (0, false),
        };
        if fits {
            (at, place) = (at + step, place + 1);
        } else if let Some((position, taken)) = star {
            star = Some((position, taken + 1));
            (at, place) = (position + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn all_filters_must_be_met_and_one_value_of_each() {
        let input = Input::from_query(
            b"Filter.1.Name=tag:k&Filter.1.Value.1=x&Filter.1.Value.2=v*&Filter.2.Name=state&Filter.2.Value.1=on",
        );
        let filters = Filters::of(&input, &["state", ANY_TAG]).expect("known filters");
        let tags = |value: &str| Tags::from([("k".to_owned(), value.to_owned())]);
        assert!(filters.admit(&tags("value"), |_| vec!["off".to_owned(), "on".to_owned()]));
        assert!(!filters.admit(&tags("value"), |_| vec!["off".to_owned()]));
        assert!(!filters.admit(&tags("other"), |_| vec!["on".to_owned()]));
        assert!(!filters.admit(&Tags::new(), |_| vec!["on".to_owned()]));
    }

    #[test]
    fn more_than_200_values_are_refused() {
        let body: String = (1..=201).map(|value| format!("Filter.1.Value.{value}=x&")).collect();
        let input = Input::from_query(format!("{body}Filter.1.Name=state").as_bytes());
        let refusal = Filters::of(&input, &["state"]).expect_err("too many values");
        assert_eq!(refusal.code, "FilterLimitExceeded");
    }
}
