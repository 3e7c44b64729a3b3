//! Answers and requests of the services that speak AWS JSON, such as ECS.

use serde_json::{Value, json};
use wiremock::matchers::header;
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

/// The names of services in the header `x-amz-target`.
pub(crate) const ECS: &str = "AmazonEC2ContainerServiceV20141113";
pub(crate) const SCALING: &str = "AnyScaleFrontendService";

/// A mock of an operation.
pub(crate) fn called(service: &str, operation: &str) -> MockBuilder {
    Mock::given(header("x-amz-target", format!("{service}.{operation}").as_str()))
}

pub(crate) fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn refusal(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({ "__type": code, "message": message }))
}

/// The bodies of all calls of an operation.
pub(crate) async fn calls(server: &MockServer, operation: &str) -> Vec<Value> {
    let requests = server.received_requests().await.expect("requests are recorded");
    let suffix = format!(".{operation}");
    let wanted = requests.iter().filter(|request| {
        request
            .headers
            .get("x-amz-target")
            .is_some_and(|target| target.to_str().is_ok_and(|text| text.ends_with(&suffix)))
    });
    wanted.map(|request| serde_json::from_slice(&request.body).expect("requests are JSON")).collect()
}
