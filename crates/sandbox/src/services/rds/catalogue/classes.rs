//! Instance classes.

use super::versions::Version;

/// Generations with their sizes.
type Classes = &'static [(&'static str, &'static [&'static str])];

/// The sizes of a class are those of the underlying EC2 instances.
const TO_16: &[&str] = &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
const TO_24: &[&str] = &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"];
const TO_32: &[&str] =
    &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"];
const TO_48: &[&str] =
    &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"];

/// The classes of long-term-support versions that are older than most classes. Source: the classes
/// of 13.9 and 14.6 in cfn-lint 1.58.
const OLD: Classes = &[
    ("r5", TO_24),
    ("r6g", TO_16),
    ("r6i", TO_32),
    ("serverless", &[]),
    ("t3", &["medium", "large"]),
    ("t4g", &["medium", "large"]),
    ("x2g", TO_16),
];

/// The classes of all other versions. Source: the classes of 17.4 in cfn-lint 1.58.
const ALL: Classes = &[
    ("r5", TO_24),
    ("r6g", TO_16),
    ("r6gd", &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    ("r6i", TO_32),
    ("r6id", &["24xlarge", "32xlarge"]),
    ("r7g", TO_16),
    ("r7i", TO_48),
    ("r8a", TO_48),
    ("r8g", TO_48),
    ("r8gd", &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    ("serverless", &[]),
    ("t3", &["medium", "large"]),
    ("t4g", &["medium", "large"]),
    ("x2g", TO_16),
];

/// The classes that a version offers.
pub(crate) fn classes(version: Version) -> impl Iterator<Item = String> {
    let offered = if matches!((version.major, version.minor), (13, 9) | (14, 6)) { OLD } else { ALL };
    offered.iter().flat_map(|(generation, sizes)| {
        let alone = sizes.is_empty().then(|| format!("db.{generation}"));
        alone.into_iter().chain(sizes.iter().map(move |size| format!("db.{generation}.{size}")))
    })
}

/// Whether a version offers a class.
pub(crate) fn is_offered(version: Version, class: &str) -> bool {
    classes(version).any(|offered| offered == class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::rds::catalogue::Catalogue;

    #[test]
    fn a_class_belongs_to_versions() {
        let offers =
            |version, class| is_offered(Catalogue::default().find(version).expect("a version that is offered"), class);
        assert!(offers("15.10", "db.r6g.large") && offers("17.9", "db.serverless") && offers("17.9", "db.r8g.large"));
        assert!(!offers("14.6", "db.r8g.large") && !offers("15.10", "db.t2.micro") && !offers("15.10", "db.m5.large"));
    }
}
