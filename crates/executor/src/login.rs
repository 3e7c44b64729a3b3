//! Whether the plan's administrator can log in to the database that is live.
//!
//! RDS changes neither the administrator nor the first database of a cluster, so a plan with others
//! could only replace it, with the data of all tenants. That is not done on the way.

use saas_model::resource::{DbCluster, Kind, ResourceSpec};

use crate::context::Cx;
use crate::error::Error;
use crate::live::Found;

/// The clusters that are stopped: whoever dials one learns only that it cannot be reached.
pub(crate) fn stopped(cx: &Cx<'_>) -> Vec<Error> {
    let stopped = cx.live.of_kind(Kind::DbCluster).into_iter().filter(|found| !found.going);
    let told =
        |found: Found| Some(Error::Stopped { address: found.address, id: found.identity.id, status: found.stopped? });
    stopped.filter_map(told).collect()
}

/// What the plan has and the live cluster cannot have; nothing where there is no such cluster.
pub(crate) fn fixed_fields(cx: &Cx<'_>) -> Vec<Error> {
    let mut errors = Vec::new();
    for found in cx.live.of_kind(Kind::DbCluster) {
        let wanted = cx.plan.node(&found.address).and_then(|node| DbCluster::of(&node.resource));
        let live = found.seen.as_ref().and_then(DbCluster::of).filter(|_| !found.going);
        let (Some(wanted), Some(live)) = (wanted, live) else { continue };
        let fields = [
            ("admin", live.admin.to_string(), wanted.admin.to_string()),
            ("database", live.database.to_string(), wanted.database.to_string()),
        ];
        let differ = fields.into_iter().filter(|(_, live, planned)| live != planned);
        errors.extend(differ.map(|(field, live, planned)| Error::Fixed {
            address: found.address.clone(),
            field,
            live,
            planned,
        }));
    }
    errors
}
