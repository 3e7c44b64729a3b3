//! Verifies that the live resources equal the plan and that nothing beside them opens a way into the platform:
//! compares them field by field, lists what is inside of them, and tests the rights of each tenant over its own
//! connection.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::FieldChange;
use saas_model::{Address, Kind, Node};
use serde::Serialize;
use tokio::time::Instant;

use crate::apply::diff::{is_security_relevant, is_vouched, tag_changes};
use crate::apply::intent::Intent;
pub use crate::apply::scope::{Scope, Touched};
use crate::context::Context;
use crate::error::Result;
use crate::event::{Event, Phase};
use crate::platform::Platform;
use crate::postgres::{Attempt, Outcome, Probe, probe};
use crate::provider;
use crate::session_error::SessionError;
use crate::state::completeness::why_incomplete;
use crate::state::consistency::LastRun;
use crate::state::exposure::{Exposure, exposures};
use crate::state::foreign::Foreign;
use crate::state::incomplete::Incomplete;
use crate::state::observe::observe;
use crate::state::out_of_reach;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "it lists the differences between the live resources and the plan"]
pub struct Verification {
    /// How many resources were read and compared.
    pub compared: usize,
    /// Deviations from the plan, in the order of the addresses.
    pub deviations: Vec<Deviation>,
    /// What was tried in PostgreSQL as each tenant, with the results.
    pub probes: Vec<Probe>,
    /// Resources that carry the platform's tags and were not created by saas. saas leaves them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Foreign>,
}

/// A deviation from the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The node.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// How the resource deviates.
    pub what: Drift,
    /// Whether only `apply --deep` detects and repairs it; otherwise every apply does.
    pub deep: bool,
}

/// How a resource deviates from the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// The resource does not exist.
    Missing,
    /// The resource exists and is not in the plan.
    Unplanned {
        /// Its id in AWS.
        id: String,
    },
    /// Something that is not part of the platform opens the resource.
    Exposed {
        /// The id in AWS of what opens it.
        id: String,
        /// What that is, and what it opens.
        what: String,
        /// How an operator closes it.
        remedy: String,
    },
    /// The fields are right, but the resource is not complete.
    Incomplete(Incomplete),
    /// Fields differ: `before` is the plan, `after` is the live value.
    Fields {
        /// The fields that differ.
        fields: Vec<FieldChange>,
        /// Whether one of them is a tag that policies match on.
        security_relevant: bool,
    },
}

impl Verification {
    /// Whether the live resources equal the plan and every probe has the required result.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.deviations.is_empty() && self.probes.iter().all(Probe::is_good)
    }
}

/// How many resources are described concurrently.
const WIDTH: usize = 8;

/// Verifies that the live resources within `scope` equal the plan. It lists them anew.
///
/// A recent change may not be visible to every read yet. So the resources that an apply touched are listed
/// again for a while before they are reported as missing or wrong. While the last apply is recent, this holds
/// for all resources.
///
/// # Errors
/// When a resource cannot be listed or described.
pub(crate) async fn verify_live(platform: &Platform<'_>, scope: &Scope) -> Result<Verification, SessionError> {
    platform.reporter.report(Event::Phase { phase: Phase::Verify });
    let start = Instant::now();
    let mut pauses = platform.retry_policy.pauses();
    let mut late = None;
    loop {
        let observation = observe(platform, Intent::Plan { deep: true }, scope, BTreeSet::new()).await?;
        let cx = Context { scope, ..platform.cx(&observation) };
        let compared = compare(&cx).await.map_err(SessionError::observe)?;
        let within = match scope {
            _ if compared.deviations.is_empty() => Duration::ZERO,
            Scope::All => match late {
                Some(within) => within,
                None => *late.insert(LastRun::read(platform).await.seen_within(platform.retry_policy.visible_within)),
            },
            Scope::Touched(_) => platform.retry_policy.visible_within,
        };
        let may_be_late = start.elapsed() < within;
        if !compared.deviations.is_empty() && may_be_late && cx.pause(pauses.next()).await.is_continue() {
            continue;
        }
        if compared.deviations.is_empty() && *scope != Scope::All {
            // An apply verifies everything it touched, and all of it is visible now.
            platform.aws.lease.confirm_listed();
        }
        return verify(&cx, compared).await.map_err(SessionError::observe);
    }
}

/// Tests the rights of the tenants, and combines the results with the comparison.
async fn verify(cx: &Context<'_>, compared: Compared) -> Result<Verification> {
    let Compared { compared, deviations } = compared;
    let probes = match probe(cx, cx.scope.tenants()).await {
        // The cause of the failure is among the deviations, which must not be lost.
        Err(error) if out_of_reach::is_closed(cx, &error) => vec![not_tried(cx)],
        probes => probes.map_err(|error| out_of_reach::explained(cx, error))?,
    };
    Ok(Verification { compared, deviations, probes, foreign: cx.live.foreign() })
}

/// A probe which reports that the rights of the tenants were not tested.
fn not_tried(cx: &Context<'_>) -> Probe {
    let why = out_of_reach::not_as_planned(cx).join("; ");
    let what = format!(
        "not tested, because the database cannot be reached: {why}; `saas apply` restores the planned settings"
    );
    Probe { tenant: None, attempt: Attempt::Login, against: None, outcome: Outcome::Broken { what } }
}

/// The number of compared resources, and the deviations from the plan.
struct Compared {
    compared: usize,
    deviations: Vec<Deviation>,
}

/// Compares the observed state with the plan, within the scope.
async fn compare(cx: &Context<'_>) -> Result<Compared> {
    let nodes: Vec<&Node> = cx.plan.nodes().iter().filter(|node| cx.scope.covers(&node.address)).collect();
    let compared = nodes.len();
    let checks = stream::iter(nodes).map(|node| check(cx, node)).buffered(WIDTH);
    let found: Vec<Option<Deviation>> = checks.try_collect().await?;
    let mut deviations: Vec<Deviation> = found.into_iter().flatten().collect();

    let unplanned = cx.live.all().into_iter().filter(|found| cx.plan.node(&found.address).is_none());
    for found in unplanned.chain(cx.live.superseded()).filter(|found| cx.scope.covers(&found.address)) {
        let what = Drift::Unplanned { id: found.identity.id };
        deviations.push(Deviation { address: found.address, kind: found.kind, what, deep: false });
    }
    for Exposure { address, kind, id, what, remedy } in exposures(cx).await? {
        deviations.push(Deviation { address, kind, what: Drift::Exposed { id, what, remedy }, deep: false });
    }
    deviations.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Compared { compared, deviations })
}

async fn check(cx: &Context<'_>, node: &Node) -> Result<Option<Deviation>> {
    let deviation = |what, deep| Some(Deviation { address: node.address.clone(), kind: node.kind(), what, deep });
    let Some(found) = cx.live.get(&node.address) else { return Ok(deviation(Drift::Missing, false)) };
    let Some(reading) = provider::describe(cx, &found).await? else { return Ok(deviation(Drift::Missing, false)) };
    let changes =
        reading.differences_to(&node.resource).into_iter().chain(tag_changes(cx, node, reading.tags.as_ref()));
    // A `FieldChange` leads from live to plan; a deviation has the plan first.
    let reversed = |FieldChange { field, before, after }| FieldChange { field, before: after, after: before };
    let fields: Vec<FieldChange> = changes.chain(reading.unmodelled.iter().cloned()).map(reversed).collect();
    let incomplete = if fields.is_empty() { why_incomplete(cx, node, &found, &reading) } else { None };
    if fields.is_empty() && incomplete.is_none() {
        return Ok(None);
    }
    // Only a deep comparison detects what neither the listing nor the access shows.
    let deep = is_vouched(cx, node, &found) && provider::has_planned_access(cx, node, &found).await?;
    if let Some(why) = incomplete {
        return Ok(deviation(Drift::Incomplete(why), deep));
    }
    let security_relevant = fields.iter().any(is_security_relevant);
    Ok(deviation(Drift::Fields { fields, security_relevant }, deep))
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{DatabaseAccess, DbCluster, ResourceSpec};
    use saas_model::{Ref, Resource};

    use super::*;
    use crate::postgres::{PostgresOptions, TlsMode};
    use crate::state::observed::{Identity, ObservedResource};
    use crate::testing::Bench;
    use crate::testing::database::{self, ADMIN_PASSWORD, CLUSTER, WRITER};

    /// An operator changed the port by hand, so nothing listens on the old one.
    #[tokio::test]
    async fn changed_port_is_reported_when_the_database_is_unreachable() {
        let access = DatabaseAccess {
            cluster: Ref::to(Address::literal(CLUSTER)),
            database: "saas".parse().expect("valid"),
            extensions: saas_model::Set::new(),
        };
        let access: Vec<(&str, Resource)> = vec![("database/access", access.into())];
        let nodes = database::nodes().into_iter().chain(access).collect();
        let nothing = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let hostaddr = Some(nothing.local_addr().expect("it has one").to_string());
        drop(nothing);
        let options = PostgresOptions { hostaddr, tls: TlsMode::Disable, ..PostgresOptions::default() };
        let bench = Bench::new("http://127.0.0.1:9", nodes).await.with_postgres(options);
        bench.know(ADMIN_PASSWORD, "password");
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/saas-platform/admin/password-AbCdEf";
        bench.assume(ADMIN_PASSWORD, Identity::of_arn(secret));
        bench.assume(WRITER, Identity::of_id("saas-platform-db-writer"));
        let cluster = |port| {
            let node = bench.node(CLUSTER);
            let planned = DbCluster::of(&node.resource).expect("it is a cluster").clone();
            let identity = Identity { endpoint: Some("127.0.0.1".into()), ..Identity::of_id("saas-platform-db") };
            let found = ObservedResource::at(Kind::DbCluster, node.address.clone(), identity, bench.plan.tags(node));
            found.with_fields(DbCluster { port, ..planned })
        };
        let verified = async || verify(&bench.cx(), Compared { compared: 1, deviations: Vec::new() }).await;

        bench.live.insert(cluster(5432));
        let error = verified().await.expect_err("nothing explains it");
        assert!(error.to_string().starts_with("cannot reach PostgreSQL at 127.0.0.1:5432"), "{error}");
        bench.live.insert(cluster(5433));
        let probes = verified().await.expect("the rest is told").probes;
        let [probe] = probes.as_slice() else { panic!("{probes:#?}") };
        let text = probe.to_string();
        assert!(text.contains("the port of `database/cluster` is 5433, but the plan's is 5432"), "{text}");
        assert!(!probe.is_good());
    }
}
