//! The API calls that saas makes, as data: the calls of each kind by role, and those of no kind.
//!
//! A call is written `service:Operation`, with the prefix that IAM gives to the service and the name that the
//! API gives to the operation. S3 names some permissions unlike the operations that need them.

use saas_model::Kind;
use strum::IntoEnumIterator;

use super::declaration;
use crate::aws::calls::is_read;

/// The calls of a kind of resource, by role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiCalls {
    /// To find all resources of the kind.
    pub list: &'static [&'static str],
    /// To read more about one resource, its names, its users or its contents.
    pub describe: &'static [&'static str],
    /// Writes to create and complete a resource.
    pub create: &'static [&'static str],
    /// Writes to change a resource.
    pub update: &'static [&'static str],
    /// Writes to delete a resource and its parts.
    pub delete: &'static [&'static str],
}

impl ApiCalls {
    /// No calls: the kind is in PostgreSQL.
    pub const NONE: Self = Self { list: &[], describe: &[], create: &[], update: &[], delete: &[] };

    /// All calls, without their roles.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        let Self { list, describe, create, update, delete } = self;
        [list, describe, create, update, delete].into_iter().flat_map(|calls| calls.iter().copied())
    }
}

/// The calls that the provider of a kind makes.
#[must_use]
pub fn api_calls(kind: Kind) -> &'static ApiCalls {
    &declaration(kind).calls
}

/// The calls of no kind that every command may make: the lease and the receipts, and what it looks at.
pub const CORE_CALLS: &[&str] = &[
    // The lease and the receipts.
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:HeadBucket",
    "s3:ListObjectsV2",
    "s3:PutObject",
    // The account and the caller.
    "sts:GetCallerIdentity",
    // The secrets and parameters outside of the plan.
    "secretsmanager:DescribeSecret",
    "ssm:GetParameters",
    // The index of tags.
    "tag:GetResources",
];

/// The calls of preflight, before the first write.
pub const PREFLIGHT_CALLS: &[&str] = &[
    "acm:DescribeCertificate",
    "ec2:DescribeAvailabilityZones",
    "iam:GetRole",
    "rds:DescribeDBEngineVersions",
    "rds:DescribeEngineDefaultClusterParameters",
    "rds:DescribeOrderableDBInstanceOptions",
    "secretsmanager:GetSecretValue",
];

/// A call that saas may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PossibleCall {
    /// The kind whose provider makes it; `None` for those of no kind.
    pub kind: Option<Kind>,
    /// The call.
    pub call: &'static str,
    /// Whether only an apply or a destroy makes it: it writes, or is part of preflight.
    pub applies: bool,
}

/// All calls that saas may make.
pub fn possible_calls() -> impl Iterator<Item = PossibleCall> {
    let of_kind = |kind: Kind| {
        let ApiCalls { list, describe, create, update, delete } = api_calls(kind);
        let roles = [(list, false), (describe, false), (create, true), (update, true), (delete, true)];
        roles.into_iter().flat_map(move |(calls, applies)| {
            calls.iter().map(move |call| PossibleCall { kind: Some(kind), call, applies })
        })
    };
    let core = CORE_CALLS.iter().map(|call| {
        let operation = call.rsplit(':').next().unwrap_or_default();
        PossibleCall { kind: None, call, applies: !is_read(operation) }
    });
    let preflight = PREFLIGHT_CALLS.iter().map(|call| PossibleCall { kind: None, call, applies: true });
    Kind::iter().flat_map(of_kind).chain(core).chain(preflight)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::provider::Listing;

    fn providers() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers")
    }

    /// The name of the file of a kind, without its ending.
    fn module(kind: Kind) -> String {
        kind.to_string().replace('-', "_")
    }

    /// The folder of a kind's file.
    fn folder(kind: Kind) -> PathBuf {
        let folders =
            fs::read_dir(providers()).expect("the folder is there").map(|entry| entry.expect("it is read").path());
        let file = format!("{}.rs", module(kind));
        let mut with_file = folders.filter(|folder| folder.join(&file).is_file());
        let folder = with_file.next().unwrap_or_else(|| panic!("no folder of `providers` has `{file}`"));
        assert_eq!(with_file.next(), None, "`{file}` is there twice");
        folder
    }

    /// The sources in a folder and the folders in it, with their paths.
    fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it is read").path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else if !path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains("tests")) {
                found.push((path.clone(), fs::read_to_string(&path).expect("it is text")));
            }
        }
        found
    }

    /// The folder with the providers of a service.
    fn folder_of_service(prefix: &str) -> PathBuf {
        providers().join(match prefix {
            "application-autoscaling" => "scaling",
            "elasticloadbalancing" => "elb",
            "secretsmanager" => "secrets",
            other => other,
        })
    }

    /// The methods that a source calls without arguments, as a client's operations are, without underscores.
    fn operations(source: &str) -> BTreeSet<String> {
        let before_parentheses = source.split("()").filter_map(|before| before.rsplit('.').next());
        before_parentheses.map(|method| method.replace('_', "")).collect()
    }

    /// The sources that may make the calls of a kind to a service: all of another service; of its own service
    /// the kind's file, what belongs to no kind, and the files of kinds that one of these names.
    fn sources_for(kind: Kind, service: &Path) -> Vec<String> {
        let all = sources(service);
        if folder(kind) != service {
            return all.into_iter().map(|(_, source)| source).collect();
        }
        let kinds: BTreeSet<String> = Kind::iter().map(module).collect();
        let own = module(kind);
        let name = |path: &Path| {
            let within = path.strip_prefix(service).expect("it is in the folder");
            let first = within.iter().next().expect("it has a name").to_string_lossy().into_owned();
            first.trim_end_matches(".rs").to_owned()
        };
        let (near, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(path, _)| name(path) == own || !kinds.contains(&name(path)));
        let named = |path: &Path| {
            let by_path = format!("{}::", name(path));
            near.iter().any(|(_, source)| source.contains(&by_path))
        };
        let others: Vec<String> =
            others.into_iter().filter(|(path, _)| named(path)).map(|(_, source)| source).collect();
        near.into_iter().map(|(_, source)| source).chain(others).collect()
    }

    #[test]
    fn provider_sources_make_all_declared_calls() {
        for kind in Kind::iter() {
            for call in api_calls(kind).all() {
                let (service, operation) = call.split_once(':').expect("a service and an operation");
                let sources = sources_for(kind, &folder_of_service(service));
                let operation = operation.to_ascii_lowercase();
                let made = sources.iter().any(|source| operations(source).contains(&operation));
                assert!(made, "{kind} declares `{call}`, and no source near it makes the call");
            }
        }
    }

    /// The defaults of these operations find nothing.
    #[test]
    fn kind_looked_up_by_name_declares_its_lookup_operations() {
        for kind in Kind::iter() {
            let file = folder(kind).join(format!("{}.rs", module(kind)));
            let source = fs::read_to_string(file).expect("it is text");
            let declared = declaration(kind);
            if declared.naming().is_some() {
                assert!(source.contains("async fn describe_by_name("), "{kind}");
            }
            if declared.listing != Listing::Prompt {
                assert!(source.contains("async fn named("), "{kind}");
            }
        }
    }

    #[test]
    fn declared_calls_have_the_right_role_without_duplicates() {
        for kind in Kind::iter() {
            let ApiCalls { list, describe, create, update, delete } = api_calls(kind);
            for (role, calls, reads) in [
                ("list", list, true),
                ("describe", describe, true),
                ("create", create, false),
                ("update", update, false),
                ("delete", delete, false),
            ] {
                let operation = |call: &str| call.rsplit(':').next().unwrap_or_default().to_owned();
                let misplaced: Vec<&&str> = calls.iter().filter(|call| is_read(&operation(call)) != reads).collect();
                assert!(misplaced.is_empty(), "{kind}, {role}: {misplaced:?}");
                let distinct: BTreeSet<&&str> = calls.iter().collect();
                assert_eq!(distinct.len(), calls.len(), "{kind}, {role}");
            }
            assert!(describe.iter().all(|call| !list.contains(call)), "{kind}: a call of the listing is repeated");
        }
    }
}
