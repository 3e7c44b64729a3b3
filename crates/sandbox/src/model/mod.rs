//! AWS's own API models, and the check of every call against them.
//!
//! The models are taken from botocore by `cargo xtask models` and lie in `models/`, a file a service.
//! Before an operation is performed, [`admit`] types its input by the input shape: what is missing, of a
//! wrong type, too long, out of range, unlike a pattern, outside an enumeration or unknown is refused
//! in the dialect of the service. So an operation need not look at any of this again.

mod check;
mod dialect;
mod exceptions;
mod pattern;
mod rest;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde_json::Value;

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

/// Lets an input through that is as the model of its service says.
///
/// # Errors
/// In the dialect of the service, when it is not.
pub(crate) fn admit(service: Service, operation: &str, input: &Value) -> Result<(), Refusal> {
    let form = match service.protocol() {
        Protocol::Ec2Query { .. } => Form::Ec2,
        Protocol::AwsQuery { .. } => Form::Query,
        Protocol::Json(_) => Form::Json,
        Protocol::Rest(_) => Form::Rest,
    };
    let violations = check::input(Model::of(service), service, form, operation, input);
    if violations.is_empty() { Ok(()) } else { Err(dialect::refusal(service, operation, &violations)) }
}

/// The same for a request of S3, whose input is in its path, its query, its headers and its body.
///
/// # Errors
/// As S3 refuses, when it is not.
pub(crate) fn admit_rest(operation: &str, request: &s3::Request) -> Result<(), Refusal> {
    let input = rest::input(Model::of(Service::S3), operation, request)?;
    admit(Service::S3, operation, &input)
}
