//! Names of planned tenants that other owners use in the database.

use saas_model::Node;
use saas_model::resource::{ResourceSpec, TenantSchema};
use tokio_postgres::Transaction;

use super::footprint::{Footprint, Survey};
use super::record::{Part, Parts};
use crate::context::Context;
use crate::error::Result;
use crate::preflight::{Owner, TakenName};

/// The schemas and roles with names of these tenants that have another owner. The tenants are not live.
pub(crate) async fn taken_names(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    nodes: &[&Node],
) -> Result<Vec<TakenName>> {
    let survey = Survey::read(cx, transaction, None).await?;
    let footprints = survey.footprints(cx, None);
    let mut taken = Vec::new();
    for (node, tenant) in nodes.iter().filter_map(|node| Some((node, TenantSchema::of(&node.resource)?))) {
        let there = footprints.get(&node.address).map(Footprint::parts).unwrap_or_default();
        let names = Parts::planned(tenant).zip(there).map(|part, (name, there)| {
            let name = name?;
            let (platform, holder) = survey.holder(part, name).filter(|_| there != Some(name))?;
            let owner = match (platform, holder) {
                (Some(platform), _) => Owner::Platform(platform.to_owned()),
                (None, Some(role)) => Owner::DatabaseRole(role.to_owned()),
                (None, None) => Owner::Unrecorded,
            };
            let part = if part == Part::Schema { "schema" } else { "role" };
            Some(TakenName::new(node, name.as_str(), owner).part(part))
        });
        taken.extend(names.into_iter().flatten());
    }
    Ok(taken)
}
