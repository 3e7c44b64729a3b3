//! Computes from the catalog which tenants can reach which others, and how.
//!
//! One query lists every unplanned way as the edge of a graph (`reach.sql`): memberships, rights, ownership, code that
//! runs with the rights of its owner, dependencies, large objects, foreign servers. A search from each tenant follows
//! them. The query is linear in the number of grants and objects, and so is the search while few ways exist. It is
//! conservative: a membership counts whether it inherits rights or not, and code is assumed to do everything that
//! its owner may do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use itertools::Itertools as _;
use tokio_postgres::Transaction;

use super::PostgresError;
use super::catalog::{Columns, TenantNames};
use super::outcome::Attempt;
use crate::error::Result;

/// The nodes for `PUBLIC` and for the data of every tenant.
const PUBLIC: &str = "public";
const ALL: &str = "all";
/// How many similar ways, or tenants that one way leads to, a finding names.
const NAMED: usize = 3;
/// How many tenants may be reached through the same object until their findings are combined.
const SEPARATE: usize = 8;

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    origin: String,
    target: String,
    kind: Kind,
    /// The fact, for people.
    what: String,
    /// The statement that removes it, if one does.
    mend: Option<String>,
}

/// The kinds of ways that decide which check a finding belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Member,
    /// A right on a schema or on an object in it, or its ownership.
    Right,
    Other,
}

/// Who can reach whose data: tenants by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Party {
    /// A tenant.
    Tenant(usize),
    /// Every tenant.
    Every,
}

impl Party {
    fn node(self, of_every: &str) -> String {
        match self {
            Self::Tenant(position) => format!("t:{}", position + 1),
            Self::Every => of_every.to_owned(),
        }
    }

    /// The tenant or tenants of a node that a search may end at.
    fn reached(node: &str) -> Option<Self> {
        match node.strip_prefix("t:") {
            Some(position) => position.parse::<usize>().ok()?.checked_sub(1).map(Self::Tenant),
            None => (node == ALL).then_some(Self::Every),
        }
    }

    /// The position, unless it is every tenant.
    pub(super) const fn tenant(self) -> Option<usize> {
        match self {
            Self::Tenant(position) => Some(position),
            Self::Every => None,
        }
    }
}

/// A tenant, or all of them, can reach another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) from: Party,
    /// The tenants that it reaches through the same object: more than one only when there are many.
    pub(super) to: Vec<Party>,
    pub(super) attempt: Attempt,
    /// The way, and how to close it.
    pub(super) what: String,
}

/// The ways between tenants, as the catalog shows them.
#[derive(Debug, Default)]
pub(super) struct Reach {
    edges: Vec<Edge>,
    by_origin: BTreeMap<String, Vec<usize>>,
}

impl Reach {
    /// Reads all ways between these tenants.
    pub(super) async fn read<'a>(
        transaction: &Transaction<'_>,
        tenants: impl IntoIterator<Item = TenantNames<'a>>,
    ) -> Result<Self> {
        let rows = transaction
            .query_typed(include_str!("reach.sql"), &Columns::of(tenants).roles())
            .await
            .map_err(PostgresError::while_doing("read what tenants can reach"))?;
        let edge = |row: &tokio_postgres::Row| Edge {
            origin: row.get(0),
            target: row.get(1),
            kind: match row.get(2) {
                "member" => Kind::Member,
                "right" | "own" => Kind::Right,
                _ => Kind::Other,
            },
            what: row.get(3),
            mend: row.get(4),
        };
        Ok(Self::of(rows.iter().map(edge).collect()))
    }

    fn of(mut edges: Vec<Edge>) -> Self {
        edges.sort_by(|a, b| (&a.origin, &a.target, &a.what).cmp(&(&b.origin, &b.target, &b.what)));
        edges.dedup();
        let mut by_origin: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, edge) in edges.iter().enumerate() {
            by_origin.entry(edge.origin.clone()).or_default().push(index);
        }
        Self { edges, by_origin }
    }

    /// All findings about `count` tenants in which one that counts takes part, or every tenant.
    pub(super) fn findings(&self, count: usize, counts: impl Fn(usize) -> bool) -> Vec<Finding> {
        let tenants = (0..count).map(Party::Tenant);
        let is_relevant = |from: Party, to: Party| {
            let is_itself = from == to && to != Party::Every;
            let mut tenants = [from, to].into_iter().filter_map(Party::tenant);
            !is_itself && (from == Party::Every || to == Party::Every || tenants.any(&counts))
        };
        std::iter::once(Party::Every).chain(tenants).flat_map(|from| self.from(from, &is_relevant)).collect()
    }

    /// What one tenant reaches, or `PUBLIC` alone.
    fn from(&self, from: Party, is_relevant: &impl Fn(Party, Party) -> bool) -> Vec<Finding> {
        let start = from.node(PUBLIC);
        // The edge that each node was first reached by.
        let mut came_by: BTreeMap<&str, Option<usize>> = BTreeMap::from([(start.as_str(), None)]);
        let mut pending = VecDeque::from([start.as_str()]);
        let mut last_edges = Vec::new();
        while let Some(node) = pending.pop_front() {
            for &index in self.by_origin.get(node).into_iter().flatten() {
                let target = self.edges[index].target.as_str();
                if Party::reached(target).is_some_and(|to| is_relevant(from, to)) {
                    last_edges.push(index);
                }
                if !came_by.contains_key(target) {
                    came_by.insert(target, Some(index));
                    pending.push_back(target);
                }
            }
        }
        let ways = last_edges.into_iter().map(|last| {
            let mut way = vec![&self.edges[last]];
            while let Some(Some(index)) = came_by.get(way[way.len() - 1].origin.as_str()) {
                way.push(&self.edges[*index]);
            }
            way.reverse();
            way
        });
        combined(from, ways.collect())
    }
}

/// The findings for ways with the same start: one for each tenant that they lead to and each check, but one for all
/// tenants that many ways through the same object lead to.
fn combined(from: Party, ways: Vec<Vec<&Edge>>) -> Vec<Finding> {
    let target = |way: &[&Edge]| way.last().and_then(|edge| Party::reached(&edge.target)).unwrap_or(Party::Every);
    let mut through: BTreeMap<(Vec<&str>, Attempt), BTreeSet<Party>> = BTreeMap::new();
    for way in &ways {
        through.entry((before_last(way), attempt(way))).or_default().insert(target(way));
    }
    let mut findings: BTreeMap<(Vec<Party>, Attempt), Vec<Vec<&Edge>>> = BTreeMap::new();
    for way in ways {
        let (attempt, prefix) = (attempt(&way), before_last(&way));
        let together = through.get(&(prefix, attempt)).filter(|targets| targets.len() > SEPARATE);
        let to = together.map_or_else(|| vec![target(&way)], |targets| targets.iter().copied().collect());
        findings.entry((to, attempt)).or_default().push(way);
    }
    let finding = |((to, attempt), ways): ((Vec<Party>, Attempt), Vec<Vec<&Edge>>)| {
        let shown = ways.iter().take(NAMED).map(|way| text(way)).join("; also ");
        let more = ways.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more ways") } else { String::new() };
        Finding { from, to, attempt, what: format!("{shown}{more}") }
    };
    findings.into_iter().map(finding).collect()
}

/// The way without its last step.
fn before_last<'a>(way: &[&'a Edge]) -> Vec<&'a str> {
    way.split_last().map_or_else(Vec::new, |(_, before)| before.iter().map(|edge| edge.what.as_str()).collect())
}

/// The check that a way fails.
fn attempt(way: &[&Edge]) -> Attempt {
    let (last, before) = match way.split_last() {
        Some((last, before)) => (last.kind, before),
        None => return Attempt::Reach,
    };
    let through_members = before.iter().all(|edge| edge.kind == Kind::Member);
    match last {
        Kind::Member if through_members => Attempt::HaveRole,
        Kind::Right if through_members => Attempt::HaveSchema,
        Kind::Member | Kind::Right | Kind::Other => Attempt::Reach,
    }
}

/// The steps of a way, and the statement that closes it.
fn text(way: &[&Edge]) -> String {
    let steps = way.iter().map(|edge| edge.what.as_str()).join(", ");
    match way.iter().find_map(|edge| edge.mend.as_deref()) {
        Some(mend) => format!("{steps}; run `{mend}` as the owner or as a superuser"),
        None => steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(origin: &str, target: &str, kind: Kind) -> Edge {
        Edge {
            origin: origin.into(),
            target: target.into(),
            kind,
            what: format!("{origin} to {target}"),
            mend: Some(format!("REVOKE {target} FROM {origin}")),
        }
    }

    /// The findings as texts: who, whom, and the check.
    fn found(edges: Vec<Edge>, count: usize, counts: impl Fn(usize) -> bool) -> Vec<String> {
        let findings = Reach::of(edges).findings(count, counts).into_iter();
        let text = |Finding { from, to, attempt, what: _ }| format!("{from:?} {to:?} {attempt:?}");
        findings.map(text).collect()
    }

    #[test]
    fn ways_of_roles_that_no_tenant_reaches_are_no_findings() {
        let edges = vec![
            edge("r:10", ALL, Kind::Other),
            edge("r:16384", "t:1", Kind::Member),
            edge("o:1259:1", "t:2", Kind::Other),
            edge("t:1", "r:9", Kind::Member),
        ];
        assert_eq!(found(edges, 2, |_| true), [""; 0]);
    }

    #[test]
    fn the_kinds_of_steps_decide_the_check() {
        let edges = vec![
            edge("t:1", "r:1", Kind::Member),
            edge("r:1", "t:2", Kind::Member),
            edge("r:1", "t:3", Kind::Right),
            edge("t:3", "o:1", Kind::Other),
            edge("o:1", "t:4", Kind::Right),
            edge("t:4", "t:1", Kind::Right),
        ];
        let expected = [
            "Tenant(0) [Tenant(1)] HaveRole",
            "Tenant(0) [Tenant(2)] HaveSchema",
            "Tenant(0) [Tenant(3)] Reach",
            "Tenant(2) [Tenant(0)] Reach",
        ];
        let all = found(edges.clone(), 4, |_| true);
        assert!(expected.iter().all(|expected| all.iter().any(|found| found == expected)), "{all:#?}");
        // Cycles end, and a tenant that does not count is a step at most.
        let of_second = found(edges, 4, |tenant| tenant == 1);
        let expected = ["Tenant(0) [Tenant(1)] HaveRole", "Tenant(2) [Tenant(1)] Reach", "Tenant(3) [Tenant(1)] Reach"];
        assert_eq!(of_second, expected);
    }

    #[test]
    fn what_public_and_all_stand_for_concerns_every_tenant() {
        let edges = vec![edge(PUBLIC, "t:2", Kind::Right), edge("t:3", ALL, Kind::Other)];
        let of_first = found(edges, 3, |tenant| tenant == 0);
        assert_eq!(of_first, ["Every [Tenant(1)] HaveSchema", "Tenant(2) [Every] Reach"]);
        assert_eq!(found(vec![edge(PUBLIC, ALL, Kind::Other)], 3, |_| true), ["Every [Every] Reach"]);
    }

    #[test]
    fn findings_stay_linear_when_one_object_leads_to_all_tenants() {
        let through = |tenant: usize| {
            [edge(&format!("t:{tenant}"), "o:1", Kind::Other), edge("o:1", &format!("t:{tenant}"), Kind::Other)]
        };
        let edges: Vec<Edge> = (1..=100).flat_map(through).collect();
        let findings = Reach::of(edges).findings(100, |_| true);
        assert_eq!(findings.len(), 100);
        assert!(findings.iter().all(|finding| finding.to.len() == 99));
        let what = &findings[0].what;
        assert!(what.len() < 500 && what.ends_with("and 96 more ways"), "{what}");
    }

    #[test]
    fn first_statement_of_a_way_closes_it() {
        let first = Edge { mend: None, ..edge("t:1", "s:1", Kind::Other) };
        let edges = vec![first, edge("s:1", "o:1", Kind::Other), edge("o:1", "t:2", Kind::Other)];
        let findings = Reach::of(edges).findings(2, |_| true);
        let [Finding { what, .. }] = findings.as_slice() else { panic!("{findings:#?}") };
        let expected = "t:1 to s:1, s:1 to o:1, o:1 to t:2; run `REVOKE o:1 FROM s:1` as the owner or as a superuser";
        assert_eq!(what, expected);
    }
}
