//! The sandbox held against an AWS that nobody here wrote: the same calls get the same answers from
//! both, but for the exceptions that `tests/conversation` gives reasons for.

use std::process::Command;

use saas_tests::moto::Moto;
use saas_tests::setup;

use crate::cloud::empty_sandbox;

#[tokio::test]
async fn the_sandbox_answers_as_moto_does() {
    let moto = Moto::start().expect("moto starts");
    let sandbox = empty_sandbox();
    // moto validates every domain, and the sandbox those that it is told of.
    sandbox.validate_domain("example.com");
    let served = sandbox.serve().expect("a loopback port is free");
    let mut python = Command::new(setup::python().expect("Python is set up").join("python3"));
    python.args(["-B", "conversation", "--left", &moto.url(), "--right", &served.url()]);
    let output = python.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}
