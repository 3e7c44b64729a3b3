//! Lists of AWS's words, and the words of its enumerations.

use std::str::SplitWhitespace;

use serde::Serialize;

/// Words separated by white space.
pub(crate) struct Words(pub(crate) &'static str);

impl Words {
    pub(crate) fn iter(&self) -> SplitWhitespace<'static> {
        self.0.split_whitespace()
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}

/// AWS's word for a value of an enumeration, which is also its serialized form.
pub(crate) fn of(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
