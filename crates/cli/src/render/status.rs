//! The status of a platform: how live differs from the plan.

use std::fmt::Write;

use anstream::adapter::strip_str;
use itertools::Itertools as _;
use saas_executor::ChangeSet;
use saas_executor::apply::change_set::Summary;
use saas_files::render::diff::COMMENT;
use saas_files::render::plain::Plain;
use saas_model::impact::FieldImpact;
use saas_model::plan::Header;
use saas_model::{Digest, Plan};
use serde::Serialize;

use super::change_set;

/// How a platform differs from its plan.
pub(crate) struct Status<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// The path of the plan.
    pub(crate) file: &'a str,
    /// The changes that an apply would make.
    pub(crate) changes: &'a ChangeSet,
    /// The newer plan that was applied, if the plan is older than the live one.
    pub(crate) older: Option<String>,
}

/// For a terminal.
pub(crate) fn text(status: &Status<'_>) -> String {
    change_set::text(status.changes) + &older(status).map(|older| format!("{older}\n")).unwrap_or_default()
}

/// For programs.
pub(crate) fn json(status: &Status<'_>) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        /// The digest that `--approve` takes.
        digest: Digest,
        summary: Summary,
        impact: Vec<FieldImpact>,
        #[serde(skip_serializing_if = "Option::is_none")]
        superseded_by: Option<&'a str>,
        #[serde(flatten)]
        changes: &'a ChangeSet,
    }
    let Status { plan: _, file: _, changes, older } = status;
    super::json(&Shown {
        digest: changes.digest(),
        summary: changes.summary(),
        impact: changes.impact(),
        superseded_by: older.as_deref(),
        changes,
    })
}

/// For an issue or a comment, of at most [`COMMENT`] characters with what scripts add to it.
pub(crate) fn markdown(status: &Status<'_>) -> String {
    let Header { platform, environment, account, region, .. } = status.plan.header();
    let changes = status.changes;
    let title = match (changes.is_empty(), changes.exposures.is_empty()) {
        (true, true) => format!("Live matches the plan: {} nodes", changes.kept),
        (true, false) => "Something outside of the plan exposes the platform".to_owned(),
        (false, _) => {
            let counts = strip_str(&change_set::counts(changes)).to_string();
            let counts = counts.split(", ").filter(|count| !count.starts_with("0 ")).join(", ");
            format!("Live differs from the plan: {counts}")
        }
    };
    let id = status.plan.id();
    let mut text =
        format!("### {title}\n\nPlatform `{platform}` ({environment}) in account {account}, {region}; plan `{id}`.\n");
    if let Some(older) = older(status) {
        let _ = writeln!(text, "\n**Careful:** {older}.");
    }
    let file = crate::shell::word(status.file);
    let end = match changes.is_empty() {
        true => String::new(),
        false => format!("\n`saas apply {file} --deep` makes live equal to the plan again.\n"),
    };
    let room = COMMENT - RESERVE - text.chars().count() - end.chars().count();
    let mut outline = change_set::report(changes);
    // The texts of AWS and the styles of a terminal.
    let plain = |text: &str| Plain(&strip_str(text).to_string()).to_string();
    for entry in outline.sections.iter_mut().flat_map(|section| &mut section.entries) {
        entry.title = plain(&entry.title);
        entry.details = entry.details.iter().map(|detail| plain(detail)).collect();
    }
    text + &outline.markdown(room, &format!("saas status {file} --deep")) + &end
}

/// The room for what the scripts in `ci` add: a hidden mark.
const RESERVE: usize = 1_000;

fn older(Status { older, .. }: &Status<'_>) -> Option<String> {
    let older = older.as_ref()?;
    Some(format!(
        "this plan is older than the live one: {older}; applying it reverts the newer plan's changes and requires \
         `--rollback`"
    ))
}

#[cfg(test)]
mod tests {
    use saas_executor::apply::change_set::{Action, Change};
    use saas_model::fields::FieldChange;
    use saas_model::{Address, Kind};
    use serde_json::{Value, json};

    use super::*;

    const FIXTURE: &[u8] = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");

    fn changes(count: usize) -> ChangeSet {
        let port = FieldChange { field: "port".into(), before: json!(80), after: json!(8080) };
        let change = |number| {
            let address = Address::literal(format!("network/subnet/private/zone-{number:05}"));
            let mut change = Change::new(address, Kind::Subnet, Action::Update { fields: vec![port.clone()] }, None);
            change.at_stake = Some("12 objects".into());
            change
        };
        ChangeSet {
            changes: (0..count).map(change).collect(),
            kept: 41,
            ..ChangeSet::empty(Digest::from_bytes([7; 32]))
        }
    }

    fn shown(changes: &ChangeSet, older: Option<&str>, render: impl Fn(&Status<'_>) -> String) -> String {
        let plan = Plan::decode(FIXTURE).expect("the fixture is a plan");
        render(&Status { plan: &plan, file: "plan.msgpack", changes, older: older.map(str::to_owned) })
    }

    #[test]
    fn markdown_is_an_issue() {
        let text = shown(&changes(1), Some("plan 1234 was applied on 2026-11-01"), markdown);
        let (head, rest) = text.split_once("; plan `").expect("it names the plan");
        let (_, rest) = rest.split_once("`.\n").expect("its id ends");
        insta::assert_snapshot!(format!("{head}\n{rest}"), @r"
        ### Live differs from the plan: 1 to update, 41 to keep

        Platform `saas-platform` (development) in account 123456789012, us-east-1

        **Careful:** this plan is older than the live one: plan 1234 was applied on 2026-11-01; applying it reverts the newer plan's changes and requires `--rollback`.

        #### shared

        ```diff
        ! network/subnet/private/zone-00000 (subnet)
              port: 80 → 8080
              loses 12 objects
        ```

        `saas apply plan.msgpack --deep` makes live equal to the plan again.
        ");
    }

    #[test]
    fn markdown_fits_an_issue() {
        let text = shown(&changes(3_000), None, markdown);
        assert!(text.chars().count() <= COMMENT - RESERVE, "{}", text.chars().count());
        assert!(text.contains(" more entries do not fit here: see `saas status plan.msgpack --deep`.\n"));
        assert!(text.ends_with("`saas apply plan.msgpack --deep` makes live equal to the plan again.\n"));
    }

    #[test]
    fn clean_platform_says_so() {
        let text = shown(&changes(0), None, markdown);
        assert!(text.starts_with("### Live matches the plan: 41 nodes\n"), "{text}");
        assert!(!text.contains("saas apply"), "{text}");
    }

    #[test]
    fn json_has_digest_and_counts() {
        let changes = changes(2);
        let json: Value = serde_json::from_str(&shown(&changes, None, json)).expect("it is JSON");
        assert_eq!(json["digest"], changes.digest().to_string());
        assert_eq!((&json["summary"]["update"], &json["kept"]), (&json!(2), &json!(41)));
        assert_eq!(json["changes"].as_array().map(Vec::len), Some(2));
    }
}
