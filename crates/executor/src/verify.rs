//! Proves that live equals plan: resources read field by field, and tenants' rights tried out over
//! their own connections.

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::FieldChange;
use saas_model::{Address, Kind, Node};
use serde::Serialize;

use crate::change_set::Foreign;
use crate::compare::{is_security_relevant, is_vouched, tag_changes};
use crate::context::Cx;
use crate::error::Result;
use crate::incomplete::{self, Incomplete};
use crate::manage;
use crate::postgres::{Probe, probe};
pub use crate::scope::{Scope, Touched};

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
pub(crate) async fn verify(cx: &Cx<'_>, compared: Compared) -> Result<Verification> {
    let Compared { compared, deviations } = compared;
    Ok(Verification { compared, deviations, probes: probe(cx, cx.scope.tenants()).await?, foreign: cx.live.foreign() })
}

/// How many resources were compared, and what is not as the plan says.
pub(crate) struct Compared {
    pub(crate) compared: usize,
    pub(crate) deviations: Vec<Deviation>,
}

/// Compares what was observed with the plan, as far as the scope goes.
pub(crate) async fn compare(cx: &Cx<'_>) -> Result<Compared> {
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

async fn check(cx: &Cx<'_>, node: &Node) -> Result<Option<Deviation>> {
    let deviation = |what, deep| Some(Deviation { address: node.address.clone(), kind: node.kind(), what, deep });
    let Some(found) = cx.live.get(&node.address) else { return Ok(deviation(Drift::Missing, false)) };
    let Some(reading) = manage::read(cx, &found).await? else { return Ok(deviation(Drift::Missing, false)) };
    let changes =
        reading.differences_to(&node.resource).into_iter().chain(tag_changes(cx, node, reading.tags.as_ref()));
    // A change is from live to plan; here the plan comes first.
    let reversed = |FieldChange { field, before, after }| FieldChange { field, before: after, after: before };
    let fields: Vec<FieldChange> = changes.chain(reading.beyond.iter().cloned()).map(reversed).collect();
    // What finding it has not shown is seen only where it is read.
    let deep = is_vouched(cx, node, &found);
    if fields.is_empty() {
        let incomplete = incomplete::why(cx, node, &found, &reading);
        return Ok(incomplete.and_then(|why| deviation(Drift::Incomplete(why), deep)));
    }
    let security_relevant = fields.iter().any(is_security_relevant);
    Ok(deviation(Drift::Fields { fields, security_relevant }, deep))
}
