//! Words of AWS: lists of them, and those of enumerations.

use std::str::SplitWhitespace;

use serde::Serialize;

/// Words with white space between them.
pub(crate) struct Words(pub(crate) &'static str);

impl Words {
    pub(crate) fn iter(&self) -> SplitWhitespace<'static> {
        self.0.split_whitespace()
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}

/// The word that AWS has for a value of an enumeration, which is the one that it is serialized as.
pub(crate) fn of(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
