//! The Regions of AWS with their Availability Zones and partitions.

/// One line for each Region: its code, the letters of its zones, and its name where that is known.
///
/// Source: the zones that cfn-lint 1.58 lists, which come from `DescribeAvailabilityZones`, and
/// botocore, `endpoints.json`. An account sees two of the three zones of us-west-1, and three of the
/// four of ca-central-1. These differ by account, so the file lists all of them.
const REGIONS: &str = include_str!("regions.txt");

/// The letters of the zones of a Region, and its name.
fn of(region: &str) -> Option<(&'static str, Option<&'static str>)> {
    let rest = REGIONS.lines().find_map(|line| line.strip_prefix(region)?.strip_prefix(' '))?;
    Some(rest.split_once(' ').map_or((rest, None), |(zones, name)| (zones, Some(name))))
}

/// The name of a Region, where it is known.
pub(crate) fn name(region: &str) -> Option<&'static str> {
    of(region)?.1
}

/// Whether the zones of a Region are known. A sandbox assumes the zones a, b and c for an unknown
/// Region.
#[must_use]
pub fn is_known_region(region: &str) -> bool {
    of(region).is_some()
}

/// The letters of the zones of a Region.
pub(crate) fn zones(region: &str) -> &'static str {
    of(region).map_or("abc", |(zones, _)| zones)
}

/// The partitions other than `aws`: the prefix of their Regions, their names, and the suffix of their
/// host names. Longer prefixes come first. Source: `partitions.json` of botocore.
const PARTITIONS: [(&str, Partition); 7] = [
    ("cn-", Partition { name: "aws-cn", dns_suffix: "amazonaws.com.cn" }),
    ("us-gov-", Partition { name: "aws-us-gov", dns_suffix: "amazonaws.com" }),
    ("us-isob-", Partition { name: "aws-iso-b", dns_suffix: "sc2s.sgov.gov" }),
    ("us-isof-", Partition { name: "aws-iso-f", dns_suffix: "csp.hci.ic.gov" }),
    ("us-iso-", Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov" }),
    ("eu-isoe-", Partition { name: "aws-iso-e", dns_suffix: "cloud.adc-e.uk" }),
    ("eusc-", Partition { name: "aws-eusc", dns_suffix: "amazonaws.eu" }),
];

/// A partition of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Its name in ARNs.
    pub(crate) name: &'static str,
    /// The suffix of its host names.
    pub(crate) dns_suffix: &'static str,
}

/// The partition of a Region.
pub(crate) fn partition(region: &str) -> Partition {
    let other = PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning));
    other.map_or(Partition { name: "aws", dns_suffix: "amazonaws.com" }, |(_, partition)| *partition)
}

/// Whether a partition of this name exists.
pub(crate) fn is_partition(name: &str) -> bool {
    name == "aws" || PARTITIONS.iter().any(|(_, partition)| partition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_their_actual_zones() {
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
    }
}
