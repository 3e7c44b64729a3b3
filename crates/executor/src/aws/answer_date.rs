//! When AWS gave an answer, by its own clock: the time by which the age of what is in the answer is
//! told, however wrong the clock of this machine is.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use saas_model::time::UtcTime;

use crate::error::{Required, Result};

/// The time that an answer was given, which the SDK does not show.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnswerDate(Arc<Mutex<Option<UtcTime>>>);

impl AnswerDate {
    /// The time of the last answer.
    ///
    /// # Errors
    /// When there was none, or it does not say.
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
