//! Counts the calls that are made to AWS: every attempt, by service and operation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::Serialize;

/// A counter that all clients share.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Tally>>);

/// How often each operation was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally(BTreeMap<String, BTreeMap<String, u64>>);

impl Calls {
    /// What was counted so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, service: &str, operation: &str) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tally.0.entry(service.to_owned()).or_default().entry(operation.to_owned()).or_default() += 1;
    }
}

impl Tally {
    /// The operations of each service with their numbers.
    #[must_use]
    pub const fn by_service(&self) -> &BTreeMap<String, BTreeMap<String, u64>> {
        &self.0
    }

    /// All calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().flat_map(BTreeMap::values).sum()
    }

    /// The calls that may change something.
    #[must_use]
    pub fn mutating(&self) -> u64 {
        self.0.values().flatten().filter(|(operation, _)| !is_read(operation)).map(|(_, count)| count).sum()
    }
}

/// Whether an operation only reads, which its name tells in all services that are used here.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Describe", "List", "Get", "Head", "BatchGet"].iter().any(|verb| operation.starts_with(verb))
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            self.count(metadata.service(), metadata.name());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_from_writes() {
        let calls = Calls::default();
        calls.count("EC2", "CreateVpc");
        calls.count("EC2", "DescribeVpcs");
        calls.count("EC2", "DescribeVpcs");
        assert_eq!((calls.tally().total(), calls.tally().mutating()), (3, 1));
    }
}
