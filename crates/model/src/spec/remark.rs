//! Facts about a valid spec that its author may not expect.

use std::collections::BTreeMap;
use std::fmt;

use itertools::Itertools as _;

use super::Spec;
use crate::arn::Arn;
use crate::identifier::{ServiceName, TenantId};

/// A fact about a valid spec that its author may not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// What a tenant's own settings say about a service also applies to others, which are like it.
    Like {
        /// The tenant.
        tenant: TenantId,
        /// The setting.
        setting: &'static str,
        /// The service.
        service: ServiceName,
        /// The services and jobs that are like it.
        others: Vec<ServiceName>,
    },
    /// A permission names a resource of another Region or account.
    Elsewhere {
        /// The resource, as the spec has it.
        resource: String,
        /// The services and jobs that may use it.
        tasks: Vec<ServiceName>,
        /// Where it is: `Region` or `account`, and which.
        place: (&'static str, String),
        /// Where the platform is.
        own: String,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Like { tenant, setting, service, others } => {
                let verb = if others.len() == 1 { "is" } else { "are" };
                let others = others.iter().join(", ");
                write!(
                    f,
                    "tenant `{tenant}`: `{setting}` of `{service}` also applies to {others}, which {verb} like it"
                )
            }
            Self::Elsewhere { resource, tasks, place: (what, which), own } => write!(
                f,
                "`{resource}`, which {} may use, is in the {what} `{which}`, and the platform is in `{own}`",
                tasks.iter().join(", ")
            ),
        }
    }
}

/// The resources of permissions that are in another Region or account. A placeholder or a wildcard is in any.
pub(super) fn elsewhere(spec: &Spec) -> Vec<Remark> {
    let mut tasks: BTreeMap<String, Vec<ServiceName>> = BTreeMap::new();
    for (name, task) in spec.tenants.iter().flat_map(|tenant| tenant.tasks()) {
        for resource in task.allow.iter().flat_map(|permission| &permission.resources) {
            tasks.entry(resource.to_string()).or_default().push(name.clone());
        }
    }
    let (region, account) = (spec.platform.region.as_str(), spec.platform.account.as_str());
    let is_literal = |part: &str| !part.is_empty() && !part.contains(['{', '*', '?']);
    let remarks = |(resource, tasks): (String, Vec<ServiceName>)| {
        let places = Arn::of(&resource).map(|arn| [("Region", arn.region, region), ("account", arn.account, account)]);
        let other = places.into_iter().flatten().filter(|(_, given, own)| is_literal(given) && given != own);
        let tasks: Vec<ServiceName> = tasks.into_iter().sorted().dedup().collect();
        other
            .map(|(what, given, own)| Remark::Elsewhere {
                resource: resource.clone(),
                tasks: tasks.clone(),
                place: (what, given.to_owned()),
                own: own.to_owned(),
            })
            .collect::<Vec<_>>()
    };
    tasks.into_iter().flat_map(remarks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = include_str!("../../../../fixtures/real-application/saas.toml");

    fn remarks(from: &str, to: &str) -> Vec<String> {
        assert!(SPEC.contains(from), "{from}");
        let (_, remarks) = Spec::parse_with_remarks("saas.toml", &SPEC.replacen(from, to, 1)).expect("it is valid");
        remarks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_tenant_says_of_a_service_is_told_of_those_like_it() {
        let own = "tenant `acme`: `cpu` of `web` also applies to migrate, nightly, worker, which are like it";
        assert_eq!(remarks("[logs]", "[logs]"), [own]);
        let said = remarks("[tenant.job.nightly]", "[tenant.service.worker]\ncpu = 512\n\n[tenant.job.nightly]");
        assert_eq!(said, [own.replace(", worker", "")], "it says its own");
        assert_eq!(remarks("[tenant.service.web]\ncpu = 1024\n", "[tenant.service.web]\n"), [""; 0]);
    }

    #[test]
    fn resources_elsewhere_are_told() {
        let with = |arn: &str| remarks("arn:aws:ses:us-west-2:345678901234:identity/harbor.example.net", arn);
        let of_region = "`arn:aws:ses:us-east-1:345678901234:identity/x`, which web may use, is in the Region `us-east-1`, \
                         and the platform is in `us-west-2`";
        assert!(with("arn:aws:ses:us-east-1:345678901234:identity/x").contains(&of_region.to_owned()));
        let account = with("arn:aws:ses:us-west-2:999999999999:identity/x");
        assert!(account.iter().any(|remark| remark.contains("is in the account `999999999999`")), "{account:?}");
        for here in
            ["arn:aws:ses:*:345678901234:x", "arn:aws:s3:::x", "arn:aws:ses:{platform.region}:{platform.account}:x"]
        {
            assert_eq!(with(here).len(), 1, "{here}");
        }
    }
}
