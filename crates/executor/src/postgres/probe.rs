//! What tenants can do, found out by trying: each over a connection of its own with its own
//! password, as its application would be. Nothing that is tried is kept.
//!
//! Every tenant is tried on every other, in two ways. PostgreSQL is asked for all rights on all
//! schemas and roles of all others, in one query; then it is really attempted to select from and to
//! create in the schema of each of them, and to become each of its roles, in one request. After a
//! change of some tenants these are tried on all others, and all others on them.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};
use saas_model::Ref;
use saas_model::resource::{ResourceSpec, Secret, TenantSchema};

use super::audit::audit;
use super::catalog::TenantNames;
use super::database::Database;
use super::outcome::{Probe, Probes};
use super::visit::Visit;
use crate::context::Context;
use crate::error::Result;

/// How many tenants are probed at a time; each needs one connection.
const AT_A_TIME: usize = 4;

/// A tenant as probes see it.
pub(super) struct Tenant<'a> {
    pub(super) id: String,
    pub(super) names: TenantNames<'a>,
    pub(super) password: &'a Ref<Secret>,
    pub(super) connection_limit: u32,
}

fn tenants<'a>(cx: &Context<'a>) -> Vec<Tenant<'a>> {
    let tenant = |node: &'a saas_model::Node| {
        let schema = TenantSchema::of(&node.resource)?;
        Some(Tenant {
            id: node.address.tenant().unwrap_or(schema.schema.as_str()).to_owned(),
            names: TenantNames::of(schema),
            password: &schema.password,
            connection_limit: schema.connection_limit,
        })
    };
    cx.plan.nodes().iter().filter_map(tenant).collect()
}

/// Whether everything about a tenant is of interest: that of those that were touched, or of all.
pub(super) fn is_touched(touched: Option<&BTreeSet<String>>, tenant: &Tenant<'_>) -> bool {
    touched.is_none_or(|ids| ids.contains(&tenant.id))
}

/// Probes tenants of the plan, and compares the catalog with the plan: those with these ids on all
/// others and all others on them, or all. Where no database is live there is nothing to probe.
///
/// # Errors
/// When the administrator cannot look. That a tenant cannot log in is a probe that is broken.
pub(crate) async fn probe(cx: &Context<'_>, touched: Option<&BTreeSet<String>>) -> Result<Vec<Probe>> {
    let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
    let tenants = tenants(cx);
    let audited = tenants.iter().filter(|tenant| is_touched(touched, tenant));
    let by_id: BTreeMap<String, TenantNames<'_>> = audited.map(|tenant| (tenant.id.clone(), tenant.names)).collect();
    let mut all = cx.postgres.administer(cx, async |transaction| audit(transaction, &by_id).await).await?;
    if by_id.is_empty() {
        return Ok(all);
    }
    // A secret that cannot be read stops them all from being read together, and not one by one:
    // then each tenant's own probe tells of it.
    let _ = cx.learn_passwords(tenants.iter().map(|tenant| tenant.password)).await;
    let visits = (0..tenants.len()).map(|index| Visit::new(cx, &database, &tenants, index, touched));
    let found: Vec<Probes> = stream::iter(visits).map(Visit::run).buffer_unordered(AT_A_TIME).collect().await;
    all.extend(found.into_iter().flat_map(Probes::finish));
    all.sort();
    Ok(all)
}
