//! Secrets are only in Secrets Manager and in the memory of a process that writes them.

use saas_model::Lock;
use saas_sandbox::TaskOutcome;
use saas_tests::fault_proxy::{Call, Exchange, Fault};

use crate::application;
use crate::cloud::Cloud;
use crate::platform::{SPEC, plan, with_tenant};
use crate::working_directory::WorkingDirectory;

/// Whether a call's request must contain a secret, and whether its response must.
fn must_carry(call: &Call) -> (bool, bool) {
    let body = String::from_utf8_lossy(&call.body);
    let is = |operation: &str| call.operation.ends_with(operation) || body.contains(&format!("Action={operation}&"));
    match call.service.as_str() {
        "secretsmanager" => (is(".CreateSecret") || is(".PutSecretValue"), is("GetSecretValue")),
        "rds" => (is("CreateDBCluster") || is("ModifyDBCluster"), false),
        // The output of a task that failed.
        "logs" => (false, is(".GetLogEvents")),
        _ => (false, false),
    }
}

#[tokio::test]
async fn no_output_log_or_request_contains_a_secret() {
    let cloud = Cloud::sandbox().await.with_fault(Fault::None);
    let directory = WorkingDirectory::new();
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut saas = |code: i32, words: &str| {
        let (stdout, stderr) = directory.expect(code, &cloud, words);
        texts.extend([(format!("stdout of {words}"), stdout), (format!("stderr of {words}"), stderr)]);
    };
    saas(3, "status plan.msgpack");
    saas(0, "apply plan.msgpack --yes --events events.ndjson --receipt receipt.msgpack");
    saas(0, "verify plan.msgpack --format json");
    saas(0, "outputs plan.msgpack --format json");
    saas(0, "history plan.msgpack --format json");

    // A tenant whose schema cannot be created, so that error messages are searched as well.
    let (four, _) = plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    fs_err::write(directory.work.path().join("four.msgpack"), four.encode()).expect("the plan is written");
    cloud.sql(
        "create function refuse() returns event_trigger language plpgsql \
             as $$ begin raise exception 'no schema can be created now'; end $$; \
         create event trigger refuse on ddl_command_start when tag in ('CREATE SCHEMA') execute function refuse();",
    );
    saas(1, "apply four.msgpack --yes --events more.ndjson --receipt failed.msgpack");
    cloud.sql("drop event trigger refuse; drop function refuse();");
    saas(0, "apply four.msgpack --yes --events rest.ndjson");

    let secrets = secrets(&cloud);
    assert_eq!(secrets.len(), 5, "one for the administrator and one per tenant");
    saas(0, "destroy four.msgpack --yes --allow-data-loss tenant --allow-data-loss database --receipt last.msgpack");
    assert_hidden(&cloud, &directory, texts, &secrets);
}

/// What a failed migration has written is for the operator's terminal alone.
#[tokio::test]
async fn no_output_log_or_request_of_an_application_contains_a_secret() {
    const OUTPUT: &str = "row of a tenant: 4711";
    let (plan, _) = plan(application::SPEC, &Lock::default());
    let cloud = Cloud::sandbox_for(&[&plan]).await.with_fault(Fault::None);
    let directory = WorkingDirectory::of(plan);
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut saas = |code: i32, words: &str| {
        let (stdout, stderr) = directory.expect(code, &cloud, words);
        texts.extend([(format!("stdout of {words}"), stdout), (format!("stderr of {words}"), stderr)]);
    };
    let failure = TaskOutcome { exit_code: Some(3), output: vec![OUTPUT.to_owned()], ..TaskOutcome::default() };
    cloud.set_outcomes([("harbor-acme--migrate".to_owned(), failure)].into());
    saas(1, "apply plan.msgpack --yes --events events.ndjson --receipt failed.msgpack");
    cloud.set_outcomes([].into());
    saas(0, "apply plan.msgpack --yes --events rest.ndjson --receipt receipt.msgpack");
    saas(0, "verify plan.msgpack --format json");
    saas(0, "outputs plan.msgpack --format json");
    saas(0, "history plan.msgpack --format json");
    let told = texts.iter().any(|(_, text)| text.contains("its container exited with code 3"));
    assert!(told, "the failure of the migration is told: {texts:#?}");

    let mut secrets = secrets(&cloud);
    assert_eq!(secrets.len(), 10, "one for the administrator and three per tenant");
    let was_read = |exchange: &Exchange| String::from_utf8_lossy(&exchange.answer).contains(OUTPUT);
    assert!(cloud.exchanges().iter().any(was_read), "the output of the migration is read");
    secrets.push(OUTPUT.to_owned());
    assert_hidden(&cloud, &directory, texts, &secrets);
}

/// The values of all secrets that saas has created: those in a JSON object one by one.
fn secrets(cloud: &Cloud) -> Vec<String> {
    let values = cloud.python(&[
        "-c",
        "import boto3, json\n\
         client = boto3.client('secretsmanager')\n\
         for page in client.get_paginator('list_secrets').paginate():\n    \
             for secret in page['SecretList']:\n        \
                 value = client.get_secret_value(SecretId=secret['ARN'])['SecretString']\n        \
                 if secret['Name'].startswith('rds/'):\n            \
                     print(value)\n        \
                 elif secret['Name'].startswith('ecs/'):\n            \
                     print('\\n'.join(json.loads(value).values()))",
    ]);
    values.lines().map(str::to_owned).collect()
}

/// Panics if a secret is in one of the texts, in a file, in the log of PostgreSQL, or in a call that need not have it.
fn assert_hidden(cloud: &Cloud, directory: &WorkingDirectory, mut texts: Vec<(String, String)>, secrets: &[String]) {
    for entry in fs_err::read_dir(directory.work.path()).expect("the directory exists") {
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
                carried += secrets.iter().filter(|secret| text.contains(*secret)).count();
            } else {
                texts.push((format!("what {} {} {} {what}", call.service, call.operation, call.target), text));
            }
        }
    }
    assert!(carried > 2 * secrets.len(), "secrets are found where expected: {carried} times");
    assert!(texts.len() > 300, "all texts were searched: {}", texts.len());
    for (place, text) in texts {
        for secret in secrets {
            assert!(!text.contains(secret), "a secret is in {place}");
        }
    }
}
