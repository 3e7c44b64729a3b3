//! The known AWS Regions and their zones.
//!
//! AWS adds Regions. An unknown Region is accepted when its name consists of the words that AWS uses in
//! Region names. Its zones are not checked.

use crate::suggest::{distance, nearest};

/// Each Region with the letters of its zones. Some accounts see only a part of them: the visible
/// letters of `us-west-1` and `ap-northeast-1` differ between accounts, so all are listed.
/// Source: `DescribeAvailabilityZones` of each Region, as in cfn-lint 1.58 and moto 5.2; AWS General
/// Reference, "AWS service endpoints".
const REGIONS: &[(&str, &str)] = &[
    ("af-south-1", "abc"),
    ("ap-east-1", "abc"),
    ("ap-east-2", "abc"),
    ("ap-northeast-1", "abcd"),
    ("ap-northeast-2", "abcd"),
    ("ap-northeast-3", "abc"),
    ("ap-south-1", "abc"),
    ("ap-south-2", "abc"),
    ("ap-southeast-1", "abc"),
    ("ap-southeast-2", "abc"),
    ("ap-southeast-3", "abc"),
    ("ap-southeast-4", "abc"),
    ("ap-southeast-5", "abc"),
    ("ap-southeast-6", "abc"),
    ("ap-southeast-7", "abc"),
    ("ca-central-1", "abcd"),
    ("ca-west-1", "abc"),
    ("cn-north-1", "abc"),
    ("cn-northwest-1", "abc"),
    ("eu-central-1", "abc"),
    ("eu-central-2", "abc"),
    ("eu-isoe-west-1", "abc"),
    ("eu-north-1", "abc"),
    ("eu-south-1", "abc"),
    ("eu-south-2", "abc"),
    ("eu-west-1", "abc"),
    ("eu-west-2", "abc"),
    ("eu-west-3", "abc"),
    ("eusc-de-east-1", "abc"),
    ("il-central-1", "abc"),
    ("me-central-1", "abc"),
    ("me-south-1", "abc"),
    ("mx-central-1", "abc"),
    ("sa-east-1", "abc"),
    ("us-east-1", "abcdef"),
    ("us-east-2", "abc"),
    ("us-gov-east-1", "abc"),
    ("us-gov-west-1", "abc"),
    ("us-iso-east-1", "abc"),
    ("us-iso-west-1", "abc"),
    ("us-isob-east-1", "abc"),
    ("us-isob-west-1", "abc"),
    ("us-isof-east-1", "abc"),
    ("us-isof-south-1", "abc"),
    ("us-west-1", "abc"),
    ("us-west-2", "abcd"),
];

/// The words between the area and the number. Source: the names of all Regions so far.
const DIRECTIONS: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

/// The result of a look-up of a name in the form of a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// A known Region, with the letters of its zones.
    Region(&'static str),
    /// Probably a typo of this Region.
    Misspelt(Option<&'static str>),
    /// Possibly a Region that is newer than this table.
    New,
}

/// The Region that a differently written text means: `us-east-1` for `useast1`, `US East 1` or
/// `us-east`.
pub(crate) fn normalized(text: &str) -> Option<&'static str> {
    let squeezed = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let text = squeezed(text);
    let is_meant = |name: &str| squeezed(name) == text || squeezed(name) == format!("{text}1");
    REGIONS.iter().map(|(name, _)| *name).find(|name| is_meant(name))
}

/// Looks up a Region. `zones` are the names of the spec's zones; they help to find the Region that was
/// meant.
pub(crate) fn look_up<'a>(region: &str, zones: impl IntoIterator<Item = &'a str>) -> Known {
    if let Some((_, letters)) = REGIONS.iter().find(|(known, _)| *known == region) {
        return Known::Region(letters);
    }
    let mut of_zones = zones.into_iter().map(region_of);
    if let Some(first) = of_zones.next()
        && of_zones.all(|other| other == first)
        && let Some((meant, _)) = REGIONS.iter().find(|(known, _)| *known == first)
    {
        return Known::Misspelt(Some(meant));
    }
    let names = || REGIONS.iter().map(|(name, _)| *name);
    let words: Vec<&str> = region.split('-').collect();
    let direction = words.len().checked_sub(2).and_then(|at| words.get(at));
    if !direction.is_some_and(|word| DIRECTIONS.contains(word)) {
        return Known::Misspelt(nearest(region, names()));
    }
    // A known area can get another Region; a one-letter difference from a known area is a typo.
    let area = |name: &str| name.rsplitn(3, '-').nth(2).map(str::to_owned);
    let is_known = names().any(|name| area(name) == area(region));
    let near = names().find(|name| !is_known && distance(name, region) <= 1);
    near.map_or(Known::New, |near| Known::Misspelt(Some(near)))
}

/// The Region of a zone: `us-east-1` for `us-east-1a`.
pub(super) fn region_of(zone: &str) -> &str {
    zone.trim_end_matches(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_regions_are_found() {
        assert_eq!(look_up("us-east-1", []), Known::Region("abcdef"));
        assert_eq!(look_up("us-gov-west-1", []), Known::Region("abc"));
        for (name, letters) in REGIONS {
            assert!(name.parse::<crate::identifier::Region>().is_ok(), "{name}");
            assert!(letters.len() >= 3, "{name}");
        }
        assert!(REGIONS.is_sorted());
    }

    #[test]
    fn typos_are_distinguished_from_new_regions() {
        let misspelt = |meant| Known::Misspelt(Some(meant));
        assert_eq!(look_up("us-esat-1", []), misspelt("us-east-1"));
        assert_eq!(look_up("us-eest-1", []), misspelt("us-east-1"));
        assert_eq!(look_up("ue-central-1", []), misspelt("eu-central-1"));
        assert_eq!(look_up("eu-centre-1", []), misspelt("eu-central-1"));
        assert_eq!(look_up("xx-yy-1", []), Known::Misspelt(None));
        // Another number may be a new Region; the zones show that it is not.
        assert_eq!(look_up("us-east-7", []), Known::New);
        assert_eq!(look_up("us-east-7", ["us-east-7a", "us-east-7b"]), Known::New);
        assert_eq!(look_up("us-east-7", ["us-east-1a", "us-east-1b"]), misspelt("us-east-1"));
        assert_eq!(look_up("ap-southeast-9", []), Known::New);
        assert_eq!(look_up("nz-north-1", []), Known::New);
    }
}
