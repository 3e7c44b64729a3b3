//! The scripts that run saas: the page of a change, the merge of the base, and drift.

use crate::repository::Repository;
use crate::script::{Ended, ended, script};

/// Runs `review.sh` on the present branch; returns its outcome and the comment.
fn review(repository: &Repository, base: &str) -> (Ended, String) {
    let mut command = repository.command(script("review.sh"));
    command.arg(repository.path("made")).env("BASE", base).env("COMMIT", "0123abc");
    command.env("REVIEW_FLAGS", "--no-rehearsal").env("PAGE_URL", "https://forge/page");
    let ended = ended(&mut command);
    (ended, repository.read("made/comment.md"))
}

#[test]
fn comment_has_the_change_and_its_commit() {
    let repository = Repository::new();
    repository.onboard("beta");
    let (Ended { code, stderr, .. }, comment) = review(&repository, "main");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(comment.starts_with("<!-- saas review of plan.msgpack -->\n### "), "{comment}");
    assert!(comment.contains("beta"), "{comment}");
    let base = repository.git("rev-parse --short main", 0).0;
    let end = format!(
        "\n---\nCommit 0123abc, compared with {} · [the page with everything](https://forge/page)\n",
        base.trim()
    );
    assert!(comment.ends_with(&end), "{comment}");
    let page = repository.read("made/review.html");
    assert!(page.contains("<html") && page.contains("beta"), "it is the page of this change");
}

/// Two platforms in one repository have a comment each.
#[test]
fn mark_names_the_directory_of_the_plan() {
    let repository = Repository::new();
    std::fs::create_dir(repository.path("stage")).expect("a directory can be made");
    repository.git("mv saas.toml saas.lock plan.msgpack stage", 0);
    repository.commit("Moved");
    let mut command = repository.command(script("review.sh"));
    command
        .current_dir(repository.path("stage"))
        .arg(repository.path("made"))
        .env("BASE", "HEAD")
        .env("COMMIT", "0123abc");
    let ended = ended(command.env("REVIEW_FLAGS", "--no-rehearsal"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let comment = repository.read("made/comment.md");
    assert!(comment.starts_with("<!-- saas review of stage/plan.msgpack -->\n"), "{comment}");
    assert!(comment.contains("compared with"), "{comment}");
}

#[test]
fn first_plan_is_reviewed_without_a_base() {
    let repository = Repository::new();
    let (Ended { code, stderr, .. }, comment) = review(&repository, "");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(comment.ends_with("\n---\nCommit 0123abc · [the page with everything](https://forge/page)\n"), "{comment}");
}

#[test]
fn stale_plan_is_said_first() {
    let repository = Repository::new();
    repository.onboard("beta");
    let spec = repository.read("saas.toml").replace("beta", "gamma");
    std::fs::write(repository.path("saas.toml"), spec).expect("the spec can be written");
    let (Ended { code, .. }, comment) = review(&repository, "main");
    assert_eq!(code, Some(3));
    let head =
        "<!-- saas review of plan.msgpack -->\n**`plan.msgpack` is not the plan of `saas.toml`:** run `saas plan`";
    assert!(comment.starts_with(head), "{comment}");
    assert!(comment.contains("Commit 0123abc"), "{comment}");
}

#[test]
fn refusal_is_quoted() {
    let repository = Repository::new();
    std::fs::write(repository.path("saas.toml"), "[platform]\nname = 1\n~~~\n").expect("the spec can be written");
    std::fs::write(repository.path("plan.msgpack"), "no plan").expect("the plan can be written");
    let (Ended { code, .. }, comment) = review(&repository, "main");
    assert_eq!(code, Some(2));
    assert!(comment.contains("**`saas plan --check` refuses this change:**\n\n~~~text\n"), "{comment}");
    assert!(
        comment.contains("**`saas review` failed:**\n\n~~~text\nerror: `plan.msgpack` cannot be read"),
        "{comment}"
    );
    assert_eq!(comment.lines().filter(|line| line.starts_with("~~~")).count(), 4, "nothing ends a block: {comment}");
    assert!(comment.contains("Commit 0123abc"), "{comment}");
}

#[test]
fn base_is_merged_and_planned_again() {
    let repository = Repository::new();
    repository.onboard("gamma");
    let live = repository.slots();
    repository.git("checkout --quiet main", 0);
    repository.git("merge --quiet --ff-only gamma", 0);
    repository.git("checkout --quiet -b older main~1", 0);
    repository.onboard_here("beta");
    let ended = ended(repository.command(script("merge.sh")).arg("main"));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    repository.run("saas", "plan --check", 0);
    assert_eq!(repository.git("status --porcelain", 0).0, "");
    assert_eq!(repository.git("rev-list --parents --max-count 1 HEAD", 0).0.split_whitespace().count(), 3);
    // The tenant of the base, which may be live, keeps its slot; ours gets the next.
    let slots = repository.slots();
    assert!(live.iter().all(|slot| slots.contains(slot)), "{live:?} {slots:?}");
    assert_eq!(slots.len(), 3);
    let again = crate::script::ended(repository.command(script("merge.sh")).arg("main"));
    assert_eq!((again.code, repository.git("status --porcelain", 0).0), (Some(0), String::new()));
}

#[test]
fn merge_that_people_must_decide_changes_nothing() {
    let repository = Repository::new();
    repository.branch("small", "memory = 512", "memory = 1024");
    repository.branch("large", "memory = 512", "memory = 2048");
    let before = repository.git("rev-parse HEAD", 0).0;
    let ended = ended(repository.command(script("merge.sh")).arg("small"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("`memory`: 2048 (ours), 1024 (theirs)"), "{}", ended.stderr);
    assert!(ended.stderr.contains("merge.sh: conflicts in: saas.toml\n"), "{}", ended.stderr);
    assert_eq!(
        (repository.git("rev-parse HEAD", 0).0, repository.git("status --porcelain", 0).0),
        (before, String::new())
    );
}

#[test]
fn files_that_are_not_committed_are_kept() {
    let repository = Repository::new();
    repository.branch("small", "memory = 512", "memory = 1024");
    repository.branch("longer", "retention_days = 30", "retention_days = 60");
    let mine = repository.read("saas.toml") + "# mine\n";
    std::fs::write(repository.path("saas.toml"), &mine).expect("the spec can be written");
    let head = repository.git("rev-parse HEAD", 0).0;
    let ended = ended(repository.command(script("merge.sh")).arg("small"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("merge.sh: git cannot merge small here\n"), "{}", ended.stderr);
    assert_eq!((repository.git("rev-parse HEAD", 0).0, repository.read("saas.toml")), (head, mine));
}

#[cfg(feature = "embedded-postgres")]
#[test]
fn drift_is_found() {
    let repository = Repository::new();
    let drift = || {
        let mut command = repository.command(script("drift.sh"));
        command.arg(repository.path("made")).env("STATUS_FLAGS", "--sandbox=aws");
        ended(&mut command)
    };
    repository.run("saas", "apply plan.msgpack --sandbox=aws --yes", 0);
    let clean = drift();
    assert_eq!(clean.code, Some(0), "{}", clean.stderr);
    let body = repository.read("made/drift.md");
    assert!(body.starts_with("<!-- saas drift of plan.msgpack -->\n### Live matches the plan: "), "{body}");
    repository.onboard("beta");
    let differs = drift();
    assert_eq!(differs.code, Some(3), "{}", differs.stderr);
    let body = repository.read("made/drift.md");
    assert!(
        body.contains("### Live differs from the plan: ") && body.contains("tenant/beta/bucket (bucket)"),
        "{body}"
    );
    std::fs::write(repository.path("plan.msgpack"), "no plan").expect("the plan can be written");
    let unknown = drift();
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.stderr.contains("drift.sh: `saas status` ended with 2 and found nothing out"),
        "{}",
        unknown.stderr
    );
}
