//! The instance classes of Aurora PostgreSQL that are known, and the hardware of each.
//!
//! AWS adds generations. A class of a newer generation than those below is accepted, and its hardware
//! is unknown. The preflight asks AWS whether it offers a class in a Region.

use crate::identifier::InstanceClass;
use crate::suggest::nearest;

/// The hardware of an instance class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardware {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in bytes. PostgreSQL's parameters derive from a little less: RDS reserves some for
    /// itself.
    pub memory: u64,
}

/// The classes of a family: its name, the MiB of memory per virtual CPU, and its sizes.
type Family = (&'static str, u64, &'static [&'static str]);

const LARGE_TO_16: &[&str] = &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
const LARGE_TO_24: &[&str] = &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"];
const LARGE_TO_32: &[&str] =
    &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"];
const LARGE_TO_48: &[&str] =
    &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"];
const XLARGE_TO_16: &[&str] = &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
const XLARGE_TO_48: &[&str] =
    &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"];

/// Sources: the classes of `aurora-postgresql` in all Regions, as cfn-lint 1.58 has them from AWS
/// (`DescribeOrderableDBInstanceOptions`); memory and virtual CPUs of the EC2 instances behind them
/// from `DescribeInstanceTypes`, and from the Amazon Aurora User Guide, "Hardware specifications for DB
/// instance classes for Aurora". The `t` classes are not proportional, see [`BURSTABLE`].
const FAMILIES: &[Family] = &[
    ("r4", 7_808, LARGE_TO_16),
    ("r5", 8_192, LARGE_TO_24),
    ("r6g", 8_192, LARGE_TO_16),
    ("r6gd", 8_192, XLARGE_TO_16),
    ("r6i", 8_192, LARGE_TO_32),
    ("r6id", 8_192, &["24xlarge", "32xlarge"]),
    ("r7g", 8_192, LARGE_TO_16),
    ("r7i", 8_192, LARGE_TO_48),
    ("r8a", 8_192, LARGE_TO_48),
    ("r8g", 8_192, LARGE_TO_48),
    ("r8gd", 8_192, XLARGE_TO_48),
    ("x2g", 16_384, LARGE_TO_16),
    ("t3", 0, &["small", "medium", "large", "xlarge", "2xlarge"]),
    ("t4g", 0, &["medium", "large", "xlarge", "2xlarge"]),
];

/// The sizes of the burstable families: virtual CPUs and MiB of memory.
const BURSTABLE: [(&str, u32, u64); 5] =
    [("small", 2, 2_048), ("medium", 2, 4_096), ("large", 2, 8_192), ("xlarge", 4, 16_384), ("2xlarge", 8, 32_768)];

const MIB: u64 = 1 << 20;

/// Why a writer cannot have a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotOffered {
    /// The reason.
    pub(crate) reason: String,
    /// What to write instead.
    pub(crate) cure: String,
}

impl InstanceClass {
    /// The hardware of this class; `None` for a class that is newer than this table.
    #[must_use]
    pub fn hardware(&self) -> Option<Hardware> {
        let (family, size) = self.parts()?;
        let (_, per_cpu, sizes) = FAMILIES.iter().find(|(known, ..)| *known == family)?;
        if !sizes.contains(&size) {
            return None;
        }
        if *per_cpu == 0 {
            let (_, vcpu, mib) = BURSTABLE.iter().find(|(known, ..)| *known == size)?;
            return Some(Hardware { vcpu: *vcpu, memory: mib * MIB });
        }
        let vcpu = vcpu(size)?;
        Some(Hardware { vcpu, memory: u64::from(vcpu) * per_cpu * MIB })
    }

    /// The classes of the same family, smallest first; empty for a family that is newer than the table.
    pub fn siblings(&self) -> impl Iterator<Item = Self> {
        let family = self.parts().map_or("", |(family, _)| family).to_owned();
        let sizes = FAMILIES.iter().filter(move |(known, ..)| *known == family);
        sizes
            .flat_map(|(family, _, sizes)| sizes.iter().map(move |size| format!("db.{family}.{size}")))
            .filter_map(|class| class.parse().ok())
    }

    /// Checks that Aurora PostgreSQL has such a class, or may have it by now.
    pub(crate) fn check_offered(&self) -> Result<(), NotOffered> {
        let parts = self.parts();
        if self.hardware().is_some() || parts.is_some_and(|(family, size)| is_newer(family) && vcpu(size).is_some()) {
            return Ok(());
        }
        if self.as_str() == "db.serverless" {
            return Err(NotOffered {
                reason: "Aurora Serverless needs a capacity range, which a spec cannot express".to_owned(),
                cure: "use a class of a fixed size, such as `db.r6g.large`".to_owned(),
            });
        }
        let sizes = parts.and_then(|(family, _)| FAMILIES.iter().find(|(known, ..)| *known == family));
        if let (Some((family, size)), Some((_, _, sizes))) = (parts, sizes) {
            // A size that other families have is not a typo.
            let guess = nearest(size, sizes.iter().copied()).filter(|_| vcpu(size).is_none());
            return Err(NotOffered {
                reason: format!("the family `{family}` has no size `{size}` in Aurora PostgreSQL"),
                cure: match guess {
                    Some(guess) => format!("did you mean `db.{family}.{guess}`?"),
                    None => format!("its sizes are {}", sizes.join(", ")),
                },
            });
        }
        let all: Vec<String> = all().collect();
        let guess = nearest(self.as_str(), all.iter().map(String::as_str));
        Err(NotOffered {
            reason: "Aurora PostgreSQL has no such instance class".to_owned(),
            cure: match guess {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => {
                    let families: Vec<&str> = FAMILIES.iter().map(|(family, ..)| *family).collect();
                    format!("use a class such as `db.r6g.large`; its families are {}", families.join(", "))
                }
            },
        })
    }

    /// Splits into family and size: `r6g` and `large`.
    fn parts(&self) -> Option<(&str, &str)> {
        self.as_str().strip_prefix("db.")?.split_once('.')
    }
}

/// Every class of the table.
fn all() -> impl Iterator<Item = String> {
    FAMILIES.iter().flat_map(|(family, _, sizes)| sizes.iter().map(move |size| format!("db.{family}.{size}")))
}

/// The virtual CPUs of a size: `large` has 2, and `2xlarge` has twice as many as `xlarge`.
fn vcpu(size: &str) -> Option<u32> {
    match size {
        "large" => Some(2),
        "xlarge" => Some(4),
        _ => {
            let factor = size.strip_suffix("xlarge")?;
            let number: u32 = factor.parse().ok().filter(|number| (2..=96).contains(number))?;
            (number.to_string() == factor).then_some(4 * number)
        }
    }
}

/// The letters of a family, and its generation: `r` and 6 for `r6g`.
fn generation(family: &str) -> Option<(&str, u32)> {
    let digits = family.find(|c: char| c.is_ascii_digit())?;
    let end = family[digits..].find(|c: char| !c.is_ascii_digit()).map_or(family.len(), |length| digits + length);
    let generation = family[digits..end].parse().ok()?;
    Some((&family[..digits], generation))
}

/// Whether a family belongs to a known line, and to a newer generation than all below.
fn is_newer(family: &str) -> bool {
    let Some((line, number)) = generation(family) else { return false };
    let known = FAMILIES.iter().filter_map(|(known, ..)| generation(known)).filter(|(known, _)| *known == line);
    known.map(|(_, number)| number).max().is_some_and(|newest| number > newest && number <= newest + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> InstanceClass {
        text.parse().expect("the form of a class")
    }

    #[test]
    fn classes_have_memory_and_cpus() {
        let gib = |n: u64| n << 30;
        for (name, vcpu, memory) in [
            ("db.r6g.large", 2, gib(16)),
            ("db.r7g.xlarge", 4, gib(32)),
            ("db.r8g.48xlarge", 192, gib(1_536)),
            ("db.x2g.large", 2, gib(32)),
            ("db.t4g.medium", 2, gib(4)),
            ("db.t3.2xlarge", 8, gib(32)),
            ("db.r4.large", 2, 15_616 * MIB),
        ] {
            assert_eq!(class(name).hardware(), Some(Hardware { vcpu, memory }), "{name}");
            assert!(class(name).check_offered().is_ok(), "{name}");
        }
    }

    #[test]
    fn every_listed_class_is_valid() {
        for name in all() {
            assert!(class(&name).hardware().is_some(), "{name}");
        }
    }

    #[test]
    fn newer_generation_is_accepted_without_hardware() {
        let newer = class("db.r9g.2xlarge");
        assert!(newer.check_offered().is_ok());
        assert_eq!(newer.hardware(), None);
    }

    #[test]
    fn unknown_class_is_rejected_with_a_suggestion() {
        for (name, cure) in [
            ("db.foo.bar", "such as `db.r6g.large`"),
            ("db.r6g.lagre", "`db.r6g.large`"),
            ("db.r6g.24xlarge", "its sizes are large, "),
            ("db.rg6.large", "`db.r6g.large`"),
            ("db.r3.large", "`db.r4.large`"),
            ("db.m5.large", "`db.r5.large`"),
            ("db.r9g.huge", "its families are"),
            ("db.r99.large", "did you mean"),
            ("db.serverless", "fixed size"),
        ] {
            let refused = class(name).check_offered().expect_err(name);
            assert!(refused.cure.contains(cure), "{name}: {refused:?}");
        }
    }
}
