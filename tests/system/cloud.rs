//! The AWS and PostgreSQL that system tests run against.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use saas_executor::postgres::{PostgresOptions, TlsMode};
use saas_executor::{AwsOptions, Options, RetryPolicy};
use saas_model::Plan;
use saas_sandbox::{
    Account, Call, Dials, Lag, Outcome, Pace as AwsPace, Sandbox, Served, Service, Settings, Staleness, TaskOutcome,
    Time,
};
use saas_tests::fault_proxy::{Call as WireCall, Exchange, Fault, Proxy};
use saas_tests::moto::Moto;
use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::setup;

use crate::assumed::Assumed;

/// An AWS and a PostgreSQL, initially empty; they stop when this is dropped.
pub(crate) struct Cloud {
    endpoint: String,
    /// The endpoint that the executor uses, possibly behind a failure-injecting proxy.
    reached: String,
    /// The address of PostgreSQL.
    database: String,
    postgres: PostgresServer,
    aws: Aws,
    proxy: Option<Proxy>,
    home: Home,
}

/// The platform that is applied to a cloud.
struct Home {
    platform: String,
    region: String,
    /// The name of the database, and of its administrator.
    database: String,
    admin: String,
}

impl Home {
    fn of(plan: &Plan) -> Self {
        let header = plan.header();
        let (database, admin) = Assumed::by(&[plan]).database;
        Self { platform: header.platform.to_string(), region: header.region.to_string(), database, admin }
    }
}

/// The first fixture's.
impl Default for Home {
    fn default() -> Self {
        let [platform, region] = ["saas-platform", "us-east-1"].map(str::to_owned);
        let Setup { database, admin, .. } = Setup::default();
        Self { platform, region, database, admin }
    }
}

/// The AWS behind the endpoint.
enum Aws {
    Moto(Moto),
    Sandbox { sandbox: Sandbox, _served: Served },
}

impl Cloud {
    /// moto, and a PostgreSQL whose administrator has the privileges of Aurora's master user.
    pub(crate) async fn moto() -> Self {
        let moto = Moto::start().expect("moto starts");
        Self::of(moto.url(), Aws::Moto(moto), Home::default())
    }

    /// moto with the account of a plan, and with what the plan takes for granted there.
    pub(crate) async fn moto_for(plan: &Plan) -> Self {
        let moto = Moto::start_as(plan.header().account.as_str()).expect("moto starts");
        let cloud = Self::of(moto.url(), Aws::Moto(moto), Home::of(plan));
        Assumed::by(&[plan]).create(&cloud);
        cloud
    }

    /// The sandbox, over HTTP, without latency.
    pub(crate) async fn sandbox() -> Self {
        Self::of_sandbox(empty_sandbox(), Home::default())
    }

    /// The sandbox with the account and the Region of plans, and with what they take for granted there.
    pub(crate) async fn sandbox_for(plans: &[&Plan]) -> Self {
        let [plan, ..] = plans else { panic!("there is a plan") };
        let header = plan.header();
        let account = Account {
            id: header.account.to_string(),
            region: header.region.to_string(),
            caller: header.provisioner.to_string(),
        };
        let sandbox = sandbox_of(account);
        Assumed::by(plans).offer(&sandbox);
        Self::of_sandbox(sandbox, Home::of(plan))
    }

    fn of_sandbox(sandbox: Sandbox, home: Home) -> Self {
        // As if DNS had the validation records of ACM.
        sandbox.validate_domain("example.com");
        let served = sandbox.serve().expect("a loopback port is free");
        Self::of(served.url(), Aws::Sandbox { sandbox, _served: served }, home)
    }

    fn of(endpoint: String, aws: Aws, home: Home) -> Self {
        let setup = Setup {
            database: home.database.clone(),
            admin: home.admin.clone(),
            parameters: vec![("log_statement".to_owned(), "all".to_owned())],
            ..Setup::default()
        };
        let postgres = PostgresServer::start(&setup).expect("PostgreSQL starts");
        Self { reached: endpoint.clone(), endpoint, database: postgres.hostaddr(), postgres, aws, proxy: None, home }
    }

    /// Sets how tasks end that belong to no service, by the families of their task definitions.
    ///
    /// # Panics
    /// When the AWS is not the sandbox.
    pub(crate) fn set_outcomes(&self, tasks: BTreeMap<String, TaskOutcome>) {
        let Aws::Sandbox { sandbox, .. } = &self.aws else { panic!("only the sandbox has dials") };
        sandbox.turn(Dials { tasks, ..DIALS() });
    }

    /// Makes another role the caller of all calls from now on.
    ///
    /// # Panics
    /// When the AWS is not the sandbox.
    pub(crate) fn call_as(&self, role: &str) {
        let Aws::Sandbox { sandbox, .. } = &self.aws else { panic!("only the sandbox knows its caller") };
        sandbox.call_as(role);
    }

    /// Sets how long listings of IAM show nothing that is new.
    ///
    /// # Panics
    /// When the AWS is not the sandbox.
    pub(crate) fn set_lag_of_iam(&self, lag: Lag) {
        let Aws::Sandbox { sandbox, .. } = &self.aws else { panic!("only the sandbox has dials") };
        sandbox.turn(Dials { staleness: Staleness::default().with(Service::Iam, lag), ..DIALS() });
    }

    /// The same cloud, with the executor's calls through a proxy that injects the fault.
    pub(crate) fn with_fault(mut self, fault: Fault) -> Self {
        let proxy = self.proxy(fault);
        self.reached = proxy.url();
        self.proxy = Some(proxy);
        self
    }

    /// The number of attempts of each call, if there is a proxy.
    pub(crate) fn attempts(&self) -> BTreeMap<WireCall, u32> {
        self.proxy.as_ref().map(Proxy::attempts).unwrap_or_default()
    }

    /// The calls with their responses, if there is a proxy.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.proxy.as_ref().map(Proxy::exchanges).unwrap_or_default()
    }

    /// The executor's options.
    pub(crate) fn options(&self) -> Options {
        let quick = Duration::from_millis(50);
        Options {
            aws: AwsOptions {
                endpoint_url: Some(self.reached.clone()),
                credentials: Some(("test".into(), "test".into())),
                longest_pause: Some(quick),
                // Neither moto nor the sandbox throttles here.
                unpaced: true,
                ..AwsOptions::default()
            },
            postgres: PostgresOptions {
                hostaddr: Some(self.database.clone()),
                tls: TlsMode::Disable,
                ..PostgresOptions::default()
            },
            retry_policy: RetryPolicy { first: quick, visible_within: quick, ..RetryPolicy::default() },
            ..Options::default()
        }
    }

    /// The executor's options, with its own failure-injecting proxy.
    pub(crate) fn options_with(&self, fault: Fault) -> Options {
        let proxy = self.proxy(fault);
        let options = self.options();
        Options { aws: AwsOptions { endpoint_url: Some(proxy.url()), ..options.aws.clone() }, ..options }
    }

    /// Another proxy in front of it, with a fault of its own.
    pub(crate) fn proxy(&self, fault: Fault) -> Proxy {
        let address = self.endpoint.trim_start_matches("http://").parse().expect("an address of loopback");
        Proxy::start(address, fault).expect("a loopback port is free")
    }

    /// The arguments with which `saas` reaches it.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        self.arguments_at(&self.reached)
    }

    /// The same by another way.
    pub(crate) fn arguments_at<'a>(&'a self, url: &'a str) -> Vec<&'a str> {
        vec![
            "--endpoint-url",
            url,
            "--database-hostaddr",
            &self.database,
            "--database-tls",
            "disable",
            "--skip-preflight",
            "caller",
            "--skip-preflight",
            "engine-version",
        ]
    }

    /// Runs a Python script that talks to AWS with boto3, and returns its output.
    ///
    /// # Panics
    /// When it fails; the message has its output.
    pub(crate) fn python(&self, script: &[&str]) -> String {
        let python = setup::python().expect("Python is set up").join("python3");
        let output = Command::new(python)
            .args(script)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", &self.home.region)
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .output()
            .expect("Python runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script:?}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Changes the object of the lease, as Python writes it: `{'term_seconds': 0}`.
    pub(crate) fn edit_lease(&self, fields: &str) {
        self.python(&[
            "-c",
            &format!(
                "import boto3, json\n\
                 s3 = boto3.client('s3')\n\
                 where = {{'Bucket': 'saas-platform-control', 'Key': 'lease.json'}}\n\
                 lease = json.loads(s3.get_object(**where)['Body'].read()) | {fields}\n\
                 s3.put_object(Body=json.dumps(lease).encode(), **where)"
            ),
        ]);
    }

    /// Takes the lease away as if there had never been any.
    pub(crate) fn delete_lease(&self) {
        self.python(&[
            "-c",
            "import boto3\n\
             s3 = boto3.resource('s3')\n\
             for bucket in s3.buckets.all():\n    \
                 if bucket.name == 'saas-platform-control':\n        \
                     bucket.object_versions.filter(Prefix='lease.json').delete()",
        ]);
    }

    /// All resources as an independent client lists them: kind, name and address. Versions of the lease
    /// object are listed without their ids, which differ after every apply.
    pub(crate) fn inventory(&self) -> Vec<String> {
        let lines = self.list(&[]);
        let lease = format!("object-version {}-control/lease.json", self.home.platform);
        lines.into_iter().map(|line| if line.starts_with(&lease) { lease.clone() } else { line }).collect()
    }

    /// Resources with an address tag, as that client lists them: kind, name or id, address, digest.
    pub(crate) fn committed(&self) -> Vec<[String; 4]> {
        let fields = |line: String| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            <[String; 4]>::try_from(words).expect("kind, name, address and digest")
        };
        self.list(&["--digests"]).into_iter().map(fields).filter(|[_, _, address, _]| address != "-").collect()
    }

    fn list(&self, options: &[&str]) -> Vec<String> {
        let Home { platform, region, .. } = &self.home;
        let script = ["-B", "inventory.py", "--endpoint", &self.endpoint, "--platform", platform, "--region", region];
        let text = self.python(&[&script, options].concat());
        serde_json::from_str(&text).expect("the inventory is a JSON list")
    }

    /// Runs the program that reads the platform back, with more arguments.
    ///
    /// # Panics
    /// When a requirement does not hold.
    pub(crate) fn read_back_with(&self, arguments: &[&str]) {
        let script = ["-B", "read_back", "--endpoint", &self.endpoint];
        let held = self.python(&[&script, arguments].concat());
        let count = held.split(' ').next().and_then(|count| count.parse::<u32>().ok());
        assert!(count.is_some_and(|count| count > 300), "few expectations were looked at: {held}");
    }

    /// Panics unless every requirement is confirmed by reading back, for these `tenant:cost_center`s.
    pub(crate) fn read_back(&self, tenants: &[&str]) {
        let platform = ["--domain", "example.com", "--platform", "saas-platform", "--environment", "development"];
        self.read_back_with(&[&platform, tenants].concat());
    }

    /// The PostgreSQL log, which has every statement.
    pub(crate) fn database_log(&self) -> String {
        self.postgres.log().expect("the log can be read")
    }

    /// The result of a one-column query by the superuser, as lines.
    pub(crate) fn sql(&self, query: &str) -> Vec<String> {
        let answer = self.postgres.superuser(&self.home.database, query).expect("the superuser can query");
        answer.lines().map(str::to_owned).collect()
    }
}

/// The dials of every sandbox.
const DIALS: fn() -> Dials = || Dials { checks: true, ..Dials::default() };

/// A sandbox with an empty account and without latency.
pub(crate) fn empty_sandbox() -> Sandbox {
    let sandbox = sandbox_of(Account::example("us-east-1"));
    // The fixture names a version that AWS has withdrawn.
    sandbox.offer_engine_version("15.4");
    sandbox
}

fn sandbox_of(account: Account) -> Sandbox {
    let settings = Settings { account, beginning: Time::BEGINNING, pace: AwsPace::Instant, dials: DIALS() };
    Sandbox::new(settings)
}

/// A failing test prints the unusual responses of its AWS.
impl Drop for Cloud {
    fn drop(&mut self) {
        if let Aws::Sandbox { sandbox, .. } = &self.aws
            && !std::thread::panicking()
        {
            let faults: Vec<Call> = sandbox.journal().into_iter().filter(|call| !call.faults.is_empty()).collect();
            assert!(faults.is_empty(), "the sandbox received or sent something that it does not model: {faults:?}");
        }
        if std::thread::panicking() {
            let unusual: Vec<String> = match &self.aws {
                Aws::Moto(moto) => {
                    moto.log().lines().filter(|line| !line.contains("HTTP/1.1\" 200")).map(str::to_owned).collect()
                }
                Aws::Sandbox { sandbox, .. } => {
                    let refused = |call: &Call| matches!(call.outcome, Outcome::Refused(_));
                    sandbox.journal().into_iter().filter(refused).map(|call| format!("{call:?}")).collect()
                }
            };
            eprintln!("unusual responses:\n{}", unusual[unusual.len().saturating_sub(60)..].join("\n"));
        }
    }
}
