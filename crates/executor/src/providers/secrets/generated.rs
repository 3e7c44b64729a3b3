//! Generated values: a JSON object of texts of letters and digits, in one secret, because each secret costs.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::random;

/// What the texts consist of.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The texts by key. They are wiped when they are dropped.
type Texts = BTreeMap<String, Zeroizing<String>>;

/// New texts of these lengths.
pub(super) fn new(lengths: &BTreeMap<String, u32>) -> Result<Zeroizing<String>> {
    with_lengths("{}", lengths)
}

/// The value with texts of these lengths. A text that has its length stays.
pub(super) fn with_lengths(value: &str, lengths: &BTreeMap<String, u32>) -> Result<Zeroizing<String>> {
    let mut present = texts(value).unwrap_or_default();
    let mut planned = Texts::new();
    for (key, &length) in lengths {
        let text = match present.remove(key).filter(|text| length_of(text) == Some(length)) {
            Some(text) => text,
            None => random::text(ALPHABET, usize::try_from(length).unwrap_or(usize::MAX))?,
        };
        planned.insert(key.clone(), text);
    }
    let texts: BTreeMap<&str, &str> = planned.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let json = serde_json::to_string(&texts).map_err(|error| Error::Unexpected {
        what: "the keys of generated values".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Zeroizing::new(json))
}

/// The lengths of the texts in a value; `None` when the value is not a JSON object of texts. A text with other
/// characters has the length 0, which no plan has.
pub(super) fn lengths(value: &str) -> Option<BTreeMap<String, u32>> {
    let texts = texts(value)?;
    Some(texts.into_iter().map(|(key, text)| (key, length_of(&text).unwrap_or(0))).collect())
}

fn texts(value: &str) -> Option<Texts> {
    let texts: BTreeMap<String, String> = serde_json::from_str(value).ok()?;
    Some(texts.into_iter().map(|(key, text)| (key, Zeroizing::new(text))).collect())
}

fn length_of(text: &str) -> Option<u32> {
    let is_ours = text.bytes().all(|byte| ALPHABET.contains(&byte));
    u32::try_from(text.len()).ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(lengths: &[(&str, u32)]) -> BTreeMap<String, u32> {
        lengths.iter().map(|(key, length)| ((*key).to_owned(), *length)).collect()
    }

    #[test]
    fn new_values_have_the_planned_keys_and_lengths() {
        let wanted = planned(&[("SESSION_KEY", 64), ("SHORT", 16)]);
        let value = new(&wanted).expect("random numbers");
        assert_eq!(lengths(&value), Some(wanted));
        assert_ne!(*value, *new(&planned(&[("SESSION_KEY", 64), ("SHORT", 16)])).expect("random numbers"));
    }

    #[test]
    fn values_of_unchanged_keys_stay_and_others_are_generated_or_removed() {
        let before = r#"{"LONGER":"abc","REMOVED":"abcd","STAYS":"ABC123","STRANGE":"a-b-c-d-"}"#;
        let wanted = planned(&[("ADDED", 10), ("LONGER", 6), ("STAYS", 6), ("STRANGE", 8)]);
        let after = with_lengths(before, &wanted).expect("random numbers");
        assert_eq!(lengths(&after), Some(wanted));
        let texts = texts(&after).expect("it is an object of texts");
        assert_eq!(texts["STAYS"].as_str(), "ABC123");
        assert_ne!(texts["STRANGE"].as_str(), "a-b-c-d-");
    }

    #[test]
    fn another_value_has_no_lengths_and_is_replaced() {
        for value in ["", "hunter2", "[1]", r#"{"A":1}"#] {
            assert_eq!(lengths(value), None, "{value}");
            let wanted = planned(&[("A", 8)]);
            assert_eq!(lengths(&with_lengths(value, &wanted).expect("random numbers")), Some(wanted), "{value}");
        }
        assert_eq!(lengths(r#"{"A":"with-dash"}"#), Some(planned(&[("A", 0)])));
    }
}
