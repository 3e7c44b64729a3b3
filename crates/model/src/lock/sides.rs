//! A lock with Git conflict markers: each side is parsed as a lock.

use super::StoredLock;
use super::read::{TABLES, read};
use crate::problem::Problems;
use crate::toml::Document;

pub(super) fn parse(file: &str, text: &str) -> Result<StoredLock, Box<Problems>> {
    let Some(Sides { ours, theirs }) = sides(text) else { return one(file, text) };
    let ours = one(&format!("{file} (our side of the conflict)"), &ours)?;
    let theirs = one(&format!("{file} (their side of the conflict)"), &theirs)?;
    let mut claims = ours.claims;
    claims.extend(theirs.claims.into_iter().filter(|claim| !claims.contains(claim)).collect::<Vec<_>>());
    Ok(StoredLock { platform: ours.platform.or(theirs.platform), claims, merged: true })
}

fn one(file: &str, text: &str) -> Result<StoredLock, Box<Problems>> {
    let document = Document::new(text, TABLES);
    let lock = read(&document);
    document.finish(file, lock)
}

struct Sides {
    ours: String,
    theirs: String,
}

/// The file as it is on each side; `None` without conflict markers, or when their order is not Git's.
/// The common base that the `diff3` style adds belongs to neither side.
fn sides(text: &str) -> Option<Sides> {
    #[derive(PartialEq)]
    enum Within {
        Both,
        Ours,
        Base,
        Theirs,
    }

    let marker =
        |line: &str, mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let mut sides = Sides { ours: String::new(), theirs: String::new() };
    let (mut position, mut found) = (Within::Both, false);
    for line in text.lines() {
        let next = match position {
            Within::Both if marker(line, "<<<<<<<") => Some(Within::Ours),
            Within::Ours if marker(line, "|||||||") => Some(Within::Base),
            Within::Ours | Within::Base if marker(line, "=======") => Some(Within::Theirs),
            Within::Theirs if marker(line, ">>>>>>>") => Some(Within::Both),
            _ => None,
        };
        if let Some(next) = next {
            (position, found) = (next, true);
            continue;
        }
        if matches!(position, Within::Both | Within::Ours) {
            sides.ours.push_str(line);
            sides.ours.push('\n');
        }
        if matches!(position, Within::Both | Within::Theirs) {
            sides.theirs.push_str(line);
            sides.theirs.push('\n');
        }
    }
    (found && position == Within::Both).then_some(sides)
}

#[cfg(test)]
mod tests {
    use super::super::Lock;

    const HEAD: &str = "version = 2\nplatform = { name = \"saas-platform\", account = \"123456789012\", region = \
                        \"us-east-1\" }\ntenants = [\n  { id = \"acme\", shard = 0, slot = 0 },\n";

    fn claims(text: &str) -> Vec<(String, u32)> {
        let stored = Lock::parse("saas.lock", text).expect("both sides are locks");
        assert!(stored.has_conflict_markers());
        stored.claims.iter().map(|(tenant, slot)| (tenant.to_string(), slot.slot)).collect()
    }

    #[test]
    fn both_sides_of_a_conflict_are_read() {
        let text = format!(
            "{HEAD}<<<<<<< HEAD\n  {{ id = \"beta\", shard = 0, slot = 1 }},\n||||||| 1234567\n=======\n  \
             {{ id = \"gamma\", shard = 0, slot = 1 }},\n>>>>>>> add-gamma\n]\n"
        );
        assert_eq!(claims(&text), [("acme".into(), 0), ("beta".into(), 1), ("gamma".into(), 1)]);
    }

    #[test]
    fn both_sides_of_a_conflict_in_version_1_are_read() {
        // Git matches equal lines of two different slots.
        let text = "version = 1\n\n[[slot]]\nnumber = 0\ntenant = \"acme\"\n\n[[slot]]\nnumber = 1\n<<<<<<< HEAD\n\
                    tenant = \"beta\"\n=======\ntenant = \"gamma\"\n>>>>>>> add-gamma\n";
        assert_eq!(claims(text), [("acme".into(), 0), ("beta".into(), 1), ("gamma".into(), 1)]);
    }

    #[test]
    fn sides_of_different_versions_are_read() {
        let text = format!(
            "<<<<<<< HEAD\n{HEAD}]\n=======\nversion = 1\n[[slot]]\nnumber = 1\ntenant = \"gamma\"\n>>>>>>> other\n"
        );
        assert_eq!(claims(&text), [("acme".into(), 0), ("gamma".into(), 1)]);
    }

    #[test]
    fn incomplete_conflict_is_rejected() {
        let problems = Lock::parse("saas.lock", &format!("<<<<<<< HEAD\n{HEAD}]\n")).expect_err("it is no TOML");
        assert!(!problems.problems.is_empty());
    }
}
