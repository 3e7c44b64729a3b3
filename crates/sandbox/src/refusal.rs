//! Errors as services return them.

use std::borrow::Cow;

/// Returns an error from the function unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $refusal:expr) => {
        if !$condition {
            return Err($refusal);
        }
    };
}
pub(crate) use ensure;

/// An error of AWS: a code that clients match on, and a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// Further elements of an XML error, by name.
    pub(crate) details: Vec<(&'static str, String)>,
    /// Additional response headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// An error with HTTP status 400, the most common one.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, details: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Adds an element.
    pub(crate) fn detail(mut self, element: &'static str, value: impl Into<String>) -> Self {
        self.details.push((element, value.into()));
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The error for a missing required parameter. Each service has its own code for it, which
    /// [`crate::services::Service::missing_parameter`] returns.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("", format!("The request must contain the parameter {parameter}"))
    }

    /// Whether this is [`Self::missing`], whose code the service has not filled in yet.
    pub(crate) fn is_missing_parameter(&self) -> bool {
        self.code.is_empty()
    }
}
