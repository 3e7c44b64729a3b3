//! Tests of IAM: calls as a provisioner sends them, and their validation.

mod documents;
mod linked;
mod policies;
mod roles;
mod tags;

use serde_json::{Value, json};

use crate::services::Service;
use crate::testing::Bench;

/// Creates a role with this name that ECS tasks can assume.
fn make(bench: &Bench, name: &str) -> String {
    call(bench, "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &trust())]).expect("a role")
}

fn call(bench: &Bench, action: &str, input: &[(&str, &str)]) -> Result<String, String> {
    bench.query(Service::Iam, action, input)
}

/// The HTTP status of a call.
fn status(bench: &Bench, action: &str, input: &[(&str, &str)]) -> u16 {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).extend_pairs(input);
    bench.send(Service::Iam, "POST", "/", &[], body.finish().into_bytes()).status().as_u16()
}

fn policy(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn trust() -> String {
    trusting(&json!({"Service": "ecs-tasks.amazonaws.com"}))
}

fn trusting(principal: &Value) -> String {
    policy(&json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
}

fn permission() -> String {
    policy(&json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket"}))
}

/// Decodes a document of an answer.
fn decoded(text: &str) -> Value {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().expect("a text");
    serde_json::from_str(&text).expect("a document in JSON")
}
