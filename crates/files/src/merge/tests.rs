use super::*;

const BASE: &str = "\
# The spec.

[platform]
name = \"shop\" # never changes
region = \"us-east-1\"

[service.web]
memory = 2048
writable = [
  \"/run\",
  \"/tmp\", # uploads
]

[[service.web.allow]]
actions = [\"ses:SendEmail\"]

# The tenants.
[[tenant]]
id = \"acme\"
cost_center = \"cc-acme\"

[[tenant]]
id = \"globex\"

[tenant.service.web]
memory = 4096
";

/// The base with replacements, each of which must apply.
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(BASE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

fn merged(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Merged {
    spec(BASE, &edited(ours), &edited(theirs), 7).expect("all sides are TOML")
}

/// The text of a merge without conflicts.
fn clean(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> String {
    let Merged { text, conflicts } = merged(ours, theirs);
    assert_eq!(conflicts, []);
    text
}

/// The conflicts of a merge, and its text.
fn conflicting(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> (Vec<String>, String) {
    let Merged { text, conflicts } = merged(ours, theirs);
    (conflicts.iter().map(Conflict::to_string).collect(), text)
}

#[test]
fn unchanged_spec_keeps_every_byte() {
    assert_eq!(clean(&[], &[]), BASE);
    let windows = BASE.replace('\n', "\r\n");
    assert_eq!(spec(&windows, &windows, &windows, 7).expect("it is TOML").text, windows);
}

#[test]
fn changes_of_one_side_are_taken_as_they_are_written() {
    let edits = [
        ("2048", "4_096   # more"),
        ("# The spec.", "# Our spec.\n# Two lines."),
        ("id = \"globex\"", "id = 'globex'"),
    ];
    assert_eq!(clean(&edits, &[]), edited(&edits));
    assert_eq!(clean(&[], &edits), edited(&edits));
    assert_eq!(clean(&edits, &edits), edited(&edits));
    let blanks = [("memory = 2048", "memory    = 2048"), ("\n# The tenants.", "\n\n# The tenants.")];
    assert_eq!(clean(&blanks, &[]), edited(&blanks));
    assert_eq!(clean(&[], &blanks), edited(&blanks));
}

#[test]
fn two_onboarding_branches_merge() {
    let end = (
        "[tenant.service.web]\nmemory = 4096\n",
        "[tenant.service.web]\nmemory = 4096\n\n# Ours.\n[[tenant]]\nid = \"beta\"\n",
    );
    let their_end = (
        "memory = 4096\n",
        "memory = 4096\n\n[[tenant]]\nid = \"gamma\" # theirs\n\n[tenant.service.web]\nmemory = 512\n",
    );
    assert_eq!(
        clean(&[end], &[their_end]),
        format!(
            "{BASE}\n# Ours.\n[[tenant]]\nid = \"beta\"\n\n[[tenant]]\nid = \"gamma\" # theirs\n\n[tenant.service.web]\nmemory = 512\n"
        )
    );
}

#[test]
fn last_line_without_a_line_break_is_ended() {
    let [ours, theirs] = ["beta", "gamma"].map(|id| format!("{BASE}\n[[tenant]]\nid = \"{id}\""));
    let merged = spec(BASE, &ours, &theirs, 7).expect("all sides are TOML");
    assert_eq!(merged.text, format!("{BASE}\n[[tenant]]\nid = \"beta\"\n\n[[tenant]]\nid = \"gamma\""));
}

#[test]
fn different_keys_of_one_table_merge() {
    let text = clean(
        &[("region = \"us-east-1\"", "region = \"eu-west-1\"")],
        &[("# never changes", "# a constant"), ("memory = 2048", "cpu = 512\nmemory = 2048")],
    );
    assert_eq!(
        text,
        edited(&[
            ("us-east-1", "eu-west-1"),
            ("# never changes", "# a constant"),
            ("memory = 2048", "cpu = 512\nmemory = 2048")
        ])
    );
}

#[test]
fn comments_of_both_sides_survive() {
    let ours = [
        ("# The tenants.", "# The tenants, by id."),
        ("# never changes", "# ours"),
        ("memory = 2048", "memory = 2048 # MiB"),
    ];
    let theirs = [
        ("# The tenants.", "# The tenants.\n# Ask sales."),
        ("# never changes", "# theirs"),
        ("memory = 2048", "memory = 512"),
    ];
    let text = clean(&ours, &theirs);
    for part in
        ["# The tenants, by id.\n# Ask sales.\n[[tenant]]", "name = \"shop\" # ours # theirs\n", "memory = 512 # MiB\n"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn removed_tenant_goes_with_its_tables() {
    let globex = "\n[[tenant]]\nid = \"globex\"\n\n[tenant.service.web]\nmemory = 4096\n";
    let text = clean(&[(globex, "")], &[("cc-acme", "cc-sales")]);
    assert_eq!(text, edited(&[(globex, ""), ("cc-acme", "cc-sales")]));
}

#[test]
fn different_values_are_a_conflict() {
    let (conflicts, text) = conflicting(
        &[("memory = 2048", "memory = 512")],
        &[("memory = 2048", "memory = 1024"), ("us-east-1", "eu-west-1")],
    );
    assert_eq!(conflicts, ["`[service.web]`, `memory`: 512 (ours), 1024 (theirs)"]);
    let block = "[service.web]\n<<<<<<< ours\nmemory = 512\n=======\nmemory = 1024\n>>>>>>> theirs\nwritable";
    assert!(text.contains(block) && text.contains("region = \"eu-west-1\"\n"), "{text}");
}

#[test]
fn array_that_both_sides_changed_is_a_conflict() {
    let (conflicts, _) = conflicting(&[("  \"/run\",\n", "")], &[("# uploads", "# caches")]);
    assert_eq!(
        conflicts,
        ["`[service.web]`, `writable`: [ \"/tmp\", # uploads ] (ours), [ \"/run\", \"/tmp\", # caches ] (theirs)"]
    );
}

#[test]
fn removal_of_what_the_other_side_changed_is_a_conflict() {
    let globex = "\n[[tenant]]\nid = \"globex\"\n\n[tenant.service.web]\nmemory = 4096\n";
    let (conflicts, text) = conflicting(&[(globex, "")], &[("memory = 4096", "memory = 8192")]);
    assert_eq!(conflicts, ["`[[tenant]]` globex: removed (ours), changed (theirs)"]);
    let theirs = globex.replace("4096", "8192");
    assert!(
        text.ends_with(&format!("cost_center = \"cc-acme\"\n<<<<<<< ours\n=======\n{theirs}>>>>>>> theirs\n")),
        "{text}"
    );
    let (conflicts, _) =
        conflicting(&[("cost_center = \"cc-acme\"", "cost_center = \"cc\"")], &[("cost_center = \"cc-acme\"\n", "")]);
    assert_eq!(conflicts, ["`[[tenant]]` acme, `cost_center`: \"cc\" (ours), removed (theirs)"]);
}

#[test]
fn tenant_that_both_sides_add_merges_by_key() {
    let add = |line: &str| format!("{BASE}\n[[tenant]]\nid = \"beta\"\n{line}\n");
    let (same, other) = (add("cost_center = \"a\""), add("cost_center = \"b\""));
    assert_eq!(spec(BASE, &same, &same, 7).expect("TOML").text, same);
    let conflicts = spec(BASE, &same, &other, 7).expect("TOML").conflicts;
    assert_eq!(conflicts[0].to_string(), "`[[tenant]]` beta, `cost_center`: \"a\" (ours), \"b\" (theirs)");
}

/// Entries without a name are a set.
#[test]
fn entries_without_a_name_merge_as_a_set() {
    let entry = "[[service.web.allow]]\nactions = [\"ses:SendEmail\"]\n";
    let more = |action: &str| format!("{entry}\n[[service.web.allow]]\nactions = [\"{action}\"]\n");
    let (ours, theirs) = (more("sqs:SendMessage"), more("sns:Publish"));
    let text = clean(&[(entry, &ours)], &[(entry, &theirs)]);
    assert!(
        text.contains(&format!("{ours}\n[[service.web.allow]]\nactions = [\"sns:Publish\"]\n\n# The tenants.")),
        "{text}"
    );
    let (conflicts, _) = conflicting(&[("ses:SendEmail", "ses:SendRawEmail")], &[("ses:SendEmail", "ses:*")]);
    assert_eq!(conflicts, ["`[[service.web.allow]]`: 2 lines (ours), 2 lines (theirs)"]);
    let gone = format!("\n{entry}");
    let (conflicts, _) = conflicting(&[(&gone, "")], &[("ses:SendEmail", "ses:*")]);
    assert_eq!(conflicts, ["`[[service.web.allow]]`: 0 lines (ours), 2 lines (theirs)"]);
}

#[test]
fn file_that_both_sides_added_merges() {
    let merged = spec("", "[platform]\nname = \"shop\"\n", "[platform]\nname = \"shop\"\nregion = \"r\"\n", 7);
    assert_eq!(merged.expect("TOML").text, "[platform]\nname = \"shop\"\nregion = \"r\"\n");
}

#[test]
fn marker_has_the_requested_length() {
    let merged = spec("a = 1\n", "a = 2\n", "a = 3\n", 9).expect("TOML");
    assert_eq!(merged.text, "<<<<<<<<< ours\na = 2\n=========\na = 3\n>>>>>>>>> theirs\n");
}

#[test]
fn what_cannot_be_merged_by_key_is_refused() {
    assert_eq!(spec(BASE, "a = \n", BASE, 7), Err(Unmergeable::NotToml(Side::Ours)));
    let twice = format!("{BASE}\n[[tenant]]\nid = \"acme\"\n");
    let refused = spec(BASE, BASE, &twice, 7).expect_err("two tenants have one id");
    assert_eq!(refused.to_string(), "their side has `[[tenant]]` acme twice");
    // One side writes the table inline, the other with a header.
    assert_eq!(spec("", "[a]\nx = 1\n", "a = { x = 1 }\n", 7), Err(Unmergeable::Forms));
}
