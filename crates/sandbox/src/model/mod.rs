//! AWS's own API models, and the check of every call against them.
//!
//! The models are taken from botocore by `cargo xtask models` and lie in `models/`, a file a service.
//! Before an operation is performed, [`admit`] types its input by the input shape: what is missing, of a
//! wrong type, too long, out of range, unlike a pattern, outside an enumeration or unknown is refused
//! in the dialect of the service. So an operation need not look at any of this again.

mod answer;
mod check;
mod dialect;
mod exceptions;
mod ignored;
mod pattern;
mod rest;
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
    /// The model of a service, which is read when it is first asked for.
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
        Protocol::Json(_) => Form::Json,
        Protocol::Rest(_) => Form::Rest,
    }
}

/// Lets an input through that is as the model of its service says.
///
/// # Errors
/// In the dialect of the service, when it is not.
pub(crate) fn admit(service: Service, operation: &str, input: &Value) -> Result<(), Refusal> {
    let violations = check::input(Model::of(service), service, form(service), operation, input);
    if violations.is_empty() { Ok(()) } else { Err(dialect::refusal(service, operation, &violations)) }
}

/// The input of a request of S3, which is in its path, its query, its headers and its body.
///
/// # Errors
/// When its body did not arrive whole, or is no XML where it must be.
pub(crate) fn rest_input(operation: &str, request: &s3::Request) -> Result<Input, Refusal> {
    rest::input(Model::of(Service::S3), operation, request).map(Input::received)
}

/// What came with a call that its operation did not ask for, by place.
pub(crate) fn unread(service: Service, operation: &str, input: &Input) -> Vec<String> {
    let mut unread = input.unread();
    if let Protocol::Rest(_) = service.protocol() {
        unread.retain(|place| !rest::is_looked_at(Model::of(service), operation, input, place));
    }
    unread.retain(|place| !ignored::is_inert(service, operation, place));
    unread
}

/// What in an answer is not as the model of its service says.
pub(crate) fn faults(service: Service, operation: &str, answer: &http::Response<bytes::Bytes>) -> Vec<String> {
    answer::faults(Model::of(service), form(service), operation, answer)
}

/// Writes down which members an operation asks for, for `cargo xtask models --unmodelled`: a line a
/// member.
#[cfg(test)]
pub(crate) fn note(service: Service, operation: &str, input: &Input) {
    let line = |place: String| format!("{} {operation} {place}\n", service.signing_name());
    note_in("asked", &input.asked().into_iter().map(line).collect::<String>());
}

/// Adds lines to a file of this process in the directory that the environment names, if it names one.
#[cfg(test)]
pub(crate) fn note_in(file: &str, lines: &str) -> bool {
    use std::io::Write as _;

    let Some(directory) = std::env::var_os("SAAS_SANDBOX_READS") else { return false };
    let path = std::path::Path::new(&directory).join(format!("{file}-{}", std::process::id()));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(lines.as_bytes())).is_ok()
}
