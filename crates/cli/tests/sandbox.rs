//! Tests of `saas sandbox`: other programs use AWS and PostgreSQL until an interrupt.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saas_sandbox::{Account, Dials, Pace, Sandbox, Settings, Time};
use serde_json::Value;
use tempfile::TempDir;

/// A running sandbox, and its announcement.
struct Served {
    process: Child,
    ready: Value,
}

fn saas(directory: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
    command.args(words.split_whitespace()).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Served {
    fn start(directory: &Path, words: &str) -> Self {
        let words = format!("sandbox --listen 127.0.0.1:0 --format json {words}");
        let mut process = saas(directory, &words).spawn().expect("saas runs");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("it says that it is ready");
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { process, ready }
    }

    fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap_or_else(|| panic!("{key} is missing: {}", self.ready))
    }

    /// Calls EC2 as any client would.
    fn ec2(&self, action: &str) -> String {
        let mut stream =
            TcpStream::connect(self.text("endpoint_url").trim_start_matches("http://")).expect("it listens");
        let body = format!("Action={action}&Version=2016-11-15");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=KEY/20260101/us-gov-west-1/ec2/aws4_request\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it takes the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Sends the signal of Ctrl-C.
    fn interrupt(mut self) -> Output {
        let sent = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let mut stderr = Vec::new();
        self.process.stderr.take().expect("a pipe").read_to_end(&mut stderr).expect("it ends");
        Output { status: self.process.wait().expect("it ends"), stdout: Vec::new(), stderr }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn sandbox_is_served_until_interrupted_and_saved() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let served = Served::start(directory.path(), "--dir aws --region us-gov-west-1");
    assert_eq!((served.text("account"), served.text("region")), ("123456789012", "us-gov-west-1"));
    assert_eq!(served.ready["environment"]["AWS_ENDPOINT_URL"], served.ready["endpoint_url"]);
    let database = TcpStream::connect(served.text("database_hostaddr"));
    database.expect("PostgreSQL listens");
    let made = served.ec2("CreateVpc&CidrBlock=10.0.0.0%2F16");
    assert!(made.contains("<vpcId>vpc-"), "{made}");
    let Output { status, stderr, .. } = served.interrupt();
    assert_eq!(status.code(), Some(0));
    assert!(String::from_utf8_lossy(&stderr).contains("saved the sandbox in `aws`"));

    let again = Served::start(directory.path(), "--dir aws");
    let described = again.ec2("DescribeVpcs");
    assert!(described.contains("<vpcId>vpc-"), "{described}");
    assert_eq!(again.text("region"), "us-gov-west-1", "what is saved stays in its Region");
    again.interrupt();
}

/// A directory with the saved sandbox `aws`, in the past and in us-gov-west-1.
fn with_saved_sandbox() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let account = Account::example("us-gov-west-1");
    let settings = Settings { account, beginning: Time::BEGINNING, pace: Pace::Instant, dials: Dials::default() };
    Sandbox::new(settings).save(&directory.path().join("aws")).expect("it can be written");
    directory
}

#[test]
fn clock_of_a_saved_sandbox_is_not_behind() {
    let directory = with_saved_sandbox();
    let started = SystemTime::now();
    Served::start(directory.path(), "--dir aws").interrupt();
    let sandbox = Sandbox::load(&directory.path().join("aws"), Dials::default()).expect("it is sound");
    let saved = UNIX_EPOCH + Duration::from_millis(sandbox.expect("it is saved").now().as_millis());
    assert!(saved + Duration::from_millis(1) >= started, "{saved:?} is before {started:?}");
}

#[test]
fn saved_sandbox_of_another_region_is_refused() {
    let directory = with_saved_sandbox();
    let words = "sandbox --listen 127.0.0.1:0 --dir aws --region us-east-1";
    let Output { status, stderr, .. } = saas(directory.path(), words).output().expect("saas runs");
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(4), "{stderr}");
    let told = "the sandbox in `aws` is of account 123456789012 in us-gov-west-1, which it keeps";
    assert!(stderr.contains(told) && stderr.contains("omit --region"), "{stderr}");
    Served::start(directory.path(), "--dir aws --region us-gov-west-1").interrupt();
}

#[test]
fn sandbox_in_use_is_refused_with_a_hint() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let served = Served::start(directory.path(), "--dir aws");
    let Output { status, stderr, .. } =
        saas(directory.path(), "sandbox --listen 127.0.0.1:0 --dir aws").output().expect("saas runs");
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("or choose another directory") && !stderr.contains("--sandbox"), "{stderr}");
    served.interrupt();
}

#[test]
fn remote_access_requires_the_flag() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let Output { status, stderr, .. } =
        saas(directory.path(), "sandbox --listen 0.0.0.0:0").output().expect("saas runs");
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("0.0.0.0:0 is not a loopback address") && stderr.contains("--allow-remote"), "{stderr}");
}

#[test]
fn occupied_port_is_reported() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it listens");
    let words = format!("sandbox --dir aws --listen {address}");
    let Output { status, stderr, .. } = saas(directory.path(), &words).output().expect("saas runs");
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains(&format!("cannot listen on {address}")) && stderr.contains("--listen 127.0.0.1:0"),
        "{stderr}"
    );
    assert!(!directory.path().join("aws").exists(), "a start that fails leaves nothing behind");
}
