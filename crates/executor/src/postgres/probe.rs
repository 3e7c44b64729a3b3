//! Tests what tenants can do, in two independent ways.
//!
//! The administrator reads from the catalog what every tenant can reach, and compares all pairs of tenants in one
//! query ([`super::reach`]). Then tenants log in with their own passwords, as their applications do, and really attempt
//! what must be refused: on their own, against their neighbours in a ring ([`super::ring`]), and wherever the catalog
//! shows a way. No attempt leaves a change behind. After a change of some tenants, the catalog is read for these
//! against all others and all others against them, and only they and their neighbours log in. So the time is linear in
//! the number of tenants that changed, and one query in the number of all.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};

use super::audit::audit;
use super::catalog::TenantNames;
use super::database::Database;
use super::outcome::{Attempt, Outcome, Probe, Probes};
use super::probed_tenant::{Tenant, is_touched, tenants};
use super::reach::{Finding, Party, Reach};
use super::ring::opponents;
use super::tenant_probes::TenantProbes;
use crate::context::Context;
use crate::error::Result;

/// How many tenants are probed concurrently; each needs one connection.
const AT_A_TIME: usize = 4;
/// The checks that the catalog answers for each pair of tenants.
const IN_CATALOG: [Attempt; 3] = [Attempt::HaveSchema, Attempt::HaveRole, Attempt::Reach];

/// Probes the plan's tenants and compares the catalog with the plan: these ids against all others and all
/// others against them, or all tenants. Without a live database there are no probes.
///
/// # Errors
/// When the administrator cannot read the catalog. A tenant that cannot log in is a broken probe, not an
/// error.
pub(crate) async fn probe(cx: &Context<'_>, touched: Option<&BTreeSet<String>>) -> Result<Vec<Probe>> {
    let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
    let tenants = tenants(cx);
    let is_touched = |index: usize| is_touched(touched, &tenants[index]);
    let audited = (0..tenants.len()).filter(|&index| is_touched(index)).map(|index| &tenants[index]);
    let by_id: BTreeMap<String, TenantNames<'_>> = audited.map(|tenant| (tenant.id.clone(), tenant.names)).collect();
    let read = async |transaction: &tokio_postgres::Transaction<'_>| {
        let audited = audit(transaction, &by_id).await?;
        // Without a touched tenant, no pair of tenants is in scope.
        let reach = if by_id.is_empty() {
            Reach::default()
        } else {
            Reach::read(transaction, tenants.iter().map(|tenant| tenant.names)).await?
        };
        Ok((audited, reach))
    };
    let (mut all, reach) = cx.postgres.administer(cx, read).await?;
    let findings = reach.findings(tenants.len(), is_touched);
    all.extend(in_catalog(&tenants, &findings, is_touched).finish());
    let opponents = opponents(tenants.len(), is_touched, &open_pairs(&findings));
    let active: Vec<usize> =
        (0..tenants.len()).filter(|&index| is_touched(index) || !opponents[index].is_empty()).collect();
    // An unreadable secret fails the batch read of all secrets, but not the reads one by one: then the
    // probe of each tenant reports its own error.
    let migrators = active.iter().filter(|&&index| is_touched(index)).filter_map(|&index| tenants[index].migrator);
    let passwords = active.iter().map(|&index| tenants[index].password);
    let _ = cx.learn_passwords(passwords.chain(migrators.map(|migrator| &migrator.password))).await;
    let runs = active.into_iter().map(|index| {
        let others = opponents[index].iter().map(|&other| &tenants[other]).collect();
        TenantProbes::new(cx, &database, &tenants[index], others, is_touched(index))
    });
    let found: Vec<Probes> = stream::iter(runs).map(TenantProbes::run).buffer_unordered(AT_A_TIME).collect().await;
    all.extend(found.into_iter().flat_map(Probes::finish));
    all.sort();
    Ok(all)
}

/// The pairs of tenants between which the catalog shows a way.
fn open_pairs(findings: &[Finding]) -> BTreeSet<(usize, usize)> {
    let pairs = |finding: &Finding| {
        let to = finding.to.iter().filter_map(|to| to.tenant());
        finding.from.tenant().map(|from| to.map(move |to| (from, to)).collect::<Vec<_>>())
    };
    findings.iter().filter_map(pairs).flatten().collect()
}

/// The findings as probes, and for each tenant the number of others that it cannot reach.
fn in_catalog(tenants: &[Tenant<'_>], findings: &[Finding], is_touched: impl Fn(usize) -> bool) -> Probes {
    let mut probes = Probes::default();
    let id = |party: Party| party.tenant().map(|index| tenants[index].id.as_str());
    for Finding { from, to, attempt, what } in findings {
        let (against, others) = match to.as_slice() {
            [to] => (id(*to), String::new()),
            many => (None, format!("{} tenants: ", many.len())),
        };
        probes.other(id(*from), *attempt, against, Outcome::Broken { what: format!("{others}{what}") });
    }
    let all_touched = (0..tenants.len()).filter(|&index| is_touched(index)).count();
    for attempt in IN_CATALOG {
        let mut reached_by: BTreeMap<Party, BTreeSet<Party>> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.attempt == attempt) {
            reached_by.entry(finding.from).or_default().extend(&finding.to);
        }
        for (index, tenant) in tenants.iter().enumerate() {
            let in_scope = if is_touched(index) { tenants.len() - 1 } else { all_touched };
            let own = Party::Tenant(index);
            let reached = [own, Party::Every].into_iter().filter_map(|from| reached_by.get(&from)).flatten();
            let is_in_scope = |to: &&Party| match to.tenant() {
                Some(other) => other != index && (is_touched(index) || is_touched(other)),
                None => true,
            };
            let reached: BTreeSet<&Party> = reached.filter(is_in_scope).collect();
            let reached = if reached.contains(&Party::Every) { in_scope } else { reached.len() };
            probes.held_against(Some(&tenant.id), attempt, in_scope.saturating_sub(reached) as u64);
        }
    }
    probes
}
