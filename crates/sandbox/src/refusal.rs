//! How a service says no.

use std::borrow::Cow;

/// An error in AWS's own words: a code that clients match on, and a text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// What an XML error says beside code and text, by element.
    pub(crate) details: Vec<(&'static str, String)>,
    /// What its head says.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with HTTP status 400, which most have.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, details: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same with one more element.
    pub(crate) fn detail(mut self, element: &'static str, value: impl Into<String>) -> Self {
        self.details.push((element, value.into()));
        self
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A parameter that must be there is not. Services call this by different codes, which
    /// [`crate::services::Service::missing_parameter`] knows.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("", format!("The request must contain the parameter {parameter}"))
    }

    /// Whether the code is still that of the service.
    pub(crate) fn is_missing_parameter(&self) -> bool {
        self.code.is_empty()
    }
}
