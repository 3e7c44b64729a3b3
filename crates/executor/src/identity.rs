//! The constant identity of a live platform: its name, environment, account and Region.
//!
//! The lease object and every receipt record it. Without either, the live resources show it: every
//! resource has the environment as a tag. IAM has no Regions, but the path of a role names the
//! environment and its trust policy names the Region.

use std::collections::BTreeSet;

use saas_model::Header;
use saas_model::arn::Arn;
use saas_model::identifier::{AccountId, Environment, PlatformName, Region};
use saas_model::plan::TAG_ENVIRONMENT;
use saas_model::policy::Policy;
use saas_model::receipt::Body;
use saas_model::resource::{ResourceSpec, Role};
use serde::{Deserialize, Serialize};

use crate::state::observed::{ObservedResource, ObservedState};

/// The constant identity of a live platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformIdentity {
    /// The name.
    pub platform: PlatformName,
    /// The environment.
    pub environment: Environment,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// A part of a live platform's identity that differs from the plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the live {part} is `{live}` (according to {witness}), but the plan's is `{planned}`")]
pub struct Mismatch {
    /// Which part: `name`, `environment`, `account` or `region`.
    pub part: &'static str,
    /// The planned value.
    pub planned: String,
    /// The live value.
    pub live: String,
    /// The source of the live value.
    pub witness: String,
}

impl PlatformIdentity {
    /// The identity in the header of a plan.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        let Header { platform, environment, account, region, .. } = header.clone();
        Self { platform, environment, account, region }
    }

    /// The identity in the body of a receipt.
    pub(crate) fn of_receipt(body: &Body) -> Self {
        let Body { platform, environment, account, region, .. } = body.clone();
        Self { platform, environment, account, region }
    }

    /// The parts of this live identity that differ from the planned one.
    #[must_use]
    pub fn mismatches(&self, planned: &Self, witness: &str) -> Vec<Mismatch> {
        let part = |part, live: &dyn ToString, planned: &dyn ToString| {
            let (live, planned) = (live.to_string(), planned.to_string());
            (live != planned).then(|| Mismatch { part, planned, live, witness: witness.to_owned() })
        };
        let parts = [
            part("name", &self.platform, &planned.platform),
            part("environment", &self.environment, &planned.environment),
            part("account", &self.account, &planned.account),
            part("region", &self.region, &planned.region),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// The parts of the live platform's identity that differ from the plan, according to the resources
/// themselves.
///
/// A manual change of one tag or one trust policy is drift, which an apply repairs. So a part differs
/// only where no resource of that sort has the planned value.
pub(crate) fn of_live(live: &ObservedState, header: &Header) -> Vec<Mismatch> {
    let found: Vec<ObservedResource> = live.all().into_iter().chain(live.superseded()).collect();
    let roles = || found.iter().filter_map(|found| Some((found, found.fields.as_ref().and_then(Role::of)?)));

    let tags = found.iter().filter_map(|found| Some((found, found.tags.as_ref()?.get(TAG_ENVIRONMENT)?.clone())));
    let paths = roles().filter_map(|(found, role)| Some((found, stage_of(&role.path)?)));
    let trusted = roles().flat_map(|(found, role)| trusted_regions(&role.trust).into_iter().map(move |r| (found, r)));
    let regions = found.iter().filter_map(|found| Some((found, arn_part(found, |arn| arn.region)?)));
    let accounts = found.iter().filter_map(|found| Some((found, arn_part(found, |arn| arn.account)?)));

    let (environment, region) = (header.environment.to_string(), header.region.to_string());
    let candidates = [
        unlike("environment", &environment, tags),
        unlike("environment", &environment, paths),
        unlike("region", &region, trusted),
        unlike("region", &region, regions),
        unlike("account", header.account.as_str(), accounts),
    ];
    let mut parts = BTreeSet::new();
    candidates.into_iter().flatten().filter(|mismatch| parts.insert(mismatch.part)).collect()
}

/// The value that the resources have, where none has the planned one.
fn unlike<'f>(
    part: &'static str,
    planned: &str,
    candidates: impl Iterator<Item = (&'f ObservedResource, String)>,
) -> Option<Mismatch> {
    let mut first = None;
    for (found, live) in candidates {
        if live == planned {
            return None;
        }
        let ObservedResource { kind, identity, .. } = found;
        first.get_or_insert_with(|| (live, format!("{kind} `{}`", identity.id)));
    }
    first.map(|(live, witness)| Mismatch { part, planned: planned.to_owned(), live, witness })
}

/// The environment in the path of a role, `/saas/<environment>/`.
fn stage_of(path: &str) -> Option<String> {
    let stage = path.strip_prefix("/saas/")?.strip_suffix('/')?;
    (!stage.is_empty() && !stage.contains('/')).then(|| stage.to_owned())
}

/// The Regions from which ECS may assume a role with this trust policy.
fn trusted_regions(trust: &Policy) -> BTreeSet<String> {
    let conditions = trust.statements.iter().flat_map(|statement| statement.conditions.iter());
    let sources = conditions.filter(|condition| condition.key.eq_ignore_ascii_case("aws:SourceArn"));
    let regions = sources.flat_map(|condition| condition.values.iter()).filter_map(|arn| Arn::of(arn));
    let regions = regions.map(|arn| arn.region);
    regions.filter(|region| !region.is_empty() && !region.contains('*')).map(str::to_owned).collect()
}

/// A part of the ARN of a resource. Services without Regions leave that part empty.
fn arn_part(found: &ObservedResource, part: fn(Arn<'_>) -> &str) -> Option<String> {
    let text = part(Arn::of(found.identity.arn.as_deref()?)?);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use saas_model::plan::TAG_DIGEST;
    use saas_model::policy::{Condition, Effect, Operator, Statement};
    use saas_model::resource::Vpc;
    use saas_model::{Address, Kind};

    use super::*;
    use crate::state::observed::{Identity, Tags};
    use crate::testing::Bench;

    fn role(path: &str, region: &str) -> Role {
        let condition = Condition {
            operator: Operator::ArnLike,
            key: "aws:SourceArn".into(),
            values: [format!("arn:aws:ecs:{region}:123456789012:*")].into(),
        };
        let statement = Statement {
            sid: "".into(),
            effect: Effect::Allow,
            principal: None,
            actions: ["sts:AssumeRole".to_owned()].into(),
            resources: [].into(),
            conditions: [condition].into_iter().collect(),
        };
        Role {
            name: "saas-platform-acme-corp-task".parse().expect("valid"),
            path: path.into(),
            description: "a".into(),
            trust: Policy { statements: vec![statement] },
            permissions_boundary: None,
            policies: [].into(),
        }
    }

    fn found(address: &str, kind: Kind, environment: &str) -> ObservedResource {
        let digest = (TAG_DIGEST.to_owned(), "0".repeat(64));
        let tags: Tags = [(TAG_ENVIRONMENT.to_owned(), environment.to_owned()), digest].into();
        // With another name, a role or a log group would be a copy outside the platform.
        let id = match kind {
            Kind::Role => "saas-platform-acme-corp-task",
            Kind::LogGroup => "/ecs/tenant/acme-corp",
            _ => address,
        };
        ObservedResource::at(kind, Address::literal(address), Identity::of_id(id), tags)
    }

    async fn parts(found: Vec<ObservedResource>) -> Vec<&'static str> {
        let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
        let bench = Bench::new("http://127.0.0.1:9", vec![("network/vpc", vpc.into())]).await;
        bench.live.observed(&bench.plan, found);
        of_live(&bench.live, bench.plan.header()).into_iter().map(|mismatch| mismatch.part).collect()
    }

    fn the_role(path: &str, region: &str) -> ObservedResource {
        found("tenant/acme-corp/task-role", Kind::Role, "development").with_fields(role(path, region))
    }

    #[tokio::test]
    async fn empty_account_and_own_role_show_no_other_platform() {
        assert!(parts(Vec::new()).await.is_empty());
        assert!(parts(vec![the_role("/saas/development/", "us-east-1")]).await.is_empty());
    }

    /// IAM has no Regions: in a second Region, roles are the only visible resources of a platform in the
    /// first.
    #[tokio::test]
    async fn role_trust_reveals_a_platform_in_another_region() {
        assert_eq!(parts(vec![the_role("/saas/development/", "eu-west-1")]).await, ["region"]);
        let ours = found("network/vpc", Kind::Vpc, "development");
        assert_eq!(parts(vec![ours, the_role("/saas/development/", "eu-west-1")]).await, ["region"]);
    }

    #[tokio::test]
    async fn platform_of_another_environment_is_recognized_by_tags_and_paths() {
        assert_eq!(parts(vec![found("network/vpc", Kind::Vpc, "production")]).await, ["environment"]);
        assert_eq!(parts(vec![the_role("/saas/production/", "us-east-1")]).await, ["environment"]);
    }

    #[tokio::test]
    async fn account_and_region_are_read_from_arns() {
        let arn = "arn:aws:logs:eu-west-1:210987654321:log-group:/ecs/tenant/acme-corp";
        let mut group = found("tenant/acme-corp/log-group", Kind::LogGroup, "development");
        group.identity = group.identity.with_arn(Some(arn));
        assert_eq!(parts(vec![group]).await, ["region", "account"]);
    }

    /// A manual change of one tag is drift, which an apply repairs.
    #[tokio::test]
    async fn single_changed_tag_is_not_another_platform() {
        let found = vec![
            found("network/vpc", Kind::Vpc, "production"),
            found("network/internet-gateway", Kind::InternetGateway, "development"),
            the_role("/saas/development/", "us-east-1"),
        ];
        assert!(parts(found).await.is_empty());
    }
}
