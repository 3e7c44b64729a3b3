//! Compares the sandbox with an independent AWS emulator: the same calls get the same responses from
//! both, except for the documented exceptions in `tests/conversation`.

use std::process::Command;

use saas_tests::moto::Moto;
use saas_tests::setup;

use crate::cloud::empty_sandbox;

#[tokio::test]
async fn sandbox_and_moto_respond_alike() {
    let moto = Moto::start().expect("moto starts");
    let sandbox = empty_sandbox();
    // moto validates every domain; the sandbox validates only domains that it is given.
    sandbox.validate_domain("example.com");
    let served = sandbox.serve().expect("a loopback port is free");
    let mut python = Command::new(setup::python().expect("Python is set up").join("python3"));
    python.args(["-B", "conversation", "--left", &moto.url(), "--right", &served.url()]);
    let output = python.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}
