//! Keeps a run that has lost its lease from writing: no call that may change something is sent any
//! more. The clients that lease and receipts are written with have no fence.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::aws::calls::is_read;
use crate::lease::LeaseState;

/// Stands before every attempt of every call.
#[derive(Clone, Debug)]
pub(crate) struct Fence(pub(crate) LeaseState);

impl Intercept for Fence {
    fn name(&self) -> &'static str {
        "Fence"
    }

    // The hook behind this one counts calls, and what is held back here is none.
    fn modify_before_transmit(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reads = config.load::<Metadata>().is_some_and(|metadata| is_read(metadata.name()));
        if reads { Ok(()) } else { self.0.check().map_err(Into::into) }
    }
}
