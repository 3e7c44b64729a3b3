//! The public applications in `fixtures/applications`, written as specs: each is planned, which proves it, proven
//! by itself, and rehearsed. `crates/planner/tests/applications.rs` compares what their plans have.

use std::path::Path;
use std::process::Command;

/// The applications, a folder each.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/applications");

/// Runs the command without credentials; it must succeed.
fn saas(directory: &Path, words: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
        command.env_remove(variable);
    }
    let output = command.args(words.split_whitespace()).current_dir(directory).output().expect("saas runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "saas {words}:\n{printed}\n{stderr}");
    printed
}

/// Plans, proves and rehearses an application. The rehearsal runs its migrations, if it has any.
fn check(folder: &str, migrations: usize) {
    let spec = Path::new(ROOT).join(folder).join("saas.toml");
    let directory = tempfile::tempdir().expect("a directory can be made");
    std::fs::copy(spec, directory.path().join("saas.toml")).expect("the spec can be copied");
    let saas = |words: &str| saas(directory.path(), words);
    saas("plan");
    let proof = saas("prove plan.msgpack");
    assert!(proof.contains("proven"), "{proof}");
    let rehearsal = saas("rehearse plan.msgpack");
    for line in ["rehearsal succeeded", "a second apply makes no mutating calls"] {
        assert!(rehearsal.contains(line), "`{line}` is missing:\n{rehearsal}");
    }
    assert_eq!(rehearsal.matches("ECS RunTask  ").count(), migrations, "{rehearsal}");
}

/// One test for each application, with the migrations of its two tenants.
macro_rules! applications {
    ($($test:ident: $folder:literal, $migrations:literal;)*) => {
        const FOLDERS: &[&str] = &[$($folder),*];

        $(
            #[test]
            fn $test() {
                check($folder, $migrations);
            }
        )*
    };
}

applications! {
    chat_program: "chat-program", 2;
    digital_workspace: "digital-workspace", 2;
    ecs_reference: "ecs-reference", 0;
    saas_boilerplate: "saas-boilerplate", 2;
    saas_boost: "saas-boost", 2;
    template_infra: "template-infra", 2;
    tool_builder: "tool-builder", 2;
}

#[test]
fn every_application_is_tested_and_in_the_readme() {
    let entries = std::fs::read_dir(ROOT).expect("the folder can be read").map(|entry| entry.expect("readable"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut folders: Vec<String> = folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    folders.sort();
    assert_eq!(folders, FOLDERS);
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("it can be read");
    for folder in FOLDERS {
        assert!(readme.contains(&format!("| [{folder}]({folder}/saas.toml) |")), "{folder}");
    }
}
