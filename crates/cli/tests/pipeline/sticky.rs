//! The comment that is updated in place, and the issue that is opened, updated and closed.

use std::path::PathBuf;

use crate::forge::{Forge, Kind};

const REVIEW: &str = "<!-- saas review of plan.msgpack -->";
const DRIFT: &str = "<!-- saas drift of plan.msgpack -->";
const FORGES: [Kind; 2] = [Kind::GitHub, Kind::GitLab];

/// A file with a text under a marker.
fn file(directory: &tempfile::TempDir, marker: &str, text: &str) -> PathBuf {
    let path = directory.path().join("text.md");
    std::fs::write(&path, format!("{marker}\n{text}")).expect("the file can be written");
    path
}

/// Runs the script of a forge, which must succeed; returns what it prints.
fn run(forge: &Forge, arguments: &[&str]) -> String {
    let ended = forge.run(arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}\n{}\n{}", ended.stdout, ended.stderr);
    ended.stdout
}

#[test]
fn comment_is_updated_in_place() {
    for kind in FORGES {
        let forge = Forge::start(kind);
        let directory = tempfile::tempdir().expect("a directory can be made");
        // More than a page of comments, and a text of another user that begins like ours.
        forge.add_comment("mallory", &format!("{REVIEW}\nNothing to see here."));
        for number in 0..130 {
            forge.add_comment("reviewer", &format!("Comment {number}"));
        }
        let before = forge.comments();
        // Quotes, lines, a dollar and other scripts arrive as they are.
        let text = "The \"page\" of `$(commit)` 1: €, 字\\n\n";
        run(&forge, &["comment", "7", path(&file(&directory, REVIEW, text))]);
        assert_eq!(forge.comments()[..131], before, "{kind:?}");
        assert_eq!(forge.comments()[131..], [format!("{REVIEW}\n{text}")]);
        run(&forge, &["comment", "7", path(&file(&directory, REVIEW, "The page of commit 2.\n"))]);
        assert_eq!(forge.comments()[131..], [format!("{REVIEW}\nThe page of commit 2.\n")]);
        // The comment of another plan is another one.
        let other = "<!-- saas review of prod.msgpack -->";
        run(&forge, &["comment", "7", path(&file(&directory, other, "The page of another plan.\n"))]);
        assert_eq!((forge.comments().len(), forge.changes().len()), (133, 3));
        assert_eq!(forge.comments()[..131], before, "{kind:?}");
    }
}

#[test]
fn issue_is_opened_updated_and_closed() {
    for kind in FORGES {
        let forge = Forge::start(kind);
        let directory = tempfile::tempdir().expect("a directory can be made");
        if kind == Kind::GitHub {
            forge.add_issue(&format!("{DRIFT}\nA pull request."), true);
        }
        forge.add_issue("Something else.", false);
        let others = forge.issues();
        let body = if kind == Kind::GitHub { "body" } else { "description" };
        let open =
            |text: &str| run(&forge, &["open", "Live differs from plan.msgpack", path(&file(&directory, DRIFT, text))]);
        run(&forge, &["close", DRIFT]);
        assert_eq!(forge.changes().len(), 0, "there was nothing to close");
        assert_eq!(open("One change.\n"), format!("https://forge/{}\n", others.len() + 1));
        open("Two changes.\n");
        let issues = forge.issues();
        assert_eq!((&issues[..others.len()], issues.len()), (&others[..], others.len() + 1), "{kind:?}");
        let ours = &issues[others.len()];
        assert_eq!(
            (&ours["title"], &ours[body]),
            (&"Live differs from plan.msgpack".into(), &format!("{DRIFT}\nTwo changes.\n").into())
        );
        assert!(ours["labels"].to_string().contains("saas-drift"), "{ours}");
        run(&forge, &["close", DRIFT]);
        assert_eq!(forge.issues()[others.len()]["state"], "closed");
        // A closed issue is history: the next drift opens another one.
        open("Again.\n");
        assert_eq!(forge.issues().len(), others.len() + 2);
    }
}

/// It may have taken effect.
#[test]
fn failed_creation_is_reported_and_not_repeated() {
    for kind in FORGES {
        let forge = Forge::start(kind);
        forge.fail();
        let directory = tempfile::tempdir().expect("a directory can be made");
        let file = file(&directory, REVIEW, "The page.\n");
        let ended = forge.run(&["comment", "7", path(&file)]);
        assert_ne!(ended.code, Some(0), "{kind:?}");
        assert!(ended.stderr.contains("502"), "{}", ended.stderr);
        assert_eq!(forge.changes().len(), 1, "{kind:?}");
    }
}

#[test]
fn usage_is_shown() {
    for kind in FORGES {
        let ended = Forge::start(kind).run(&[]);
        assert_eq!(ended.code, Some(2), "{kind:?}");
        assert!(ended.stderr.contains("comment NUMBER FILE"), "{}", ended.stderr);
    }
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("temporary directories have plain names")
}
