//! The Regions of AWS, the Availability Zones that each has, and the partition that it is in.

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

/// What AWS calls its Regions. Source: botocore, `endpoints.json`.
const NAMES: [(&str, &str); 34] = [
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

/// What AWS calls a Region, where that is known.
pub(crate) fn name(region: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == region).map(|(_, name)| *name)
}

/// Whether the zones of a Region are known. Of one that is not, a sandbox has a, b and c.
#[must_use]
pub fn is_known_region(region: &str) -> bool {
    REGIONS.contains(&region) || OTHERS.iter().any(|(other, _)| *other == region)
}

/// The letters of the zones of a Region.
pub(crate) fn zones(region: &str) -> &'static str {
    OTHERS.iter().find(|(other, _)| *other == region).map_or(MOST, |(_, letters)| letters)
}

/// The partitions other than `aws`: what their Regions begin with, their names, and what the names of
/// their hosts end with. A longer beginning comes first. Source: `partitions.json` of botocore.
const PARTITIONS: [(&str, Partition); 7] = [
    ("cn-", Partition { name: "aws-cn", dns_suffix: "amazonaws.com.cn" }),
    ("us-gov-", Partition { name: "aws-us-gov", dns_suffix: "amazonaws.com" }),
    ("us-isob-", Partition { name: "aws-iso-b", dns_suffix: "sc2s.sgov.gov" }),
    ("us-isof-", Partition { name: "aws-iso-f", dns_suffix: "csp.hci.ic.gov" }),
    ("us-iso-", Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov" }),
    ("eu-isoe-", Partition { name: "aws-iso-e", dns_suffix: "cloud.adc-e.uk" }),
    ("eusc-", Partition { name: "aws-eusc", dns_suffix: "amazonaws.eu" }),
];

/// One of AWS's separate clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Its name in ARNs.
    pub(crate) name: &'static str,
    /// What the names of hosts in it end with.
    pub(crate) dns_suffix: &'static str,
}

/// The partition of a Region.
pub(crate) fn partition(region: &str) -> Partition {
    let other = PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning));
    other.map_or(Partition { name: "aws", dns_suffix: "amazonaws.com" }, |(_, partition)| *partition)
}

/// Whether there is a partition of this name.
pub(crate) fn is_partition(name: &str) -> bool {
    name == "aws" || PARTITIONS.iter().any(|(_, partition)| partition.name == name)
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
        assert_eq!((name("eu-west-1"), name("us-east-9")), (Some("Europe (Ireland)"), None));
        assert!(!is_known_region("us-east-9"));
        assert_eq!(zones("us-east-9"), "abc");
        for (region, name) in [
            ("us-east-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-iso-east-1", "aws-iso"),
        ] {
            assert_eq!(partition(region).name, name, "{region}");
        }
        assert!(OTHERS.iter().all(|(region, _)| !REGIONS.contains(region)), "a Region is in one list");
    }
}
