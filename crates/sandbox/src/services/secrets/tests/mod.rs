//! Tests of Secrets Manager: calls as a provisioner sends them, and their validation.

mod creation;
mod deletion;
mod lists;
mod policies;
mod values;

use serde_json::{Value, json};

use crate::services::Service;
use crate::testing::Bench;

/// A sufficiently long token made of one letter.
fn token(letter: char) -> String {
    String::from(letter).repeat(32)
}

fn call(bench: &Bench, operation: &str, input: &Value) -> Result<Value, String> {
    bench.json(Service::Secrets, operation, input)
}

/// Creates a secret with a value and returns its ARN.
fn make(bench: &Bench, name: &str) -> String {
    let input = json!({"Name": name, "SecretString": "value", "ClientRequestToken": token('a')});
    let made = call(bench, "CreateSecret", &input).expect("a secret");
    made["ARN"].as_str().expect("an ARN").to_owned()
}

fn refusal(code: &str) -> Result<Value, String> {
    Err(code.to_owned())
}
