//! The actions of S3, and whether they apply to buckets or objects.

use super::wildcard;

/// One line for each action: its name, and `bucket` or `object`.
///
/// Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon
/// S3".
const ACTIONS: &str = include_str!("actions.txt");

/// The resource types that the actions of a pattern apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) on_buckets: bool,
    pub(super) on_objects: bool,
}

/// The resource types for a pattern such as `s3:Get*`; `None` if no action matches.
pub(super) fn taken(pattern: &str) -> Option<Taken> {
    let pattern = pattern.to_ascii_lowercase();
    if pattern == "*" {
        return Some(Taken { on_buckets: true, on_objects: true });
    }
    let pattern = pattern.strip_prefix("s3:")?;
    let actions = ACTIONS.lines().filter_map(|line| line.split_once(' '));
    let matching = actions.filter(|(name, _)| wildcard::fits(pattern, &name.to_ascii_lowercase()));
    let resources: Vec<&str> = matching.map(|(_, resource)| resource).collect();
    let applies = |resource| resources.contains(&resource);
    (!resources.is_empty()).then(|| Taken { on_buckets: applies("bucket"), on_objects: applies("object") })
}
