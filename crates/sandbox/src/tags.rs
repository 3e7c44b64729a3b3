//! Tags and their restrictions.

use std::collections::BTreeMap;

use crate::refusal::{Refusal, ensure};

/// The tags of a resource.
pub(crate) type Tags = BTreeMap<String, String>;

/// The maximum number of tags of a resource. Source: AWS General Reference, "Tagging your AWS
/// resources".
pub(crate) const MOST: usize = 50;

/// The reason why AWS refuses these tags, if it does: a key longer than 128 characters, a value longer
/// than 256, a key that begins with `aws:`, or too many tags.
pub(crate) fn fault(tags: &Tags) -> Option<String> {
    if tags.len() > MOST {
        return Some(format!("more than {MOST} tags"));
    }
    tags.iter().find_map(|(key, value)| {
        if key.is_empty() || key.chars().count() > 128 {
            Some(format!("the tag key `{key}` has not between 1 and 128 characters"))
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            Some(format!("the tag key `{key}` begins with `aws:`, which is reserved"))
        } else if value.chars().count() > 256 {
            Some(format!("the value of the tag `{key}` has more than 256 characters"))
        } else {
            None
        }
    })
}

/// Adds tags to those of a resource, unless it then has too many. Those that AWS sets do not count.
pub(crate) fn add(present: &mut Tags, given: Tags, too_many: Refusal) -> Result<(), Refusal> {
    let mut merged = present.clone();
    merged.extend(given);
    ensure!(merged.keys().filter(|key| !key.starts_with("aws:")).count() <= MOST, too_many);
    *present = merged;
    Ok(())
}
