//! Task definitions in cases with unexpected responses of AWS.

use saas_model::resource::{Architecture, Container, SecretValue, TaskDefinition};
use saas_model::{Address, Template};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::provider;
use crate::providers::ecs::tests::{PASS_ROLE, role_of, tags};
use crate::state::external_values::{ExternalValue, ExternalVersion};
use crate::state::observed::Identity;
use crate::testing::Bench;
use crate::testing::application::{
    self, DEFINITION, DEFINITION_ARN, GENERATED, GENERATED_ARN, bench, nodes, nodes_with, to,
};
use crate::testing::json_api::{ECS, answer, called, calls, refusal};

#[tokio::test]
async fn revision_registered_by_a_call_without_response_is_not_registered_twice() {
    let server = MockServer::start().await;
    called(ECS, "RegisterTaskDefinition").respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let bench = bench(&server.uri(), nodes()).await;
    let newest = json!({
        "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN, "status": "ACTIVE" },
        "tags": tags(&bench, DEFINITION),
    });
    called(ECS, "DescribeTaskDefinition").respond_with(answer(newest)).mount(&server).await;

    let identity = provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("it was registered");
    assert_eq!(identity, Identity::of_arn(DEFINITION_ARN));
    assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), 1);
}

#[tokio::test]
async fn role_not_visible_yet_is_waited_for() {
    let server = MockServer::start().await;
    let refused = refusal("ClientException", "Role is not valid");
    called(ECS, "RegisterTaskDefinition").respond_with(refused).up_to_n_times(2).mount(&server).await;
    let made = json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN } });
    called(ECS, "RegisterTaskDefinition").respond_with(answer(made)).mount(&server).await;

    let bench = bench(&server.uri(), nodes()).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("the third attempt succeeds");
}

#[tokio::test]
async fn denied_pass_role_is_retried_for_a_new_role() {
    let server = MockServer::start().await;
    let denied = refusal("AccessDeniedException", PASS_ROLE);
    called(ECS, "RegisterTaskDefinition").respond_with(denied).up_to_n_times(3).mount(&server).await;
    let made = json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN } });
    called(ECS, "RegisterTaskDefinition").respond_with(answer(made)).mount(&server).await;
    role_of(&server, "2026-11-23T09:55:01Z").await;

    // Only IAM knows that the role is new: a killed run may have created it.
    let bench = bench(&server.uri(), nodes()).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("the fourth attempt succeeds");
    assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), 4);
}

#[tokio::test]
async fn denied_pass_role_of_an_old_role_fails_immediately_with_its_name() {
    let server = MockServer::start().await;
    for message in [PASS_ROLE, "You are not authorized to perform iam:PassRole"] {
        let denied = refusal("AccessDeniedException", message);
        called(ECS, "RegisterTaskDefinition").respond_with(denied).up_to_n_times(1).mount(&server).await;
    }
    role_of(&server, "2026-11-23T09:55:00Z").await;

    let bench = bench(&server.uri(), nodes()).await;
    for count in 1..=2 {
        let error = provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("it is denied");
        assert!(error.to_string().contains("role/saas-platform-acme-task"), "{error}");
        assert!(error.is(&["AccessDeniedException"]), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("`iam:PassRole`")), "{error}");
        assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), count, "it is not tried again");
    }
}

#[tokio::test]
async fn denied_call_other_than_pass_role_is_not_retried() {
    let server = MockServer::start().await;
    let denied = refusal("AccessDeniedException", "not authorized to perform: ecs:RegisterTaskDefinition");
    called(ECS, "RegisterTaskDefinition").respond_with(denied).mount(&server).await;
    let bench = bench(&server.uri(), nodes()).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("it is denied");
    assert_eq!(server.received_requests().await.expect("requests are recorded").len(), 1, "IAM is not asked");
}

/// A definition that uses every field: a website with a sidecar.
fn website() -> TaskDefinition {
    let secrets = [
        ("PASSWORD", SecretValue::Whole(to(GENERATED))),
        ("SESSION_KEY", SecretValue::Key { secret: to(GENERATED), key: "SESSION_KEY".parse().expect("valid") }),
        ("LICENSE", external("harbor/license/acme", Some("license"))),
        ("TOKEN", external("harbor/token", None)),
        ("SENTRY_DSN", parameter("/harbor/sentry-dsn")),
        ("FLAGS", parameter("flags")),
    ];
    let text = |text: &str| text.to_owned();
    let web = Container {
        memory_reservation: 1792,
        port: Some(8000),
        entrypoint: vec![text("/entry")],
        command: vec![text("gunicorn"), text("harbor.wsgi")],
        user: Some("1000:1000".parse().expect("valid")),
        environment: [(text("LOG_LEVEL"), Template::literal("info"))].into(),
        secrets: secrets.map(|(name, value)| (name.to_owned(), value)).into(),
        writable: [(text("/run"), 64), (text("/tmp"), 256)].into(),
        stop_timeout_seconds: Some(60),
        ..application::container()
    };
    let xray = Container { essential: false, memory_reservation: 256, port: None, ..application::container() };
    TaskDefinition {
        architecture: Architecture::Arm,
        containers: [(text("web"), web), (text("xray"), xray)].into(),
        ..application::task_definition()
    }
}

fn external(name: &str, key: Option<&str>) -> SecretValue {
    let key = key.map(|key| key.parse().expect("valid"));
    SecretValue::External { secret: name.parse().expect("valid"), key }
}

fn parameter(name: &str) -> SecretValue {
    SecretValue::Parameter(name.parse().expect("valid"))
}

const LICENSE_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:harbor/license/acme-LiCeNs";

/// A plan with this definition, and the secrets and parameters outside of the plan in their first versions.
async fn with_values(server: &MockServer, definition: TaskDefinition) -> Bench {
    let bench = bench(&server.uri(), nodes_with(DEFINITION, definition)).await;
    let ssm = |name: &str| format!("arn:aws:ssm:us-east-1:123456789012:parameter/{name}");
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:harbor/token-ToKeNs".to_owned();
    let found = [
        (external("harbor/license/acme", None), LICENSE_ARN.to_owned()),
        (external("harbor/token", None), secret),
        (parameter("/harbor/sentry-dsn"), ssm("harbor/sentry-dsn")),
        (parameter("flags"), ssm("flags")),
    ];
    let known = found.map(|(value, arn)| {
        let value = outside(value);
        (value, ExternalVersion { arn, version: "1".into() })
    });
    bench.live.know_external(known.into());
    bench
}

/// What saas registers for a definition.
async fn registered(definition: TaskDefinition) -> Value {
    let server = MockServer::start().await;
    let made = json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN } });
    called(ECS, "RegisterTaskDefinition").respond_with(answer(made)).mount(&server).await;
    let bench = with_values(&server, definition).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("ECS registers it");
    calls(&server, "RegisterTaskDefinition").await.pop().expect("there is one call")
}

/// The fields in which a described definition differs from the planned one, with their live values.
async fn drift(planned: TaskDefinition, live: &Value) -> Vec<(String, Value)> {
    let server = MockServer::start().await;
    let bench = with_values(&server, planned).await;
    let mut live = live.clone();
    live["taskDefinitionArn"] = json!(DEFINITION_ARN);
    live["status"] = json!("ACTIVE");
    let described = json!({ "taskDefinition": live, "tags": tags(&bench, DEFINITION) });
    called(ECS, "DescribeTaskDefinition").respond_with(answer(described)).mount(&server).await;
    let found = bench.live.get(&Address::literal(DEFINITION)).expect("it was assumed");
    let reading = provider::describe(&bench.cx(), &found).await.expect("ECS answers").expect("it is there");
    let mut changes = reading.differences_to(&bench.node(DEFINITION).resource);
    changes.extend(reading.unmodelled);
    changes.into_iter().map(|change| (change.field, change.before)).collect()
}

#[tokio::test]
async fn task_definition_is_registered_with_all_containers() {
    let sent = registered(website()).await;
    assert_eq!(sent["runtimePlatform"], json!({ "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" }));
    let [web, xray] = sent["containerDefinitions"].as_array().expect("a list").as_slice() else { panic!("{sent:#}") };
    assert_eq!(
        (&web["name"], &web["essential"], &web["memoryReservation"]),
        (&"web".into(), &true.into(), &1792.into())
    );
    assert_eq!((&web["entryPoint"], &web["command"]), (&json!(["/entry"]), &json!(["gunicorn", "harbor.wsgi"])));
    assert_eq!((&web["user"], &web["stopTimeout"]), (&"1000:1000".into(), &60.into()));
    let tmpfs = |path: &str, size: u32| json!({ "containerPath": path, "size": size, "mountOptions": ["mode=1777"] });
    assert_eq!(web["linuxParameters"]["tmpfs"], json!([tmpfs("/run", 64), tmpfs("/tmp", 256)]));
    let options =
        json!({ "awslogs-group": "/ecs/tenant/acme", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web" });
    assert_eq!(web["logConfiguration"]["options"], options);
    for absent in ["portMappings", "entryPoint", "command", "user", "linuxParameters", "stopTimeout"] {
        assert_eq!(xray[absent], Value::Null, "{absent}: ECS takes the image's own");
    }
    assert_eq!((&xray["name"], &xray["essential"]), (&"xray".into(), &false.into()));
}

#[tokio::test]
async fn secrets_are_injected_by_reference() {
    let sent = registered(website()).await;
    let pairs = sent["containerDefinitions"][0]["secrets"].as_array().expect("a list");
    let sources: Vec<(&str, &str)> = pairs
        .iter()
        .map(|pair| (pair["name"].as_str().expect("a text"), pair["valueFrom"].as_str().expect("a text")))
        .collect();
    let license = format!("{LICENSE_ARN}:license::");
    let generated = format!("{GENERATED_ARN}:SESSION_KEY::");
    assert_eq!(
        sources,
        [
            ("FLAGS", "arn:aws:ssm:us-east-1:123456789012:parameter/flags"),
            ("LICENSE", license.as_str()),
            ("PASSWORD", GENERATED_ARN),
            ("SENTRY_DSN", "arn:aws:ssm:us-east-1:123456789012:parameter/harbor/sentry-dsn"),
            ("SESSION_KEY", generated.as_str()),
            ("TOKEN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:harbor/token-ToKeNs"),
        ]
    );
}

#[tokio::test]
async fn registered_task_definition_equals_the_planned_one() {
    for definition in [website(), application::task_definition()] {
        let live = registered(definition.clone()).await;
        assert_eq!(drift(definition, &live).await, []);
    }
}

/// References that were changed by hand, each to something that the model has a value for.
#[tokio::test]
async fn changed_references_to_secrets_are_drift() {
    let mut live = registered(website()).await;
    let sources = live["containerDefinitions"][0]["secrets"].as_array_mut().expect("a list");
    let mut change = |name: &str, source: &str| {
        let pair = sources.iter_mut().find(|pair| pair["name"] == name).expect("it is injected");
        pair["valueFrom"] = json!(source);
    };
    change("FLAGS", "arn:aws:ssm:us-east-1:123456789012:parameter/other/flags");
    change("LICENSE", &format!("{LICENSE_ARN}:other::"));
    change("PASSWORD", &format!("{GENERATED_ARN}:SESSION_KEY::"));
    // A version, another account and another service: the model has no values for these.
    change("SENTRY_DSN", "arn:aws:ssm:us-east-1:999999999999:parameter/harbor/sentry-dsn");
    change("SESSION_KEY", &format!("{GENERATED_ARN}:SESSION_KEY:AWSPREVIOUS:"));
    change("TOKEN", "arn:aws:s3:::bucket/token");
    let found = drift(website(), &live).await;
    let fields: Vec<&str> =
        found.iter().map(|(field, _)| field.trim_start_matches("containers.web.secrets.")).collect();
    let expected = [
        "FLAGS.parameter",
        "LICENSE.external.key",
        "PASSWORD.key",
        "PASSWORD.whole",
        "SENTRY_DSN",
        "SESSION_KEY",
        "TOKEN",
    ];
    assert_eq!(fields, expected);
    let shown = |name: &str| found.iter().find(|(field, _)| field.ends_with(name)).map(|(_, live)| live.clone());
    assert_eq!(shown("SESSION_KEY"), Some(json!(format!("{GENERATED_ARN}:SESSION_KEY:AWSPREVIOUS:"))));
    assert_eq!(shown("TOKEN"), Some(json!("arn:aws:s3:::bucket/token")));
}

#[tokio::test]
async fn settings_without_a_model_value_are_drift() {
    let mut live = registered(website()).await;
    live["cpu"] = json!("1 vCPU");
    live["volumes"] = json!([{ "name": "data" }]);
    let web = &mut live["containerDefinitions"][0];
    web["image"] = json!("nginx:latest");
    web["portMappings"] =
        json!([{ "containerPort": 8000, "protocol": "tcp" }, { "containerPort": 53, "protocol": "udp" }]);
    web["linuxParameters"]["tmpfs"][0]["mountOptions"] = json!(["mode=1777", "noexec"]);
    web["linuxParameters"]["initProcessEnabled"] = json!(true);
    web["mountPoints"] = json!([{ "sourceVolume": "data", "containerPath": "/data" }]);
    web["logConfiguration"]["options"]["mode"] = json!("non-blocking");
    // What ECS adds to every definition.
    web["cpu"] = json!(0);
    web["systemControls"] = json!([]);
    web["volumesFrom"] = json!([]);
    let found = drift(website(), &live).await;
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "containers.web.image",
            "containers.web.port",
            "containers.web.writable",
            "cpu",
            "volumes",
            "containers.web.linuxParameters",
            "containers.web.logConfiguration",
            "containers.web.mountPoints",
        ]
    );
    assert_eq!(found[0].1, "nginx:latest");
    assert_eq!(found[1].1, json!(["8000/tcp", "53/udp"]));
    assert_eq!(found[3].1, "1 vCPU");
}

/// What a value outside of the plan is.
fn outside(value: SecretValue) -> ExternalValue {
    match value {
        SecretValue::External { secret, key: _ } => ExternalValue::Secret(secret),
        SecretValue::Parameter(name) => ExternalValue::Parameter(name),
        SecretValue::Whole(_) | SecretValue::Key { .. } => panic!("it is of the plan"),
    }
}

#[tokio::test]
async fn new_version_of_an_injected_value_changes_the_resolved_inputs() {
    let server = MockServer::start().await;
    let bench = with_values(&server, website()).await;
    let resolved = || bench.cx().resolved_inputs(bench.node(DEFINITION)).expect("everything is there");
    let first = resolved();
    assert_eq!(first, resolved());
    let second = |value: SecretValue, arn: &str| {
        let value = outside(value);
        bench.live.know_external([(value, ExternalVersion { arn: arn.to_owned(), version: "2".into() })].into());
    };
    second(parameter("flags"), "arn:aws:ssm:us-east-1:123456789012:parameter/flags");
    let changed_parameter = resolved();
    assert_ne!(first, changed_parameter);
    second(external("harbor/license/acme", None), LICENSE_ARN);
    let changed_secret = resolved();
    assert_ne!(changed_parameter, changed_secret);
    let version = Some("2".to_owned());
    bench.assume(GENERATED, Identity { version, ..Identity::of_arn(GENERATED_ARN) });
    assert_ne!(changed_secret, resolved());
}

#[tokio::test]
async fn missing_external_value_fails_the_registration_with_its_name() {
    let server = MockServer::start().await;
    let bench = bench(&server.uri(), nodes_with(DEFINITION, website())).await;
    let error = provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("nothing is known");
    assert!(error.to_string().contains("secret `harbor/license/acme`"), "{error}");
    assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), 0);
}
