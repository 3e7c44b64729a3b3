//! The Regions of AWS and the Availability Zones that each has.

/// The Regions that have other zones than [`MOST`].
///
/// Source: the zones that cfn-lint 1.58 knows, which come from `DescribeAvailabilityZones`. An
/// account sees two of the three zones of us-west-1, and three of the four of ca-central-1; which
/// differs from account to account, so all are here.
const OTHERS: [(&str, &str); 5] = [
    ("ap-northeast-1", "abcd"),
    ("ap-northeast-2", "abcd"),
    ("ca-central-1", "abcd"),
    ("us-east-1", "abcdef"),
    ("us-west-2", "abcd"),
];

/// The letters of the zones of all other Regions.
const MOST: &str = "abc";

/// Those Regions. Source: the same.
const REGIONS: [&str; 41] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
];

/// Whether the zones of a Region are known. Of one that is not, a sandbox has a, b and c.
#[must_use]
pub fn is_known_region(region: &str) -> bool {
    REGIONS.contains(&region) || OTHERS.iter().any(|(other, _)| *other == region)
}

/// The letters of the zones of a Region.
pub(crate) fn zones(region: &str) -> &'static str {
    OTHERS.iter().find(|(other, _)| *other == region).map_or(MOST, |(_, letters)| letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_the_zones_that_it_really_has() {
        for (region, letters) in [("us-east-1", "abcdef"), ("us-west-2", "abcd"), ("eu-west-1", "abc")] {
            assert_eq!(zones(region), letters, "{region}");
            assert!(is_known_region(region), "{region}");
        }
        assert!(!is_known_region("us-east-9"));
        assert_eq!(zones("us-east-9"), "abc");
        assert!(OTHERS.iter().all(|(region, _)| !REGIONS.contains(region)), "a Region is in one list");
    }
}
