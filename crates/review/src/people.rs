//! What a change does to the people who use the platform: data lost, interruptions, rollouts, and what cannot be
//! undone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use saas_model::fields::FieldChange;
use saas_model::impact::{FieldImpact, Impact};
use saas_model::{Address, Kind, Plan};
use saas_planner::PlanDiff;
use saas_planner::diff::{NodeChange, NodeDiff};
use serde::Serialize;

use crate::rehearsed::Rehearsed;
use crate::words::{count, names};

/// What a change does to people. Each list is empty if there is nothing of its sort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct People {
    /// What no live platform can do, with what to do instead. With any of these, nothing is applied.
    pub impossible: Vec<Impossible>,
    /// The data that is lost, alike tenants together.
    pub data_lost: Vec<DataLoss>,
    /// The resources whose data is lost.
    pub data_lost_at: Vec<Address>,
    /// Data of resources that stay which is lost because it is kept for a shorter time.
    pub shortened: Vec<Affected>,
    /// What does not work meanwhile, the worst first.
    pub interruptions: Vec<Affected>,
    /// Services whose tasks are replaced without an interruption.
    pub rollouts: Option<Rollouts>,
    /// Tenants whose migration runs.
    pub migrations: Option<Rollouts>,
    /// What cannot be undone, beside lost data.
    pub irreversible: Vec<String>,
}

/// A change that no live platform can make.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Impossible {
    /// The fields, with `{tenant}` in the place of tenants.
    pub fields: Vec<String>,
    /// What to do instead.
    pub instead: &'static str,
}

/// The loss of data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DataLoss {
    /// The tenants; empty for data of the platform.
    pub tenants: Vec<String>,
    /// What is deleted with its content, such as `bucket`.
    pub what: Vec<String>,
}

/// Something that happens to some tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// What.
    pub what: String,
    /// To whom.
    pub who: Who,
    /// How long, in minutes, where that is known.
    pub minutes: Option<u32>,
}

/// Whom something concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// All tenants that the platform has before the change.
    All(usize),
    /// These tenants.
    Tenants(Vec<String>),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(1) => f.write_str("the only tenant"),
            Self::All(number) => write!(f, "all {number} tenants"),
            Self::Tenants(tenants) => write!(f, "{} ({})", count(tenants.len(), "tenant"), names(tenants)),
        }
    }
}

/// Services or migrations of tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rollouts {
    /// The number of services, or of migrations.
    pub count: usize,
    /// The number of tenants.
    pub tenants: usize,
}

impl People {
    /// The effect of a change. What a rehearsal found of lost data takes precedence over the plans.
    #[must_use]
    pub fn of(before: &Plan, diff: &PlanDiff, rehearsed: Option<&Rehearsed>) -> Self {
        let everybody = before.tenant_ids().count();
        let lost = match rehearsed {
            Some(rehearsed) => rehearsed.data_lost.clone(),
            None => lost(diff),
        };
        let kinds: BTreeMap<&Address, Kind> = before.nodes().iter().map(|node| (&node.address, node.kind())).collect();
        let mut people = Self {
            data_lost: losses(&lost, &kinds),
            data_lost_at: lost,
            irreversible: upgrades(diff),
            ..Self::default()
        };
        let mut impossible: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut affected: BTreeMap<&'static str, BTreeSet<Option<&str>>> = BTreeMap::new();
        let mut shortened: BTreeMap<&'static str, BTreeSet<Option<&str>>> = BTreeMap::new();
        let (mut services, mut migrations, mut restart) = (BTreeSet::new(), BTreeSet::new(), None);
        for FieldImpact { address, field, impact, kind: _ } in &diff.impact {
            let tenant = address.as_ref().and_then(Address::tenant);
            match impact {
                Impact::None | Impact::Replaces { interruption: None } => {}
                Impact::CannotChangeLive { instead } => {
                    let place =
                        address.as_ref().map_or_else(|| "the platform".to_owned(), crate::changes::folded_address);
                    let field = if field.is_empty() { place } else { format!("{place}: {field}") };
                    impossible.entry(instead).or_default().insert(field);
                }
                Impact::RestartsDatabase { minutes } => restart = restart.max(Some(*minutes)),
                Impact::Replaces { interruption: Some(what) } | Impact::Interrupts { what } => {
                    affected.entry(what).or_default().insert(tenant);
                }
                Impact::Loses { what } => {
                    shortened.entry(what).or_default().insert(tenant);
                }
                Impact::RollsService => services.extend(address.as_ref().and_then(program)),
                Impact::RunsMigration => migrations.extend(address.as_ref().and_then(program)),
            }
        }
        let fields =
            |(instead, fields): (_, BTreeSet<String>)| Impossible { fields: fields.into_iter().collect(), instead };
        people.impossible = impossible.into_iter().map(fields).collect();
        let restart = restart.map(|minutes| Affected {
            what: "the database restarts: connections break, and statements fail until it is back".to_owned(),
            who: Who::All(everybody),
            minutes: Some(minutes),
        });
        let affect = |(what, tenants): (&'static str, BTreeSet<Option<&str>>)| Affected {
            what: what.to_owned(),
            who: who(&tenants, everybody),
            minutes: None,
        };
        people.interruptions = restart.into_iter().chain(affected.into_iter().map(affect)).collect();
        people.shortened = shortened.into_iter().map(affect).collect();
        people.rollouts = rollouts(&services);
        people.migrations = rollouts(&migrations);
        people
    }

    /// Whether people notice nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self {
            impossible,
            data_lost,
            data_lost_at: _,
            shortened,
            interruptions,
            rollouts,
            migrations,
            irreversible,
        } = self;
        impossible.is_empty()
            && data_lost.is_empty()
            && shortened.is_empty()
            && interruptions.is_empty()
            && rollouts.is_none()
            && migrations.is_none()
            && irreversible.is_empty()
    }
}

/// The deleted or replaced nodes whose kind holds data.
fn lost(diff: &PlanDiff) -> Vec<Address> {
    let is_lost = |change: &NodeChange| match change {
        NodeChange::Added(_) => false,
        NodeChange::Removed(kind) => kind.holds_data(),
        NodeChange::Replaced { before, after: _ } => before.holds_data(),
        NodeChange::Changed(NodeDiff { kind, fields, .. }) => {
            kind.holds_data() && fields.iter().any(|field: &FieldChange| !kind.updates_in_place(field.top()))
        }
    };
    diff.nodes.iter().filter(|(_, change)| is_lost(change)).map(|(address, _)| address.clone()).collect()
}

/// The losses; those of tenants that lose the same together.
fn losses(lost: &[Address], kinds: &BTreeMap<&Address, Kind>) -> Vec<DataLoss> {
    let mut by_tenant: BTreeMap<Option<&str>, BTreeSet<String>> = BTreeMap::new();
    for address in lost {
        let what = match kinds.get(address) {
            Some(Kind::TenantSchema) => "schema".to_owned(),
            Some(Kind::DbCluster) => "database".to_owned(),
            Some(Kind::LogGroup) => "logs".to_owned(),
            Some(kind) => kind.to_string(),
            None => address.to_string(),
        };
        by_tenant.entry(address.tenant()).or_default().insert(what);
    }
    let mut alike: BTreeMap<Vec<String>, Vec<Option<&str>>> = BTreeMap::new();
    for (tenant, what) in by_tenant {
        alike.entry(what.into_iter().collect()).or_default().push(tenant);
    }
    let loss = |(what, tenants): (Vec<String>, Vec<Option<&str>>)| DataLoss {
        tenants: tenants.into_iter().flatten().map(str::to_owned).collect(),
        what,
    };
    alike.into_iter().map(loss).collect()
}

/// Versions of PostgreSQL that Aurora cannot leave again.
fn upgrades(diff: &PlanDiff) -> Vec<String> {
    let changed = diff.nodes.values().filter_map(|change| match change {
        NodeChange::Changed(NodeDiff { kind: Kind::DbCluster, fields, .. }) => Some(fields),
        _ => None,
    });
    let versions = changed.flatten().filter(|change| change.field == "engine_version");
    versions
        .map(|FieldChange { before, after, .. }| {
            let version = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            format!("PostgreSQL {} becomes {}: Aurora cannot go back", version(before), version(after))
        })
        .collect()
}

fn who(tenants: &BTreeSet<Option<&str>>, everybody: usize) -> Who {
    let named: Vec<String> = tenants.iter().flatten().map(|tenant| (*tenant).to_owned()).collect();
    if tenants.contains(&None) || named.len() == everybody { Who::All(everybody) } else { Who::Tenants(named) }
}

/// The service or the job that a node belongs to: `tenant/<id>/service/<name>`.
fn program(address: &Address) -> Option<(&str, &str)> {
    let (tenant, rest) = address.within_tenant()?;
    let end = rest.match_indices('/').nth(1).map_or(rest.len(), |(end, _)| end);
    Some((tenant, &rest[..end]))
}

fn rollouts(programs: &BTreeSet<(&str, &str)>) -> Option<Rollouts> {
    let tenants: BTreeSet<&str> = programs.iter().map(|(tenant, _)| *tenant).collect();
    (!programs.is_empty()).then_some(Rollouts { count: programs.len(), tenants: tenants.len() })
}
