//! Settings of clusters and instances that are only stored and returned.

use std::collections::BTreeMap;

use crate::input::Input;

/// The elements of an answer, with their text.
pub(super) type Stored = BTreeMap<String, String>;

/// A stored parameter: its name, the element that returns it, and its default at creation.
pub(super) type Parameter = (&'static str, &'static str, Option<&'static str>);

/// The stored settings after a call, based on the earlier ones.
pub(super) fn read(input: &Input, parameters: &[Parameter], before: Option<&Stored>) -> Stored {
    let mut stored = before.cloned().unwrap_or_default();
    for (parameter, element, default) in parameters {
        let value = input.text(parameter).or(if before.is_none() { *default } else { None });
        stored.extend(value.map(|value| ((*element).to_owned(), value.to_owned())));
    }
    stored
}
