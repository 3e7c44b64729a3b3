//! The failures of preflight, with their hints.

use itertools::Itertools as _;
use saas_model::Address;
use saas_model::identifier::{AccountId, CertificateArn, EngineVersion, Region};

use super::Check;
use super::no_route::NoRoute;
use super::rejected_parameter::RejectedParameter;
use super::secret_keys::WithoutKeys;
use super::taken_name::TakenName;
use crate::error::Error;
use crate::identity::Mismatch;
use crate::state::external_values::ExternalValue;

/// The checks that failed. An apply must not begin.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().join("\n"))]
pub struct PreflightError(pub Vec<Failure>);

/// A check that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller is in another account.
    #[error("the plan is for account {planned}, but the caller is in account {actual}")]
    WrongAccount {
        /// The account of the plan.
        planned: AccountId,
        /// The account of the caller.
        actual: String,
    },
    /// Calls are sent to another Region.
    #[error("the plan is for Region {planned}, but calls go to Region {actual}")]
    WrongRegion {
        /// The Region of the plan.
        planned: Region,
        /// The Region of the calls.
        actual: String,
    },
    /// The policies of the plan would lock the caller out of buckets or secrets.
    #[error("the policy of {} would deny access to the caller, `{caller}`", some(.resources))]
    LockedOut {
        /// The ARN that the policies are matched against.
        caller: String,
        /// The buckets and secrets, at least one.
        resources: Vec<Address>,
    },
    /// The present policy of the control bucket denies changes to the caller.
    #[error("the policy of the bucket `{bucket}` denies access to the caller, `{caller}`; it admits {}", list(.administrators, |role| format!("`{role}`")))]
    KeptOut {
        /// The ARN that the policy is matched against.
        caller: String,
        /// The bucket.
        bucket: String,
        /// The roles that the policy admits.
        administrators: Vec<String>,
    },
    /// It cannot be determined whether the policies of buckets and secrets lock out the caller.
    #[error(
        "cannot determine whether the policies of buckets and secrets would deny access to the caller, `{caller}`: {reason}"
    )]
    CallerUnknown {
        /// The ARN of the caller, as STS returns it.
        caller: String,
        /// Why it cannot be determined.
        reason: String,
    },
    /// RDS does not offer this version of the database.
    #[error("RDS does not offer aurora-postgresql {version} for new clusters in this Region{}", nearest(.offered))]
    NotOffered {
        /// The version of the plan.
        version: EngineVersion,
        /// The nearest offered versions of the same major, in ascending order.
        offered: Vec<EngineVersion>,
    },
    /// RDS does not offer this instance class for the database.
    #[error(
        "instance class {class} cannot be ordered for aurora-postgresql {version} in the plan's zones{}",
        instead(.offered)
    )]
    NotOrderable {
        /// The class of the plan.
        class: String,
        /// The version of the plan.
        version: String,
        /// Some classes that RDS offers.
        offered: Vec<String>,
    },
    /// RDS rejects the value of a database parameter.
    #[error("the parameter `{name}` of {family} cannot be set to `{value}`: {why}")]
    ParameterNotTaken {
        /// The family of the parameter group.
        family: String,
        /// The parameter.
        name: String,
        /// Its value in the plan.
        value: String,
        /// The reason.
        why: RejectedParameter,
    },
    /// A certificate does not exist, or is not issued.
    #[error("the certificate `{arn}` of `{address}` {}", status_of(.status.as_deref()))]
    UnusableCertificate {
        /// The certificate.
        arn: CertificateArn,
        /// The listener.
        address: Address,
        /// Its status in ACM; `None` when it does not exist.
        status: Option<String>,
    },
    /// Secrets and parameters outside of the plan do not exist, each with a node that needs it.
    #[error("containers need what does not exist in the plan's account and Region: {}", list(.0, |(value, node)| format!("{value} (for `{node}`)")))]
    MissingSecrets(Vec<(ExternalValue, Address)>),
    /// Secrets outside of the plan do not have the keys that containers receive.
    #[error("containers need keys that secrets do not have: {}", list(.0, WithoutKeys::to_string))]
    MissingKeys(Vec<WithoutKeys>),
    /// The Region does not have these zones, or the account may not use them.
    #[error("the Region has no zone {}{}", .missing.join(", "), instead(.offered))]
    NoSuchZones {
        /// The missing zones of the plan.
        missing: Vec<String>,
        /// The zones that the account can use.
        offered: Vec<String>,
    },
    /// The live platform has another name, environment, account or Region than the plan.
    #[error("the live resources belong to another platform: {}", list(.mismatches, Mismatch::to_string))]
    AnotherPlatform {
        /// The parts of its identity that differ, at least one.
        mismatches: Vec<Mismatch>,
    },
    /// The control bucket is in another Region.
    #[error("the control bucket `{bucket}` is in {}, but the plan is for Region {planned}", in_region(.region.as_deref()))]
    BucketElsewhere {
        /// The bucket.
        bucket: String,
        /// Its Region, where S3 returned it.
        region: Option<String>,
        /// The Region of the plan.
        planned: Region,
    },
    /// Names that the plan needs belong to other owners.
    #[error("{} of the plan {} already in use: {}", names(.0.len()), if .0.len() == 1 { "is" } else { "are" }, list(.0, TakenName::to_string))]
    NamesTaken(Vec<TakenName>),
    /// This machine cannot reach the database.
    #[error("{0}")]
    NoRoute(NoRoute),
    /// AWS did not answer a check.
    #[error("cannot check {what}: {error}")]
    Unanswered {
        /// The subject of the check.
        what: &'static str,
        /// The name with which to skip the check, if it can be skipped.
        check: Option<Check>,
        /// The error.
        error: Error,
    },
}

impl PreflightError {
    /// Whether the apply is refused because of the wrong account, Region or caller, and not because of
    /// the plan or AWS.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.0.iter().any(Failure::is_refusal)
    }
}

impl Failure {
    /// Whether the caller or the destination is wrong.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::WrongAccount { .. }
            | Self::WrongRegion { .. }
            | Self::LockedOut { .. }
            | Self::KeptOut { .. }
            | Self::CallerUnknown { .. }
            | Self::AnotherPlatform { .. }
            | Self::BucketElsewhere { .. }
            | Self::NamesTaken(_) => true,
            Self::NotOffered { .. }
            | Self::NotOrderable { .. }
            | Self::ParameterNotTaken { .. }
            | Self::UnusableCertificate { .. }
            | Self::MissingSecrets(_)
            | Self::MissingKeys(_)
            | Self::NoSuchZones { .. }
            | Self::NoRoute(_)
            | Self::Unanswered { .. } => false,
        }
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::WrongAccount { .. } => Some("use credentials of the plan's account"),
            Self::WrongRegion { .. } => Some("use the Region of the plan"),
            Self::LockedOut { .. } => Some(
                "apply with the role in `provisioner` of the spec, or set `provisioner` to the caller's role and plan again",
            ),
            Self::KeptOut { .. } => Some(
                "apply with an admitted role; to admit another role, set it as `next_provisioner` in the spec, and apply \
                 that plan with the present provisioner",
            ),
            Self::CallerUnknown { .. } | Self::Unanswered { check: Some(Check::Caller), .. } => {
                Some("emulators may not support this check: skip it with `--skip-preflight caller`")
            }
            Self::NotOffered { .. } => Some("set `database.engine_version` in the spec and plan again"),
            Self::NotOrderable { .. } => Some("set `database.instance_class` in the spec and plan again"),
            Self::ParameterNotTaken { .. } => Some("change it in `[database]` of the spec and plan again"),
            Self::UnusableCertificate { status: None, .. } => {
                Some("request or import it in ACM in the plan's account and Region, or set another one in the spec")
            }
            Self::UnusableCertificate { status: Some(_), .. } => {
                Some("complete its validation in ACM, or renew it, and run this again")
            }
            Self::MissingSecrets(_) => Some(
                "create them, or change `secrets` in the spec and plan again; a container starts only with all of its \
                 secrets",
            ),
            Self::MissingKeys(_) => Some(
                "add the keys to the secrets, or change `key` in the spec and plan again; a container starts only with all \
                 of its secrets",
            ),
            Self::NoSuchZones { .. } => Some("set zones of the Region in `[[network.zone]]` and plan again"),
            Self::AnotherPlatform { .. } => Some(
                "name, environment, account and Region of a live platform cannot be changed: for a second platform, choose \
                 another `platform.name`; to move this one, destroy it with its current plan, then apply this plan",
            ),
            Self::BucketElsewhere { .. } => Some(
                "the Region of a live platform cannot be changed: for a second platform, choose another `platform.name`; \
                 if another AWS customer owns the bucket, set `storage.bucket_suffix` in the spec and plan again",
            ),
            Self::NamesTaken(taken) => Some(super::taken_name::hint(taken)),
            Self::NoRoute(NoRoute::NoAnswer { .. }) => Some(
                "open the tunnel first; if the tunnel needs the database, apply with `--skip-preflight database-route` to \
                 create everything else, then open the tunnel and apply again",
            ),
            Self::NoRoute(NoRoute::Outside { .. }) => Some(
                "run this inside the platform's network, or pass `--database-hostaddr HOST:PORT` of a tunnel; to create \
                 everything else first, apply with `--skip-preflight database-route`, then apply again with the tunnel",
            ),
            Self::Unanswered { check: Some(Check::EngineVersion), .. } => {
                Some("emulators may not support this check: skip it with `--skip-preflight engine-version`")
            }
            Self::Unanswered { check: Some(Check::Zones), .. } => {
                Some("emulators may not support this check: skip it with `--skip-preflight zones`")
            }
            Self::Unanswered { check: Some(Check::Certificates), .. } => {
                Some("the caller needs `acm:DescribeCertificate`; skip this check with `--skip-preflight certificates`")
            }
            Self::Unanswered { check: Some(Check::Names), .. } => {
                Some("emulators may not support this check: skip it with `--skip-preflight names`")
            }
            Self::Unanswered { check: Some(Check::DatabaseRoute | Check::ExternalSecrets) | None, error, .. } => {
                error.hint()
            }
        }
    }
}

fn some(buckets: &[Address]) -> String {
    match buckets {
        [] => "no bucket".to_owned(),
        [one] => format!("`{one}`"),
        [first, others @ ..] => format!("`{first}` and {} more", others.len()),
    }
}

fn nearest(offered: &[EngineVersion]) -> String {
    match offered {
        [] => "; it offers no other version of this major version".to_owned(),
        offered => format!("; it offers {}", offered.iter().map(EngineVersion::as_str).join(", ")),
    }
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).join("; ")
}

fn in_region(region: Option<&str>) -> String {
    region.map_or_else(|| "another Region".to_owned(), |region| format!("Region {region}"))
}

fn names(count: usize) -> String {
    if count == 1 { "1 name".to_owned() } else { format!("{count} names") }
}

fn instead(offered: &[String]) -> String {
    if offered.is_empty() { String::new() } else { format!("; available: {}", offered.join(", ")) }
}

fn status_of(status: Option<&str>) -> String {
    status.map_or_else(|| "does not exist in ACM".to_owned(), |status| format!("is not issued: its status is {status}"))
}
