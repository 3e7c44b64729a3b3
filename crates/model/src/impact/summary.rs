//! The impact of a whole change in a few lines: equal impacts are grouped, the worst first.

use std::collections::{BTreeMap, BTreeSet};

use super::{FieldImpact, Impact};
use crate::address::Address;
use crate::resource::Kind;

/// The number of places that are listed; further places are counted.
const NAMED: usize = 6;

/// The combined impact of changed fields, one line each, the worst first. Empty when tenants notice
/// nothing.
#[must_use]
pub fn summary(impacts: &[FieldImpact]) -> Vec<String> {
    let mut groups: BTreeMap<(Impact, Option<Kind>), Vec<&FieldImpact>> = BTreeMap::new();
    for field in impacts.iter().filter(|field| field.impact.is_any()) {
        let key = match field.impact {
            Impact::Replaces { .. } => (field.impact, field.kind),
            // One restart applies all changes that need a restart.
            Impact::RestartsDatabase { .. } => (Impact::RestartsDatabase { minutes: 0 }, None),
            impact => (impact, None),
        };
        groups.entry(key).or_default().push(field);
    }
    groups.into_iter().rev().map(|((impact, kind), fields)| line(impact, kind, &fields)).collect()
}

fn line(impact: Impact, kind: Option<Kind>, fields: &[&FieldImpact]) -> String {
    match impact {
        Impact::None => Impact::None.to_string(),
        Impact::RunsMigration => match services(fields) {
            1 => format!("runs 1 migration before the services change: {}", places(fields)),
            migrations => format!("runs {migrations} migrations, each before the services of its tenant change"),
        },
        Impact::RollsService => match services(fields) {
            1 => format!("rolls 1 service, no interruption: {}", places(fields)),
            services => format!("rolls {services} services, no interruption"),
        },
        Impact::Replaces { interruption } => {
            let interruption = interruption.map_or_else(|| ", no interruption".to_owned(), |what| format!(": {what}"));
            format!("replaces {}{interruption}", counted(kind, fields))
        }
        Impact::Interrupts { what } | Impact::Loses { what } => {
            let verb = if matches!(impact, Impact::Loses { .. }) { "loses " } else { "" };
            format!("{verb}{what}: {}", places(fields))
        }
        Impact::RestartsDatabase { .. } => {
            let minutes = fields.iter().filter_map(|field| match field.impact {
                Impact::RestartsDatabase { minutes } => Some(minutes),
                _ => None,
            });
            let longest = Impact::RestartsDatabase { minutes: minutes.max().unwrap_or_default() };
            format!("{longest} ({})", places(fields))
        }
        Impact::CannotChangeLive { instead } => {
            format!("cannot be changed on a live platform: {}; instead: {instead}", places(fields))
        }
    }
}

/// The number of services or jobs. The nodes of each are at its address or beneath.
fn services(fields: &[&FieldImpact]) -> usize {
    /// The segments of `tenant/<id>/service/<name>`.
    const SEGMENTS: usize = 4;
    let addresses = fields.iter().filter_map(|field| field.address.as_ref());
    let service = |address: &'_ Address| address.as_str().split('/').take(SEGMENTS).collect::<Vec<_>>().join("/");
    addresses.map(service).collect::<BTreeSet<_>>().len()
}

/// `the target group`, or `12 target groups`.
fn counted(kind: Option<Kind>, fields: &[&FieldImpact]) -> String {
    let nodes: BTreeSet<Option<&Address>> = fields.iter().map(|field| field.address.as_ref()).collect();
    let word = kind.map_or_else(|| "node".to_owned(), |kind| kind.to_string().replace('-', " "));
    match nodes.len() {
        1 => format!("the {word}"),
        nodes => format!("{nodes} {word}s"),
    }
}

/// The fields with their nodes; the same field of several tenants is listed once.
fn places(fields: &[&FieldImpact]) -> String {
    let mut places: BTreeMap<(String, &str), BTreeSet<&str>> = BTreeMap::new();
    for FieldImpact { address, field, .. } in fields {
        let (place, tenant) = match address.as_ref().map(|address| (address, address.within_tenant())) {
            None => ("the platform".to_owned(), None),
            Some((_, Some((tenant, rest)))) => (format!("tenant/*/{rest}"), Some(tenant)),
            Some((address, None)) => (address.to_string(), None),
        };
        places.entry((place, field)).or_default().extend(tenant);
    }
    let total = places.len();
    let place = |((place, field), tenants): ((String, &str), BTreeSet<&str>)| {
        let mut tenants = tenants.into_iter();
        let name = match (tenants.next(), tenants.len()) {
            (None, _) => place,
            (Some(tenant), 0) => place.replacen('*', tenant, 1),
            (Some(_), more) => format!("{place} of {} tenants", more + 1),
        };
        if field.is_empty() { format!("{name} (removed)") } else { format!("{name} ({field})") }
    };
    let mut named: Vec<String> = places.into_iter().take(NAMED).map(place).collect();
    if total > NAMED {
        named.push(format!("{} more", total - NAMED));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::{REPLACED, RESTART, ROLLS, fixed, replaced_after};
    use super::*;

    fn field(address: &str, kind: Kind, field: &str, impact: Impact) -> FieldImpact {
        FieldImpact { address: Some(Address::literal(address)), kind: Some(kind), field: field.into(), impact }
    }

    #[test]
    fn equal_impacts_are_grouped_and_the_worst_comes_first() {
        let mut fields = vec![
            field("database/writer", Kind::DbInstance, "class", RESTART),
            field("database/cluster", Kind::DbCluster, "engine_version", Impact::RestartsDatabase { minutes: 30 }),
            field("network/vpc", Kind::Vpc, "cidr", fixed("make another")),
            field("tenant/a/target-group", Kind::TargetGroup, "port", REPLACED),
            field("tenant/a/rule/in", Kind::SecurityGroupRule, "port", replaced_after("no way in")),
        ];
        for tenant in 0..12 {
            let address = |rest: &str| format!("tenant/t{tenant}/{rest}");
            let definition = address("service/web/task-definition");
            fields.push(field(&definition, Kind::TaskDefinition, "containers.web.image", ROLLS));
            fields.push(field(&address("service/web"), Kind::Service, "task_definition", ROLLS));
        }
        assert_eq!(
            summary(&fields),
            [
                "cannot be changed on a live platform: network/vpc (cidr); instead: make another",
                "restarts the database: about 30 minutes of downtime for all tenants (database/cluster \
                 (engine_version), database/writer (class))",
                "replaces the security group rule: no way in",
                "replaces the target group, no interruption",
                "rolls 12 services, no interruption",
            ]
        );
    }

    #[test]
    fn no_impact_gives_no_lines() {
        assert!(summary(&[field("a", Kind::Vpc, "dns_support", Impact::None)]).is_empty());
    }

    #[test]
    fn same_field_of_several_tenants_is_one_place() {
        let fixed = |tenant: &str| field(&format!("tenant/{tenant}/password"), Kind::Secret, "name", fixed("keep it"));
        assert_eq!(
            summary(&[fixed("a"), fixed("b")]),
            ["cannot be changed on a live platform: tenant/*/password of 2 tenants (name); instead: keep it"]
        );
        assert_eq!(
            summary(&[fixed("a")]),
            ["cannot be changed on a live platform: tenant/a/password (name); instead: keep it"]
        );
    }
}
