//! Settings of clusters and instances that are only stored and given back.

use std::collections::BTreeMap;

use crate::input::Input;

/// The elements of an answer, with their texts.
pub(super) type Stored = BTreeMap<String, String>;

/// A parameter that is only stored, the element in which it comes back, and the value that it has
/// when a call that creates does not give it.
pub(super) type Parameter = (&'static str, &'static str, Option<&'static str>);

/// What is stored after a call, over what was stored before.
pub(super) fn read(input: &Input, parameters: &[Parameter], before: Option<&Stored>) -> Stored {
    let mut stored = before.cloned().unwrap_or_default();
    for (parameter, element, default) in parameters {
        let value = input.text(parameter).or(if before.is_none() { *default } else { None });
        stored.extend(value.map(|value| ((*element).to_owned(), value.to_owned())));
    }
    stored
}
