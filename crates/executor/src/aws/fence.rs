//! The fence: stops every writing call of a run that has lost its lease. The clients that write the lease
//! and the receipts have no fence.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::aws::calls::is_read;
use crate::lease::LeaseState;

/// Checks the lease before every attempt of every call.
#[derive(Clone, Debug)]
pub(crate) struct Fence(pub(crate) LeaseState);

impl Intercept for Fence {
    fn name(&self) -> &'static str {
        "Fence"
    }

    // The next hook counts calls, so a call that this hook stops is not counted.
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
