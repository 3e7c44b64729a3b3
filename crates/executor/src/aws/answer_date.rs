//! The time of an AWS response, by AWS's own clock. Ages of response data are relative to it, however
//! wrong the clock of this machine is.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use saas_model::time::UtcTime;

use crate::error::{Required, Result};

/// The time of a response, which the SDK does not expose.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnswerDate(Arc<Mutex<Option<UtcTime>>>);

impl AnswerDate {
    /// The time of the last response.
    ///
    /// # Errors
    /// When there was no response, or it has no `Date` header.
    pub(crate) fn required(&self, operation: &'static str) -> Result<UtcTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).required(operation, "Date")
    }
}

impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let date = date.and_then(|date| date.secs().try_into().ok()).map(UtcTime::from_unix);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
