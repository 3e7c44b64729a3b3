//! The public applications in `fixtures/applications`, written as specs: each is planned, which proves it, proven
//! by itself, and rehearsed. `crates/planner/tests/applications.rs` compares what their plans have.

use std::path::Path;
use std::process::Command;

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
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/applications").join(folder).join("saas.toml");
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
