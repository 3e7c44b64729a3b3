//! AWS's API models, and the validation of every call against them.
//!
//! `cargo xtask models` derives the models from botocore and writes one file for each service to
//! `models/`. Before an operation runs, [`admit`] validates its input against the input shape. Input
//! that is missing, has a wrong type or length, is out of range, does not match a pattern or an
//! enumeration, or is unknown is refused with the service's own error. Operations need not check any of
//! this again.

mod answer;
mod check;
mod dialect;
mod document;
mod exceptions;
mod ignored;
mod pattern;
mod request;
mod rest;
mod rest_json;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde_json::Value;

use crate::input::Input;
use crate::refusal::Refusal;
use crate::services::{Protocol, Service, s3};
use check::Form;
pub(crate) use shape::Model;

impl Model {
    /// The model of a service, which is parsed at its first use.
    pub(crate) fn of(service: Service) -> &'static Self {
        static MODELS: [OnceLock<Model>; Service::ALL.len()] = [const { OnceLock::new() }; Service::ALL.len()];
        let place = Service::ALL.into_iter().position(|other| other == service).unwrap_or_default();
        MODELS[place].get_or_init(|| Self::read(service.descriptor().model))
    }
}

const fn form(service: Service) -> Form {
    match service.protocol() {
        Protocol::Ec2Query { .. } => Form::Ec2,
        Protocol::AwsQuery { .. } => Form::Query,
        Protocol::Json(_) | Protocol::RestJson(_) => Form::Json,
        Protocol::Rest(_) => Form::Rest,
    }
}

/// Validates the input of an operation against the model of its service.
///
/// # Errors
/// When the input is invalid, with the service's own error.
pub(crate) fn admit(service: Service, operation: &str, input: &Value) -> Result<(), Refusal> {
    let violations = check::input(Model::of(service), service, form(service), operation, input);
    if violations.is_empty() { Ok(()) } else { Err(dialect::refusal(service, operation, &violations)) }
}

/// Collects the input of a request of S3 from its path, query, headers and body.
///
/// # Errors
/// When the body is incomplete, or is not XML where XML is required.
pub(crate) fn rest_input(operation: &str, request: &s3::Request) -> Result<Input, Refusal> {
    rest::input(Model::of(Service::S3), operation, request).map(Input::received)
}

/// The operation that a request of S3 calls, among all of AWS's.
pub(crate) fn rest_operation(request: &s3::Request) -> Option<&'static str> {
    request::operation(Model::of(Service::S3), request)
}

/// AWS's refusal of a request of S3 that calls no operation, if it is known.
pub(crate) fn rest_refusal(request: &s3::Request) -> Option<Refusal> {
    request::refusal(Model::of(Service::S3), request)
}

/// The operation of a service with REST and JSON that a request calls, by its method and path.
pub(crate) fn rest_json_operation(service: Service, request: &http::Request<bytes::Bytes>) -> Option<&'static str> {
    rest_json::operation(Model::of(service), request)
}

/// Collects the input of a request in REST and JSON from its path, query and body.
pub(crate) fn rest_json_input(
    service: Service,
    operation: &str,
    request: &http::Request<bytes::Bytes>,
    body: Value,
) -> Input {
    Input::received(rest_json::input(Model::of(service), operation, request, body))
}

/// The method, the path and the body of a request in REST and JSON with this input.
#[cfg(test)]
pub(crate) fn rest_json_request(service: Service, operation: &str, input: &Value) -> (&'static str, String, Value) {
    rest_json::request(Model::of(service), operation, input)
}

/// The paths of members that were sent and that the operation did not read.
pub(crate) fn unread(service: Service, operation: &str, input: &Input) -> Vec<String> {
    let mut unread = input.unread();
    if let Protocol::Rest(_) = service.protocol() {
        unread.retain(|place| !rest::was_read(Model::of(service), operation, input, place));
    }
    unread.retain(|place| !ignored::is_inert(service, operation, place));
    unread
}

/// The deviations of an answer from the model of its service.
pub(crate) fn faults(service: Service, operation: &str, answer: &http::Response<bytes::Bytes>) -> Vec<String> {
    answer::faults(Model::of(service), form(service), operation, answer)
}

/// Records the members that an operation reads, one a line, for `cargo xtask models --unmodelled`.
#[cfg(test)]
pub(crate) fn note(service: Service, operation: &str, input: &Input) {
    let line = |place: String| format!("{} {operation} {place}\n", service.signing_name());
    append_to_file("asked", &input.asked().into_iter().map(line).collect::<String>());
}

/// Appends lines to a file of this process in the directory that the environment names; `false` when it
/// names none.
#[cfg(test)]
pub(crate) fn append_to_file(file: &str, lines: &str) -> bool {
    use std::io::Write as _;

    let Some(directory) = std::env::var_os("SAAS_SANDBOX_READS") else { return false };
    let path = std::path::Path::new(&directory).join(format!("{file}-{}", std::process::id()));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(lines.as_bytes())).is_ok()
}
