//! The versions of Aurora PostgreSQL: available and withdrawn ones.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ENGINE, OFFERINGS};

/// How many alternatives to a withdrawn version are suggested.
const NEAREST: usize = 4;

/// The minor versions of a major version.
#[derive(Debug, Deserialize)]
pub(super) struct Release {
    major: u32,
    /// Versions that can be created, in ascending order; the last one is the default.
    offered: Vec<u32>,
    /// Versions that exist but can no longer be created.
    deprecated: Vec<u32>,
}

/// A version. The order is numeric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// Whether it can be created.
    pub(crate) is_offered: bool,
}

impl Version {
    /// Its name, such as `15.4`.
    pub(crate) fn name(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// Its parameter group family.
    pub(crate) fn family(self) -> String {
        family(self.major)
    }

    /// Whether it is the default of its major version.
    pub(crate) fn is_default(self) -> bool {
        default_of_major(self.major) == Some(self)
    }
}

/// The parameter group family of a major version.
pub(crate) fn family(major: u32) -> String {
    format!("{ENGINE}{major}")
}

/// Offerings of a sandbox in addition to those of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    /// Engine versions: major and minor numbers.
    additional: BTreeSet<(u32, u32)>,
    /// Instance classes, for every version.
    #[serde(default)]
    classes: BTreeSet<String>,
    /// Libraries that every version can preload.
    #[serde(default)]
    libraries: BTreeSet<String>,
}

impl Catalogue {
    /// Offers a version; an invalid name is ignored.
    pub(crate) fn offer(&mut self, name: &str) {
        self.additional.extend(numbers(name));
    }

    /// Offers an instance class.
    pub(crate) fn offer_class(&mut self, class: &str) {
        self.classes.insert(class.to_owned());
    }

    /// Offers a library.
    pub(crate) fn offer_library(&mut self, library: &str) {
        self.libraries.insert(library.to_owned());
    }

    /// Whether a class is offered additionally.
    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.classes.contains(class)
    }

    /// The list without the libraries that are offered additionally.
    pub(crate) fn without_offered_libraries(&self, list: &str) -> String {
        let others = list.split(',').filter(|library| !self.libraries.contains(library.trim()));
        others.collect::<Vec<_>>().join(",")
    }

    /// All versions, in order.
    pub(crate) fn versions(&self) -> Vec<Version> {
        let is_known = |major, minor| versions().any(|version| (version.major, version.minor) == (major, minor));
        let known = versions().map(|version| {
            let is_offered = version.is_offered || self.additional.contains(&(version.major, version.minor));
            Version { is_offered, ..version }
        });
        let unknown = self.additional.iter().filter(|(major, minor)| !is_known(*major, *minor));
        let unknown = unknown.map(|(major, minor)| Version { major: *major, minor: *minor, is_offered: true });
        let mut all: Vec<Version> = known.chain(unknown).collect();
        all.sort();
        all
    }

    /// The version with this name, if it can be created. A major version resolves to its default.
    pub(crate) fn find(&self, name: &str) -> Option<Version> {
        if let Ok(major) = name.parse() {
            return default_of_major(major);
        }
        self.versions().into_iter().find(|version| version.is_offered && version.name() == name)
    }

    /// All parameter group families, with their major versions.
    pub(crate) fn families(&self) -> impl Iterator<Item = (u32, String)> {
        let majors: BTreeSet<u32> = self.versions().into_iter().map(|version| version.major).collect();
        majors.into_iter().map(|major| (major, family(major)))
    }
}

/// The major and minor number of a version.
fn numbers(name: &str) -> Option<(u32, u32)> {
    let (major, minor) = name.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The version of an existing cluster, even if it can no longer be created.
pub(crate) fn existing(name: &str) -> Option<Version> {
    let (major, minor) = numbers(name)?;
    Some(Version { major, minor, is_offered: true })
}

/// All known versions of AWS, in order.
fn versions() -> impl Iterator<Item = Version> {
    OFFERINGS.releases.iter().flat_map(|Release { major, offered, deprecated }| {
        let of = |minors: &[u32], is_offered| {
            minors.iter().map(|minor| Version { major: *major, minor: *minor, is_offered }).collect::<Vec<_>>()
        };
        let mut all = [of(offered, true), of(deprecated, false)].concat();
        all.sort();
        all
    })
}

/// AWS's default changes with every release; here it is the newest version.
fn default_of_major(major: u32) -> Option<Version> {
    versions().filter(|version| version.major == major && version.is_offered).last()
}

/// The version that is created if none is given.
pub(crate) fn default_of_engine() -> Option<Version> {
    versions().filter(|version| version.is_offered).last()
}

/// Whether a cluster can be upgraded from one version to another. Source: Amazon Aurora User Guide,
/// "Upgrading Amazon Aurora PostgreSQL DB clusters": only to a higher version, and never to a
/// withdrawn one.
pub(crate) fn can_upgrade(from: Version, to: Version) -> bool {
    to.is_offered && (to.major, to.minor) > (from.major, from.minor)
}

/// If AWS is not known to offer this version: the nearest versions that it does offer, in order.
/// The version may be withdrawn, newer than this catalogue, or invalid.
pub(crate) fn unoffered(name: &str) -> Option<Vec<String>> {
    let current = || versions().filter(|version| version.is_offered);
    if current().any(|version| version.name() == name) {
        return None;
    }
    let (major, minor) = numbers(name).unwrap_or_default();
    let distance = |version: &Version| (version.major.abs_diff(major), version.minor.abs_diff(minor), version.minor);
    let mut near: Vec<Version> = current().collect();
    near.sort_by_key(distance);
    near.truncate(NEAREST);
    near.sort();
    Some(near.into_iter().map(Version::name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Option<Version> {
        Catalogue::default().find(name)
    }

    #[test]
    fn additional_versions_are_offered() {
        let mut catalogue = Catalogue::default();
        ["16.6", "18.1", "16.9", "nonsense", "9.6.24"].into_iter().for_each(|name| catalogue.offer(name));
        assert_eq!(find("16.6"), None);
        for name in ["16.6", "18.1"] {
            assert_eq!(catalogue.find(name).map(Version::name).as_deref(), Some(name));
        }
        assert!(catalogue.families().any(|(_, family)| family == "aurora-postgresql18"));
        let names: Vec<String> = catalogue.versions().into_iter().map(Version::name).collect();
        assert_eq!(names.iter().filter(|name| *name == "16.6").count(), 1, "it is there once");
        // The defaults remain those of AWS.
        assert_eq!(catalogue.find("16").map(Version::name).as_deref(), Some("16.15"));
        assert_eq!(default_of_engine().map(|version| version.major), Some(17));
    }

    #[test]
    fn alternatives_to_an_unoffered_version_are_the_nearest() {
        assert_eq!(unoffered("15.17"), None);
        let nearest = ["15.10", "15.12", "15.13", "15.14"].map(str::to_owned).to_vec();
        assert_eq!(unoffered("15.4"), Some(nearest));
        assert!(unoffered("16.6").is_some_and(|nearest| nearest.contains(&"16.8".to_owned())));
        assert!(unoffered("99.9").is_some_and(|nearest| nearest.iter().all(|name| name.starts_with("17."))));
        assert_eq!((find("15.3"), find("99.9"), find("x")), (None, None, None));
    }

    #[test]
    fn a_major_version_resolves_to_its_newest() {
        assert_eq!(find("16").map(Version::name).as_deref(), Some("16.15"));
        assert_eq!(default_of_engine().map(|version| version.major), Some(17));
    }

    #[test]
    fn upgrades_lead_to_higher_versions() {
        let version = |name| find(name).expect("a version that is offered");
        assert!(can_upgrade(version("15.10"), version("15.17")) && can_upgrade(version("15.10"), version("16.9")));
        assert!(!can_upgrade(version("15.17"), version("15.10")) && !can_upgrade(version("16.9"), version("15.17")));
    }
}
