//! The archive of a release, and its installation.

use std::path::Path;
use std::process::Command;

use tokio::runtime::Runtime;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::script::{Ended, ended, script};

/// Stands for the binary, which takes minutes to compress.
const STAND_IN: &str = "#!/bin/sh\n[ \"$1\" != man ] || { mkdir \"$2\"; : >\"$2/saas.1\"; }\necho \"saas $*\"\n";

/// The target of this machine.
fn target() -> String {
    let system = match std::env::consts::OS {
        "macos" => "apple-darwin",
        _ => "unknown-linux-musl",
    };
    format!("{}-{system}", std::env::consts::ARCH)
}

fn run(name: &str, arguments: &[&str], releases: &str) -> Ended {
    let mut command = Command::new(script(name));
    ended(command.args(arguments).env("SAAS_RELEASES_URL", releases))
}

/// Makes an archive in a directory; returns its name and its content.
fn archive(directory: &Path) -> (String, Vec<u8>) {
    let binary = directory.join("built");
    std::fs::write(&binary, STAND_IN).expect("the file can be written");
    let words = ["1.2.3", &target(), binary.to_str().expect("a plain name"), directory.to_str().expect("a plain name")];
    let ended = run("archive.sh", &words, "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let name = format!("saas-1.2.3-{}.tar.gz", target());
    let content = std::fs::read(directory.join(&name)).expect("the archive is there");
    (name, content)
}

#[test]
fn archive_has_completions_and_manual() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (name, _) = archive(directory.path());
    let list = ended(Command::new("tar").arg("-tzf").arg(directory.path().join(name))).stdout;
    for file in ["saas", "completions/saas.bash", "completions/saas.zsh", "man/saas.1", "LICENSE-MIT", "README.md"] {
        assert!(list.lines().any(|line| line == file), "{file}\n{list}");
    }
}

#[test]
fn only_what_the_checksums_name_is_installed() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (name, content) = archive(directory.path());
    let sum = ended(Command::new("sha256sum").arg(&name).current_dir(directory.path())).stdout;
    let other = "0".repeat(64);
    let installed = directory.path().join("bin/saas");
    let to = directory.path().join("bin");
    for (sums, code) in [
        (format!("{other}  {name}\n"), 1),
        (format!("{other}  saas-1.2.3-other.tar.gz\n"), 1),
        (format!("{other}  saas-1.2.3-other.tar.gz\n{sum}"), 0),
    ] {
        let runtime = Runtime::new().expect("a runtime can be made");
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let serve = |file: &str, content: Vec<u8>| {
                Mock::given(path(format!("/v1.2.3/{file}")))
                    .respond_with(ResponseTemplate::new(200).set_body_bytes(content))
            };
            serve(&name, content.clone()).mount(&server).await;
            serve("SHA256SUMS", sums.clone().into_bytes()).mount(&server).await;
            server
        });
        let ended = run("install.sh", &["1.2.3", to.to_str().expect("a plain name")], &server.uri());
        assert_eq!(ended.code, Some(code), "{sums}\n{}", ended.stderr);
        assert_eq!(installed.exists(), code == 0, "{sums}");
    }
    assert_eq!(ended(Command::new(&installed).arg("--version")).stdout, "saas --version\n");
}
