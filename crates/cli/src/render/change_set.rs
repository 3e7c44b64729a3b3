//! Change sets as text. Tenants with equal changes share an entry.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use saas_executor::ChangeSet;
use saas_executor::apply::change_set::{Action, Change, DataLoss};
use saas_executor::state::blocker::Blocker;
use saas_executor::state::exposure::Exposure;
use saas_executor::state::foreign::Foreign;

use super::outline::{Entry, Outline, Sign};
use super::style::{self, styled};
use super::{fields, incomplete, tenant_list};

/// The whole change set with its digest.
pub(crate) fn text(changes: &ChangeSet) -> String {
    let foreign = foreign(&changes.foreign) + &exposures(&changes.exposures);
    if changes.is_empty() {
        return format!("{foreign}nothing to do: {} nodes are live and match the plan\n", changes.kept);
    }
    let digest = styled(style::BOLD, changes.digest());
    format!("change set {digest}\n{}\n{}{foreign}{}", counts(changes), outline(changes).text(), blockers(changes))
}

/// Foreign resources with the platform's tags, which are left alone; one line each.
pub(crate) fn foreign(foreign: &[Foreign]) -> String {
    let line = |Foreign { address, kind, id, why }: &Foreign| {
        let sign = styled(style::YELLOW, '~');
        format!("  {sign} `{id}` has the tags of {address} ({kind}), but saas does not manage it: {why}\n")
    };
    foreign.iter().map(line).collect()
}

/// Ways into the platform that it does not have, with how to close them.
fn exposures(exposures: &[Exposure]) -> String {
    let lines = |Exposure { address, kind, id, what, remedy }: &Exposure| {
        let sign = styled(style::RED, '!');
        format!("  {sign} {address} ({kind}) is exposed by `{id}`: {what}\n      {remedy}\n")
    };
    exposures.iter().map(lines).collect()
}

/// The blockers, one line each.
fn blockers(changes: &ChangeSet) -> String {
    let line = |Blocker { address, kind, id, what, .. }: &Blocker| {
        format!("  {} {address} ({kind}): `{id}`: {what}\n", styled(style::RED, "blocked:"))
    };
    changes.blockers.iter().map(line).collect()
}

/// The number of nodes per action.
pub(crate) fn counts(changes: &ChangeSet) -> String {
    let summary = changes.summary();
    let counts = [
        (style::GREEN, summary.create, "to create"),
        (style::YELLOW, summary.update, "to update"),
        (style::MAGENTA, summary.replace, "to replace"),
        (style::RED, summary.delete, "to delete"),
        (style::PLAIN, summary.keep, "to keep"),
    ];
    let count = |(style, count, what)| match count {
        0 => format!("0 {what}"),
        count => styled(style, format_args!("{count} {what}")),
    };
    counts.map(count).join(", ")
}

/// Everything that a status reports, as sections.
pub(crate) fn report(changes: &ChangeSet) -> Outline {
    let entry = |sign, title, remedy: &str| Entry { sign, title, details: vec![remedy.to_owned()] };
    let exposed = |Exposure { address, kind, id, what, remedy }: &Exposure| {
        entry(Sign::Impact, format!("{address} ({kind}) is exposed by `{id}`: {what}"), remedy)
    };
    let blocked = |Blocker { address, kind, id, what, remedy }: &Blocker| {
        entry(Sign::Impact, format!("{address} ({kind}): `{id}`: {what}"), remedy)
    };
    let foreign = |Foreign { address, kind, id, why }: &Foreign| {
        entry(Sign::Changed, format!("`{id}` has the tags of {address} ({kind})"), &why.to_string())
    };
    let mut report = Outline::default();
    report.push("what exposes the platform", changes.exposures.iter().map(exposed).collect());
    report.push("what blocks an apply", changes.blockers.iter().map(blocked).collect());
    report.push("what saas does not manage", changes.foreign.iter().map(foreign).collect());
    report.sections.extend(outline(changes).sections);
    report
}

fn outline(changes: &ChangeSet) -> Outline {
    let mut outline = Outline::default();
    outline.push_impact(&changes.impact());
    let shared = |change: &&Change| change.address.tenant().is_none();
    outline.push("shared", changes.changes.iter().filter(shared).map(entry).collect());
    outline.push("tenants", tenants(changes));
    outline
}

/// The entries of tenants. Changes that differ only in the tenant's address share an entry.
fn tenants(changes: &ChangeSet) -> Vec<Entry> {
    let mut alike: BTreeMap<(&str, Entry), Vec<&str>> = BTreeMap::new();
    for change in &changes.changes {
        let Some((tenant, rest)) = change.address.within_tenant() else { continue };
        let entry = replaced(entry(change), &format!("tenant/{tenant}/"), "tenant/*/");
        // A tenant can have several at one address, such as the revisions of a task definition.
        alike.entry((rest, entry)).or_default().push(tenant);
    }
    let one_entry = |((_, entry), tenants): ((&str, Entry), Vec<&str>)| match tenants.as_slice() {
        [tenant] => replaced(entry, "tenant/*/", &format!("tenant/{tenant}/")),
        all => {
            let tenants: Vec<&str> = all.iter().copied().dedup().collect();
            let number = if tenants.len() < all.len() { format!("{} resources of ", all.len()) } else { String::new() };
            match tenants.as_slice() {
                [tenant] => {
                    let entry = replaced(entry, "tenant/*/", &format!("tenant/{tenant}/"));
                    Entry { title: format!("{}, {} resources", entry.title, all.len()), ..entry }
                }
                tenants => Entry { title: format!("{}, {number}{}", entry.title, tenant_list(tenants)), ..entry },
            }
        }
    };
    alike.into_iter().map(one_entry).collect()
}

fn replaced(entry: Entry, from: &str, to: &str) -> Entry {
    let Entry { sign, title, details } = entry;
    let details = details.into_iter().map(|detail| detail.replace(from, to)).collect();
    Entry { sign, title: title.replace(from, to), details }
}

fn entry(change: &Change) -> Entry {
    let name = format!("{} ({})", change.address, change.kind);
    let (sign, title, mut details) = match &change.action {
        Action::Create => (Sign::Added, name, Vec::new()),
        Action::Update { fields } => (Sign::Changed, name, fields::all_lines(fields)),
        Action::Replace { fields, beside } => {
            let how = if *beside { "create before destroy" } else { "destroy before create" };
            (Sign::Replaced, format!("{name}: {how}"), fields::all_lines(fields))
        }
        Action::Delete { reason } => {
            let id = change.superseded().map(|id| format!("`{id}`"));
            (Sign::Removed, format!("{name}: {reason}"), id.into_iter().collect())
        }
    };
    details.extend(change.incomplete.as_ref().map(incomplete::text));
    if let Some(what) = &change.at_stake {
        details.push(styled(style::RED, format_args!("loses {what}")));
    }
    Entry { sign, title, details }
}

/// The data that would be lost, one address per line.
pub(crate) fn at_stake(at_stake: &[DataLoss]) -> String {
    let line = |DataLoss { address, id, what }: &DataLoss| match id {
        Some(id) => format!("  {address} (`{id}`): {what}\n"),
        None => format!("  {address}: {what}\n"),
    };
    at_stake.iter().map(line).collect()
}

/// The flags that permit the data loss. For several nodes of a tenant, the tenant's address covers
/// them, except resources that need an id because another occupies their address.
pub(crate) fn flags(at_stake: &[DataLoss]) -> String {
    let of_tenant = |tenant: &str| {
        at_stake.iter().filter(|other| other.id.is_none() && other.address.tenant() == Some(tenant)).count()
    };
    let mut allowed: Vec<String> = at_stake
        .iter()
        .map(|DataLoss { address, id, .. }| match (id, address.tenant()) {
            (Some(id), _) => format!("{address}={id}"),
            (None, Some(tenant)) if of_tenant(tenant) > 1 => format!("tenant/{tenant}"),
            (None, _) => address.to_string(),
        })
        .collect();
    allowed.dedup();
    allowed.iter().map(|allowed| format!("--allow-data-loss {allowed}")).join(" ")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_executor::apply::change_set::Reason;
    use saas_executor::state::incomplete::Incomplete;
    use saas_model::fields::FieldChange;
    use saas_model::{Address, Digest, Kind};
    use serde_json::{Value, json};

    use super::*;

    fn change(address: &str, kind: Kind, action: Action) -> Change {
        Change::new(Address::literal(address), kind, action, None)
    }

    fn field(field: &str, before: Value, after: Value) -> FieldChange {
        FieldChange { field: field.into(), before, after }
    }

    fn change_set(changes: Vec<Change>) -> ChangeSet {
        ChangeSet { changes, kept: 41, ..ChangeSet::empty(Digest::from_bytes([7; 32])) }
    }

    fn rebound(tenant: &str) -> Change {
        let definition = json!(format!("tenant/{tenant}/service/web/task-definition"));
        let fields = vec![field("task_definition", definition.clone(), definition)];
        change(&format!("tenant/{tenant}/service/web"), Kind::Service, Action::Update { fields })
    }

    #[test]
    fn every_action_is_rendered() {
        let port = field("port", json!(80), json!(8080));
        let mut bucket = change("tenant/old-corp/bucket", Kind::Bucket, Action::Delete { reason: Reason::NotPlanned });
        bucket.at_stake = Some("12 objects".into());
        let in_place = Action::Update { fields: Vec::new() };
        let mut schema = change("tenant/globex-inc/schema", Kind::TenantSchema, in_place);
        schema.incomplete =
            Some(Incomplete::BoundToAnother { to: vec![Address::literal("tenant/globex-inc/password")] });
        let changes = change_set(vec![
            change("network/vpc", Kind::Vpc, Action::Create),
            change(
                "network/zone/a/subnet",
                Kind::Subnet,
                Action::Replace {
                    fields: vec![field("cidr", json!("10.0.1.0/24"), json!("10.0.2.0/24"))],
                    beside: false,
                },
            ),
            rebound("acme-corp"),
            change(
                "tenant/acme-corp/service/web/target-group",
                Kind::TargetGroup,
                Action::Replace { fields: vec![port], beside: true },
            ),
            rebound("globex-inc"),
            schema,
            bucket,
        ]);
        insta::assert_snapshot!(strip_str(&outline(&changes).text()), @r#"

        impact
          ! cannot be changed on a live platform: network/zone/a/subnet (cidr); instead: do not change the `[[network.zone]]`; add another one
          ! replaces the target group: requests get a 503 until the new tasks are healthy, which takes minutes at most
          ! rolls 2 services, no interruption

        shared
          + network/vpc (vpc)
          ± network/zone/a/subnet (subnet): destroy before create
              cidr: "10.0.1.0/24" → "10.0.2.0/24"

        tenants
          - tenant/old-corp/bucket (bucket): not in the plan
              loses 12 objects
          ~ tenant/globex-inc/schema (tenant-schema)
              it was completed with another id or value of: tenant/globex-inc/password
          ~ tenant/*/service/web (service), 2 tenants: acme-corp, globex-inc
              task_definition: tenant/*/service/web/task-definition (replaced)
          ± tenant/acme-corp/service/web/target-group (target-group): create before destroy
              port: 80 → 8080
        "#);
        insta::assert_snapshot!(strip_str(&counts(&changes)), @"1 to create, 3 to update, 2 to replace, 1 to delete, 41 to keep");
    }

    #[test]
    fn impact_comes_first() {
        let class = field("class", json!("db.r6g.large"), json!("db.r6g.xlarge"));
        let writer = change("database/writer", Kind::DbInstance, Action::Update { fields: vec![class] });
        let changes = change_set(vec![writer, rebound("acme-corp"), rebound("globex-inc")]);
        let text = strip_str(&outline(&changes).text()).to_string();
        let impact = "\nimpact\n  ! restarts the database: about 5 minutes of downtime for all tenants (database/writer \
                      (class))\n  ! rolls 2 services, no interruption\n";
        assert!(text.starts_with(impact), "{text}");
    }

    #[test]
    fn heading_has_the_whole_digest() {
        let changes = change_set(vec![change("network/vpc", Kind::Vpc, Action::Create)]);
        let text = strip_str(&text(&changes)).to_string();
        assert!(text.starts_with(&format!("change set {}\n", changes.digest())), "{text}");
    }

    #[test]
    fn empty_change_set_is_rendered() {
        assert_eq!(text(&change_set(Vec::new())), "nothing to do: 41 nodes are live and match the plan\n");
    }

    #[test]
    fn many_tenants_are_counted() {
        let tenants: Vec<String> = (10..20).map(|n| format!("tenant-{n}")).collect();
        let changes = change_set(tenants.iter().map(|tenant| rebound(tenant)).collect());
        let text = strip_str(&outline(&changes).text()).to_string();
        assert!(
            text.contains("10 tenants: tenant-10, tenant-11, tenant-12, tenant-13, tenant-14, tenant-15 and 4 more"),
            "{text}"
        );
    }

    #[test]
    fn revisions_are_not_tenants() {
        let destroyed = |tenant: &str| {
            let address = Address::literal(&format!("tenant/{tenant}/service/web/task-definition"));
            Change::new(address, Kind::TaskDefinition, Action::Delete { reason: Reason::Destroyed }, None)
        };
        let title = |tenants: &[&str]| {
            let changes = change_set(tenants.iter().map(|tenant| destroyed(tenant)).collect());
            strip_str(&outline(&changes).text()).to_string()
        };
        let three = title(&["acme", "acme", "initech", "hooli"]);
        assert!(three.contains("destroyed, 4 resources of 3 tenants: acme, initech, hooli"), "{three}");
        let one = title(&["acme", "acme"]);
        assert!(
            one.contains("- tenant/acme/service/web/task-definition (task-definition): destroyed, 2 resources"),
            "{one}"
        );
    }

    #[test]
    fn tenant_address_covers_its_nodes() {
        let lost = |address: &str| DataLoss { address: Address::literal(address), id: None, what: "data".into() };
        let earlier = DataLoss { id: Some("data-eu".into()), ..lost("tenant/globex-inc/bucket") };
        assert_eq!(at_stake(std::slice::from_ref(&earlier)), "  tenant/globex-inc/bucket (`data-eu`): data\n");
        let lost = [
            lost("database/cluster"),
            lost("tenant/acme-corp/bucket"),
            lost("tenant/acme-corp/secret"),
            lost("tenant/globex-inc/bucket"),
            earlier,
        ];
        assert_eq!(
            flags(&lost),
            "--allow-data-loss database/cluster --allow-data-loss tenant/acme-corp \
             --allow-data-loss tenant/globex-inc/bucket --allow-data-loss tenant/globex-inc/bucket=data-eu"
        );
    }
}
