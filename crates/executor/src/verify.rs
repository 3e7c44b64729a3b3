//! Proves that live equals plan: resources read field by field, and tenants' rights tried out over
//! their own connections.

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::FieldChange;
use saas_model::{Address, Kind, Node};
use serde::Serialize;

use crate::apply::change_set::Foreign;
use crate::apply::diff::{is_security_relevant, is_vouched, tag_changes};
pub use crate::apply::scope::{Scope, Touched};
use crate::context::Context;
use crate::error::Result;
use crate::postgres::{Attempt, Outcome, Probe, probe};
use crate::provider;
use crate::state::incomplete::{self, Incomplete};
use crate::state::out_of_reach;

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// How many resources were read and compared.
    pub compared: usize,
    /// What is not as the plan says, in the order of the addresses.
    pub deviations: Vec<Deviation>,
    /// What was tried in PostgreSQL as each tenant, and how it ended.
    pub probes: Vec<Probe>,
    /// What carries the platform's tags and is not what saas made: it is left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Foreign>,
}

/// Something that is not as the plan says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The node.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// How it deviates.
    pub what: Drift,
    /// Whether only `apply --deep` sees it and repairs it; otherwise every apply does.
    pub deep: bool,
}

/// How a resource deviates from the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// It is not there.
    Missing,
    /// It is there and the plan does not want it.
    Unplanned {
        /// What AWS calls it.
        id: String,
    },
    /// Its fields are right, and it is not complete.
    Incomplete(Incomplete),
    /// Fields differ: before is the plan, after is what is live.
    Fields {
        /// The fields.
        fields: Vec<FieldChange>,
        /// Whether one of them is a tag that policies compare.
        security_relevant: bool,
    },
}

impl Verification {
    /// Whether live equals plan and every probe ended as it must.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.deviations.is_empty() && self.probes.iter().all(Probe::is_good)
    }
}

/// How many resources are read at a time.
const WIDTH: usize = 8;

/// Tries tenants' rights, and puts that together with what was compared.
pub(crate) async fn verify(cx: &Context<'_>, compared: Compared) -> Result<Verification> {
    let Compared { compared, deviations } = compared;
    let probes = match probe(cx, cx.scope.tenants()).await {
        // What keeps everybody out is among the deviations, which are not to be lost for it.
        Err(error) if out_of_reach::is_closed(cx, &error) => vec![not_tried(cx)],
        probes => probes.map_err(|error| out_of_reach::explained(cx, error))?,
    };
    Ok(Verification { compared, deviations, probes, foreign: cx.live.foreign() })
}

/// That tenants' rights were not tried.
fn not_tried(cx: &Context<'_>) -> Probe {
    let why = out_of_reach::not_as_planned(cx).join("; ");
    let what = format!("not tried, for the database is out of reach: {why}; `saas apply` sets what is planned");
    Probe { tenant: None, attempt: Attempt::Login, against: None, outcome: Outcome::Broken { what } }
}

/// How many resources were compared, and what is not as the plan says.
pub(crate) struct Compared {
    pub(crate) compared: usize,
    pub(crate) deviations: Vec<Deviation>,
}

/// Compares what was observed with the plan, as far as the scope goes.
pub(crate) async fn compare(cx: &Context<'_>) -> Result<Compared> {
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
    deviations.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Compared { compared, deviations })
}

async fn check(cx: &Context<'_>, node: &Node) -> Result<Option<Deviation>> {
    let deviation = |what, deep| Some(Deviation { address: node.address.clone(), kind: node.kind(), what, deep });
    let Some(found) = cx.live.get(&node.address) else { return Ok(deviation(Drift::Missing, false)) };
    let Some(reading) = provider::describe(cx, &found).await? else { return Ok(deviation(Drift::Missing, false)) };
    let changes =
        reading.differences_to(&node.resource).into_iter().chain(tag_changes(cx, node, reading.tags.as_ref()));
    // A change is from live to plan; here the plan comes first.
    let reversed = |FieldChange { field, before, after }| FieldChange { field, before: after, after: before };
    let fields: Vec<FieldChange> = changes.chain(reading.unmodelled.iter().cloned()).map(reversed).collect();
    // What finding it has not shown is seen only where it is read.
    let deep = is_vouched(cx, node, &found);
    if fields.is_empty() {
        let incomplete = incomplete::why(cx, node, &found, &reading);
        return Ok(incomplete.and_then(|why| deviation(Drift::Incomplete(why), deep)));
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

    /// The port was changed by hand, so nothing answers where the database was.
    #[tokio::test]
    async fn another_port_is_told_where_nothing_answers() {
        let access =
            DatabaseAccess { cluster: Ref::to(Address::literal(CLUSTER)), database: "saas".parse().expect("valid") };
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
        assert!(text.contains("the port of `database/cluster` is 5433, and the plan's is 5432"), "{text}");
        assert!(!probe.is_good());
    }
}
