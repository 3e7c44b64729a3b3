//! Tests by attempts what tenants can do. Each tenant has a connection with its own password, as its
//! application does. No attempt leaves a change behind.
//!
//! Every tenant is tested against every other, in two ways. One query asks PostgreSQL for the tenant's
//! rights on the schemas and roles of all others. Then one request really attempts to select from and to
//! create in each of their schemas, and to become each of their roles. After a change of some tenants,
//! these are tested against all others, and all others against them.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};

use super::audit::audit;
use super::catalog::TenantNames;
use super::database::Database;
use super::outcome::{Probe, Probes};
use super::probed_tenant::{is_touched, tenants};
use super::tenant_probes::TenantProbes;
use crate::context::Context;
use crate::error::Result;

/// How many tenants are probed concurrently; each needs one connection.
const AT_A_TIME: usize = 4;

/// Probes the plan's tenants and compares the catalog with the plan: these ids against all others and all
/// others against them, or all tenants. Without a live database there are no probes.
///
/// # Errors
/// When the administrator cannot read the catalog. A tenant that cannot log in is a broken probe, not an
/// error.
pub(crate) async fn probe(cx: &Context<'_>, touched: Option<&BTreeSet<String>>) -> Result<Vec<Probe>> {
    let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
    let tenants = tenants(cx);
    let audited = tenants.iter().filter(|tenant| is_touched(touched, tenant));
    let by_id: BTreeMap<String, TenantNames<'_>> = audited.map(|tenant| (tenant.id.clone(), tenant.names)).collect();
    let mut all = cx.postgres.administer(cx, async |transaction| audit(transaction, &by_id).await).await?;
    if by_id.is_empty() {
        return Ok(all);
    }
    // An unreadable secret fails the batch read of all secrets, but not the reads one by one: then the
    // probe of each tenant reports its own error.
    let migrators = tenants.iter().filter(|tenant| is_touched(touched, tenant)).filter_map(|tenant| tenant.migrator);
    let passwords = tenants.iter().map(|tenant| tenant.password).chain(migrators.map(|migrator| &migrator.password));
    let _ = cx.learn_passwords(passwords).await;
    let runs = (0..tenants.len()).map(|index| TenantProbes::new(cx, &database, &tenants, index, touched));
    let found: Vec<Probes> = stream::iter(runs).map(TenantProbes::run).buffer_unordered(AT_A_TIME).collect().await;
    all.extend(found.into_iter().flat_map(Probes::finish));
    all.sort();
    Ok(all)
}
