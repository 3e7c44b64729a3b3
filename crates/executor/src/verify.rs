//! Proves that live equals plan: every resource read field by field, and every tenant's rights
//! tried out over its own connection.

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::{FieldChange, differences};
use saas_model::{Address, Kind, Node};
use serde::Serialize;

use crate::compare::{is_committed, is_security_relevant, tag_changes};
use crate::context::Cx;
use crate::error::Result;
use crate::manage;
use crate::postgres::{Probe, probe};

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// How many resources were read and compared.
    pub compared: usize,
    /// What is not as the plan says, in the order of the addresses.
    pub deviations: Vec<Deviation>,
    /// What was tried in PostgreSQL as each tenant, and how it ended.
    pub probes: Vec<Probe>,
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
    /// Its fields are right, and something about it is not: the record that it is complete is
    /// missing, or it has parts that the plan does not know, such as a rule in a security group.
    Incomplete,
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

/// Compares everything that was observed with the plan.
pub(crate) async fn verify(cx: &Cx<'_>) -> Result<Verification> {
    let checks = stream::iter(cx.plan.nodes()).map(|node| check(cx, node)).buffered(WIDTH);
    let found: Vec<Option<Deviation>> = checks.try_collect().await?;
    let mut deviations: Vec<Deviation> = found.into_iter().flatten().collect();

    let unplanned = cx.live.all().into_iter().filter(|found| cx.plan.node(&found.address).is_none());
    for found in unplanned.chain(cx.live.superseded()) {
        let what = Drift::Unplanned { id: found.identity.id };
        deviations.push(Deviation { address: found.address, kind: found.kind, what });
    }
    deviations.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Verification { compared: cx.plan.nodes().len(), deviations, probes: probe(cx).await? })
}

async fn check(cx: &Cx<'_>, node: &Node) -> Result<Option<Deviation>> {
    let deviation = |what| Some(Deviation { address: node.address.clone(), kind: node.kind(), what });
    let Some(found) = cx.live.get(&node.address) else { return Ok(deviation(Drift::Missing)) };
    let reading = manage::read(cx, &found).await?;
    let mut fields = differences(&node.resource, &reading.resource);
    fields.extend(tag_changes(cx, node, &reading).into_iter().map(|FieldChange { field, before, after }| {
        // A tag change is from live to plan; here the plan comes first.
        FieldChange { field, before: after, after: before }
    }));
    if fields.is_empty() {
        return Ok(if is_committed(cx, node, &found, &reading) { None } else { deviation(Drift::Incomplete) });
    }
    let security_relevant = fields.iter().any(is_security_relevant);
    Ok(deviation(Drift::Fields { fields, security_relevant }))
}
