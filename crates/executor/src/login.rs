//! Whether the live database accepts connections at all.

use saas_model::resource::Kind;

use crate::context::Context;
use crate::error::Error;
use crate::state::observed::ObservedResource;

/// The stopped clusters. A connection attempt would report only that the cluster is unreachable.
pub(crate) fn stopped(cx: &Context<'_>) -> Vec<Error> {
    let stopped = cx.live.of_kind(Kind::DbCluster).into_iter().filter(|found| !found.deleting);
    let told = |found: ObservedResource| {
        Some(Error::Stopped { address: found.address, id: found.identity.id, status: found.stopped? })
    };
    stopped.filter_map(told).collect()
}
