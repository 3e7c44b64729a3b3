//! Instance classes.

use serde::Deserialize;

use super::OFFERINGS;
use super::versions::Version;

/// The classes of a generation of instances.
#[derive(Debug, Deserialize)]
pub(super) struct Generation {
    #[serde(borrow)]
    classes: Vec<&'static str>,
    /// The versions that do not offer them.
    #[serde(borrow, default)]
    except: Vec<&'static str>,
}

/// The classes that a version offers.
pub(crate) fn classes(version: Version) -> impl Iterator<Item = &'static str> {
    let name = version.name();
    let offered = OFFERINGS.classes.iter().filter(move |generation| !generation.except.contains(&name.as_str()));
    offered.flat_map(|generation| generation.classes.iter().copied())
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
    fn classes_depend_on_the_version() {
        let offers =
            |version, class| is_offered(Catalogue::default().find(version).expect("a version that is offered"), class);
        assert!(offers("15.10", "db.r6g.large") && offers("17.9", "db.serverless") && offers("17.9", "db.r8g.large"));
        assert!(!offers("14.6", "db.r8g.large") && !offers("15.10", "db.t2.micro") && !offers("15.10", "db.m5.large"));
    }
}
