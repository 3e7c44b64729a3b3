//! Secrets are only in Secrets Manager and in the memory of a process that writes them.

use saas_tests::weather::{Call, Exchange, Weather};

use crate::cloud::Cloud;
use crate::desk::Desk;
use crate::platform::{SPEC, plan, with_tenant};

/// Whether a call's request must contain a secret, and whether its response must.
fn must_carry(call: &Call) -> (bool, bool) {
    let body = String::from_utf8_lossy(&call.body);
    let is = |operation: &str| call.operation.ends_with(operation) || body.contains(&format!("Action={operation}&"));
    match call.service.as_str() {
        "secretsmanager" => (is(".CreateSecret") || is(".PutSecretValue"), is("GetSecretValue")),
        "rds" => (is("CreateDBCluster") || is("ModifyDBCluster"), false),
        _ => (false, false),
    }
}

#[tokio::test]
async fn no_output_log_or_request_contains_a_secret() {
    let cloud = Cloud::sandbox().await.with_weather(Weather::Calm);
    let desk = Desk::new();
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut saas = |code: i32, words: &str| {
        let (stdout, stderr) = desk.expect(code, &cloud, words);
        texts.extend([(format!("stdout of {words}"), stdout), (format!("stderr of {words}"), stderr)]);
    };
    saas(3, "status plan.msgpack");
    saas(0, "apply plan.msgpack --yes --events events.ndjson --receipt receipt.msgpack");
    saas(0, "verify plan.msgpack --format json");
    saas(0, "outputs plan.msgpack --format json");
    saas(0, "history plan.msgpack --format json");

    // A tenant whose schema cannot be created, so that error messages are searched as well.
    let (four, _) = plan(&with_tenant(SPEC, "hooli-xyz"), &saas_model::Lock::default());
    fs_err::write(desk.work.path().join("four.msgpack"), four.encode()).expect("the plan is written");
    cloud.sql(
        "create function refuse() returns event_trigger language plpgsql \
             as $$ begin raise exception 'no schema can be created now'; end $$; \
         create event trigger refuse on ddl_command_start when tag in ('CREATE SCHEMA') execute function refuse();",
    );
    saas(1, "apply four.msgpack --yes --events more.ndjson --receipt failed.msgpack");
    cloud.sql("drop event trigger refuse; drop function refuse();");
    saas(0, "apply four.msgpack --yes --events rest.ndjson");

    let secrets = cloud.python(&[
        "-c",
        "import boto3\n\
         client = boto3.client('secretsmanager')\n\
         for page in client.get_paginator('list_secrets').paginate():\n    \
             for secret in page['SecretList']:\n        \
                 print(client.get_secret_value(SecretId=secret['ARN'])['SecretString'])",
    ]);
    let secrets: Vec<&str> = secrets.lines().collect();
    assert_eq!(secrets.len(), 5, "one for the administrator and one per tenant");
    saas(0, "destroy four.msgpack --yes --allow-data-loss tenant --allow-data-loss database --receipt last.msgpack");

    for entry in fs_err::read_dir(desk.work.path()).expect("the directory exists") {
        let path = entry.expect("it can be listed").path();
        let bytes = fs_err::read(&path).expect("it can be read");
        texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    texts.push(("the log of PostgreSQL".to_owned(), cloud.database_log()));
    let mut carried = 0;
    for Exchange { call, answer, .. } in cloud.exchanges() {
        let (in_request, in_answer) = must_carry(&call);
        for (exempt, what, bytes) in [(in_request, "asks", &call.body), (in_answer, "answers", &answer)] {
            let text = String::from_utf8_lossy(bytes).into_owned();
            if exempt {
                carried += secrets.iter().filter(|secret| text.contains(**secret)).count();
            } else {
                texts.push((format!("what {} {} {} {what}", call.service, call.operation, call.target), text));
            }
        }
    }
    assert!(carried > 2 * secrets.len(), "secrets are found where expected: {carried} times");
    assert!(texts.len() > 300, "all texts were searched: {}", texts.len());
    for (place, text) in texts {
        for secret in &secrets {
            assert!(!text.contains(secret), "a secret is in {place}");
        }
    }
}
