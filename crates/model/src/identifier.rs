//! One newtype per identifier. Its constructor validates.
//!
//! The limits are those of AWS and PostgreSQL; each type names its source. [`crate::names`] decides
//! which name a tenant's resource gets.

use std::borrow::Cow;
use std::sync::Arc;

mod repair;
mod reserved;
mod rules;
mod schedule;

/// The text is not a valid identifier of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {kind}: {reason}")]
pub struct InvalidIdentifier {
    /// The text as given.
    pub text: String,
    /// The kind of identifier that was expected.
    pub kind: &'static str,
    /// The rule that it violates.
    pub reason: Cow<'static, str>,
    /// A valid identifier that was probably meant.
    pub suggestion: Option<String>,
}

/// Defines identifier types: doc comment, type name, name in messages, rule. Copies of an identifier
/// share one allocation, because a plan repeats most of them.
macro_rules! identifiers {
    ($($(#[$meta:meta])* $name:ident, $kind:literal, $rule:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses `text`.
            ///
            /// # Errors
            /// When `text` violates the rule of this kind; the error says which rule.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
                let text = text.into();
                let rule: fn(&str) -> Result<(), Cow<'static, str>> = $rule;
                match rule(&text) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(reason) => {
                        let suggestion = repair::repair(&text, |text| rule(text).is_ok());
                        Err(InvalidIdentifier { text, kind: $kind, reason, suggestion })
                    }
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        crate::resource::without_references!($name);
    )*};
}

identifiers! {
    /// The platform's name, the first part of every name: 3 to 24 characters, so that names with a
    /// tenant's id appended stay readable. It has none of the prefixes that an AWS service reserves.
    PlatformName, "platform name", |text| {
        rules::length(text, 3, 24)?;
        // Prefixes that load balancers, security groups and buckets do not accept.
        rules::no_first_part(text, &["internal", "sg", "sthree", "amzn"])?;
        rules::kebab(text)
    };
    /// A tenant's id: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, 3 to 24 characters, not reserved. It has no `_`
    /// and no `.`, so replacing `-` with `_` keeps two ids distinct.
    TenantId, "tenant id", |text| {
        rules::length(text, 3, 24)?;
        rules::kebab(text)?;
        reserved::tenant_id(text)
    };
    /// The environment of a platform, such as `development` or `production`.
    Environment, "environment", |text| {
        rules::length(text, 2, 24)?;
        rules::kebab(text)
    };
    /// An AWS account id: twelve digits.
    AccountId, "AWS account id", |text| {
        if text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit()) {
            Ok(())
        } else {
            Err("an account id has twelve digits".into())
        }
    };
    /// An AWS region, such as `us-east-1`.
    Region, "AWS region", rules::region;
    /// An Availability Zone, such as `us-east-1a`.
    ZoneName, "Availability Zone", rules::zone;
    /// The domain of the tenants' host names: labels as in RFC 1035, and a last label of letters only,
    /// as a host-header condition of an ALB requires.
    /// Source: Elastic Load Balancing API, `HostHeaderConditionConfig`.
    Domain, "domain", |text| {
        // A tenant's longest host pattern, `*.<24>.<domain>`, must not exceed 128 characters.
        rules::length(text, 3, 100)?;
        rules::domain(text)
    };
    /// A host name that an ALB rule matches; its first label may be `*`. At most 128 characters.
    /// Source: Elastic Load Balancing API, `HostHeaderConditionConfig`.
    HostPattern, "host pattern", |text| {
        rules::length(text, 3, 128)?;
        rules::domain(text.strip_prefix("*.").unwrap_or(text))
    };
    /// A service, a worker, a job or a sidecar of every tenant: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most 24
    /// characters.
    ServiceName, "service name", |text| {
        rules::length(text, 1, 24)?;
        rules::kebab(text)
    };
    /// The first label of a service's host names: 1 to 63 lowercase letters, digits and `-`.
    /// Source: RFC 1123, section 2.1.
    HostLabel, "host label", |text| {
        rules::length(text, 1, 63)?;
        if text.starts_with('-') || text.ends_with('-') {
            return Err("it must not begin or end with `-`".into());
        }
        rules::characters(text, "lowercase letters, digits and `-`", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'
        })
    };
    /// The paths that a rule of a load balancer matches: one path, or all that begin with the text before
    /// a `*` at the end. At most 128 characters.
    /// Source: Application Load Balancers guide, "Path conditions". It also allows wildcards elsewhere,
    /// which leave open which of two patterns is more specific.
    PathPattern, "path", rules::path_pattern;
    /// An environment variable: letters, digits and `_`, not beginning with a digit.
    /// Source: POSIX.1-2017, Base Definitions, section 8.1.
    VariableName, "name of an environment variable", |text| {
        rules::length(text, 1, 128)?;
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("it must not begin with a digit".into());
        }
        rules::characters(text, "letters, digits and `_`", |c| c.is_ascii_alphanumeric() || c == b'_')
    };
    /// The user of a container's process: a name or a number, and the same for its group after `:`.
    /// Source: Amazon ECS API, `ContainerDefinition`, `user`.
    ContainerUser, "user", rules::container_user;
    /// An SQS queue: at most 80 letters, digits, `-` and `_`; the name of a FIFO queue ends in `.fifo`.
    /// Source: Amazon SQS API, `CreateQueue`.
    QueueName, "queue name", |text| {
        rules::length(text, 1, 80)?;
        let name = text.strip_suffix(".fifo").unwrap_or(text);
        rules::characters(name, "letters, digits, `-` and `_`", |c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
    };
    /// A parameter of SSM Parameter Store: letters, digits and `_.-`, in parts separated by `/`.
    /// Source: AWS Systems Manager API, `PutParameter`, `Name`.
    ParameterName, "parameter name", rules::parameter;
    /// The key of a value in a secret whose content is JSON. ECS separates the parts of a reference with
    /// `:`. Source: Amazon ECS Developer Guide, "Pass Secrets Manager secrets through environment variables".
    SecretKey, "key of a secret", |text| {
        rules::length(text, 1, 128)?;
        rules::characters(text, "letters, digits and `_.-`", |c| c.is_ascii_alphanumeric() || b"_.-".contains(&c))
    };
    /// The ARN of an IAM policy.
    /// Source: IAM User Guide, "IAM identifiers".
    PolicyArn, "IAM policy ARN", rules::policy_arn;
    /// The key of a tag: 1 to 128 characters of those that every service accepts.
    /// Source: Tagging AWS Resources User Guide, "Tag naming limits and requirements".
    TagKey, "tag key", |text| {
        rules::length(text, 1, 128)?;
        rules::tag_value(text)
    };
    /// The value of a tag, 1 to 256 characters.
    TagValue, "tag value", rules::tag_value;
    /// A group of schedules, or a schedule in it: at most 64 letters, digits, `-`, `_` and `.`.
    /// Source: Amazon EventBridge Scheduler API, `CreateScheduleGroup`, `CreateSchedule`.
    ScheduleName, "schedule name", |text| {
        rules::length(text, 1, 64)?;
        rules::characters(text, "letters, digits, `-`, `_` and `.`", |c| {
            c.is_ascii_alphanumeric() || b"-_.".contains(&c)
        })
    };
    /// When a schedule runs: `rate(…)` or `cron(…)`.
    /// Source: Amazon EventBridge Scheduler User Guide, "Schedule types".
    ScheduleExpression, "schedule", schedule::expression;
    /// A time zone of the IANA database, such as `Europe/Berlin`.
    TimeZone, "time zone", schedule::time_zone;
    /// An extension of PostgreSQL.
    ExtensionName, "extension", |text| {
        rules::length(text, 1, 63)?;
        rules::characters(text, "lowercase letters, digits, `_` and `-`", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || b"_-".contains(&c)
        })
    };
    /// The cost center: the value of a tag, 1 to 256 characters.
    CostCenter, "cost center", rules::tag_value;
    /// The ARN of an IAM role. Its path has at most 512 characters, its name at most 64.
    /// Source: IAM User Guide, "IAM identifiers"; IAM API, `CreateRole`.
    RoleArn, "IAM role ARN", rules::role_arn;
    /// The ARN of a certificate in AWS Certificate Manager.
    /// Source: ACM API, `DescribeCertificate`; Elastic Load Balancing API, `Certificate`.
    CertificateArn, "certificate ARN", rules::certificate_arn;
    /// A container image pinned by digest: `name@sha256:` and 64 hexadecimal digits.
    Image, "container image", rules::image;
    /// A bucket: 3 to 63 lowercase letters, digits, `-` and `.`.
    /// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
    BucketName, "bucket name", rules::bucket;
    /// An IAM role: at most 64 characters, unique regardless of case.
    /// Source: IAM User Guide, "IAM and STS quotas".
    RoleName, "IAM role name", |text| {
        rules::length(text, 1, 64)?;
        rules::characters(text, "letters, digits and `_+=,.@-`", |c| {
            c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c)
        })
    };
    /// A secret: at most 512 characters. It does not end in `-` and six characters, because the random
    /// suffix of its ARN has that form. Source: Secrets Manager API, `CreateSecret`.
    SecretName, "secret name", rules::secret;
    /// A log group: at most 512 characters, without the prefix `aws/`.
    /// Source: CloudWatch Logs API, `CreateLogGroup`.
    LogGroupName, "log group name", |text| {
        rules::length(text, 1, 512)?;
        rules::no_prefix(text, "aws/")?;
        rules::characters(text, "letters, digits and `_-/.#`", |c| {
            c.is_ascii_alphanumeric() || b"_-/.#".contains(&c)
        })
    };
    /// A load balancer: at most 32 letters, digits and `-`, no `-` at either end, not `internal-…`.
    /// Source: Elastic Load Balancing API, `CreateLoadBalancer`.
    LoadBalancerName, "load balancer name", |text| {
        rules::no_prefix(text, "internal-")?;
        rules::dashed(text, 32)
    };
    /// A target group: at most 32 letters, digits and `-`, no `-` at either end.
    /// Source: Elastic Load Balancing API, `CreateTargetGroup`.
    TargetGroupName, "target group name", |text| rules::dashed(text, 32);
    /// A database cluster, instance or group: at most 63 letters, digits and `-`, starting with a
    /// letter, without `--` and without `-` at the end. Source: Amazon RDS API, `CreateDBCluster`.
    RdsName, "RDS identifier", |text| {
        rules::length(text, 1, 63)?;
        rules::kebab(text)
    };
    /// A security group: at most 255 characters, not `sg-…`.
    /// Source: Amazon EC2 API, `CreateSecurityGroup`.
    SecurityGroupName, "security group name", |text| {
        rules::length(text, 1, 255)?;
        rules::no_prefix(text, "sg-")?;
        rules::characters(text, "letters, digits, `-`, `_` and `.`", |c| {
            c.is_ascii_alphanumeric() || b"-_.".contains(&c)
        })
    };
    /// An ECS cluster, service, task definition family or container: at most 255 letters, digits, `-`,
    /// `_`.
    /// Source: Amazon ECS API, `CreateService`, `RegisterTaskDefinition`.
    EcsName, "ECS name", |text| {
        rules::length(text, 1, 255)?;
        rules::characters(text, "letters, digits, `-` and `_`", |c| {
            c.is_ascii_alphanumeric() || b"-_".contains(&c)
        })
    };
    /// A PostgreSQL identifier: at most 63 bytes. PostgreSQL truncates longer ones silently.
    /// Source: PostgreSQL documentation, section 4.1.1.
    PgIdent, "PostgreSQL identifier", rules::postgres;
    /// The instance class of a database, such as `db.r6g.large`.
    InstanceClass, "DB instance class", rules::instance_class;
    /// A version of Aurora PostgreSQL, such as `15.4`: two numbers without leading zeros.
    EngineVersion, "engine version", rules::engine_version;
}

impl EngineVersion {
    /// The version in a text of another form: `15.4` for `v15.4`, `15.4.1` or `15.4-R1`.
    pub(crate) fn normalized(text: &str) -> Option<String> {
        let text = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
        let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let mut numbers = numbers.split('.');
        let number = |part: &str| part.parse::<u32>().ok();
        let version = format!("{}.{}", number(numbers.next()?)?, number(numbers.next()?)?);
        Self::new(version).ok().map(Into::into)
    }

    /// The major version, which is part of the parameter group family's name.
    #[must_use]
    pub fn major(&self) -> &str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}

impl Environment {
    /// Whether data loss is acceptable: only in `development`.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.as_str() == "development"
    }
}

impl PgIdent {
    /// The identifier in double quotes, for SQL text.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.as_str().replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_ids_are_validated() {
        for good in ["acme-corp", "abc", "a1b", "a-1-b", &"a".repeat(24)] {
            assert!(TenantId::new(good).is_ok(), "{good}");
        }
        for bad in [
            "ab",
            "Acme",
            "1abc",
            "acme-",
            "-acme",
            "a--b",
            "a_b",
            "a.b",
            "admin",
            "rds-x",
            "pgfoo",
            "system",
            &"a".repeat(25),
            "äcme",
            "",
        ] {
            assert!(TenantId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn image_without_digest_is_rejected() {
        let digest = "a".repeat(64);
        assert!(Image::new(format!("public.ecr.aws/nginx/nginx@sha256:{digest}")).is_ok());
        assert!(Image::new("public.ecr.aws/nginx/nginx:latest").is_err());
        assert!(Image::new(format!("nginx@sha256:{}", &digest[1..])).is_err());
        assert!(Image::new(format!("nginx@sha256:{}", digest.to_uppercase())).is_err());
    }

    #[test]
    fn domain_that_an_alb_rejects_is_rejected() {
        assert!(Domain::new("example.com").is_ok());
        assert!(HostPattern::new("*.acme.example.com").is_ok());
        for bad in ["com", "example.c0m", "-a.com", "a_b.com", "a..com", "Example.com", "example.com."] {
            assert!(Domain::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secret_name_that_ends_like_an_arn_is_rejected() {
        assert!(SecretName::new("rds/tenant/acme/password").is_ok());
        assert!(SecretName::new("rds/tenant/acme-abcdef").is_err());
    }

    #[test]
    fn quoted_identifier_doubles_quotes() {
        assert_eq!(PgIdent::new("a\"b").expect("63 bytes at most").quoted(), "\"a\"\"b\"");
    }

    #[test]
    fn error_message_names_kind_and_rule() {
        let error = AccountId::new("12").expect_err("too short");
        assert_eq!(error.to_string(), "`12` is not a valid AWS account id: an account id has twelve digits");
    }
}
