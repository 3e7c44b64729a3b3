//! The calls made to AWS: every attempt, in order, with the node that it serves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use saas_model::Address;
use serde::Serialize;

tokio::task_local! {
    /// The node that the current calls serve.
    static CURRENT_NODE: Address;
}

/// Runs `work` for the node at `address`, so that its calls are attributed to that node.
pub(crate) fn on_behalf_of<F: Future>(address: &Address, work: F) -> impl Future<Output = F::Output> {
    CURRENT_NODE.scope(address.clone(), work)
}

/// The node that the current calls serve, if any.
pub(crate) fn current_node() -> Option<Address> {
    CURRENT_NODE.try_with(Clone::clone).ok()
}

/// The record of calls that all clients share.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    sent: Arc<Mutex<Vec<Call>>>,
    /// The node of all calls of one client, if fixed.
    of: Option<Address>,
}

/// A call that was sent, with any outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The service, by its name in the SDK.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The node that it serves; `None` for a call about many nodes.
    pub address: Option<Address>,
}

impl Call {
    /// Whether it only reads. The operation names of all services in use show that.
    #[must_use]
    pub fn is_read(&self) -> bool {
        is_read(&self.operation)
    }

    /// The call as `service:Operation`, with the prefix that IAM gives to the service.
    ///
    /// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
    #[must_use]
    pub fn action(&self) -> String {
        let prefix = match self.service.as_str() {
            "Application Auto Scaling" => "application-autoscaling",
            "CloudWatch Logs" => "logs",
            "Elastic Load Balancing v2" => "elasticloadbalancing",
            "Resource Groups Tagging API" => "tag",
            "Secrets Manager" => "secretsmanager",
            other => &other.to_ascii_lowercase(),
        };
        format!("{prefix}:{}", self.operation)
    }
}

/// The number of calls of each operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally(BTreeMap<String, BTreeMap<String, u64>>);

impl Calls {
    /// The same record, for a client whose calls all serve one node.
    pub(crate) fn of(&self, address: Address) -> Self {
        Self { of: Some(address), ..self.clone() }
    }

    /// The calls sent so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Call> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call that may write was sent for a node.
    pub(crate) fn wrote_for(&self, address: &Address) -> bool {
        self.lock().iter().any(|call| !call.is_read() && call.address.as_ref() == Some(address))
    }

    /// The number of calls of each operation.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for Call { service, operation, .. } in self.lock().iter() {
            *tally.0.entry(service.clone()).or_default().entry(operation.clone()).or_default() += 1;
        }
        tally
    }

    fn record(&self, service: &str, operation: &str) {
        let address = self.of.clone().or_else(current_node);
        let call = Call { service: service.to_owned(), operation: operation.to_owned(), address };
        self.lock().push(call);
    }
}

impl Tally {
    /// The number of calls by service and operation.
    #[must_use]
    pub const fn by_service(&self) -> &BTreeMap<String, BTreeMap<String, u64>> {
        &self.0
    }

    /// The number of all calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().flat_map(BTreeMap::values).sum()
    }

    /// The calls that an earlier count does not contain.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut later = self.clone();
        for (service, operations) in &mut later.0 {
            let before = earlier.0.get(service);
            for (operation, count) in operations.iter_mut() {
                *count -= before.and_then(|before| before.get(operation)).copied().unwrap_or(0).min(*count);
            }
            operations.retain(|_, count| *count > 0);
        }
        later.0.retain(|_, operations| !operations.is_empty());
        later
    }

    /// The number of calls that may write.
    #[must_use]
    pub fn mutating(&self) -> u64 {
        self.0.values().flatten().filter(|(operation, _)| !is_read(operation)).map(|(_, count)| count).sum()
    }
}

/// Whether an operation only reads, according to its name.
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
            self.record(metadata.service(), metadata.name());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_classified_as_reads_or_writes() {
        let calls = Calls::default();
        calls.record("EC2", "CreateVpc");
        calls.record("EC2", "DescribeVpcs");
        calls.record("EC2", "DescribeVpcs");
        assert_eq!((calls.tally().total(), calls.tally().mutating()), (3, 1));
    }

    #[test]
    fn tally_difference_contains_only_later_calls() {
        let calls = Calls::default();
        calls.record("EC2", "CreateVpc");
        calls.record("EC2", "DescribeVpcs");
        let before = calls.tally();
        calls.record("EC2", "DescribeVpcs");
        calls.record("RDS", "CreateDBCluster");
        let later = calls.tally().since(&before);
        let counts = [("EC2", "DescribeVpcs"), ("RDS", "CreateDBCluster")]
            .map(|(service, operation)| (service.to_owned(), [(operation.to_owned(), 1)].into()));
        assert_eq!(later, Tally(counts.into()));
    }

    #[tokio::test]
    async fn call_is_attributed_to_the_current_node() {
        let calls = Calls::default();
        let address = Address::literal("network/vpc");
        calls.record("EC2", "DescribeVpcs");
        on_behalf_of(&address, async { calls.record("EC2", "CreateVpc") }).await;
        let control = Address::literal("control/bucket");
        on_behalf_of(&address, async { calls.of(control.clone()).record("S3", "PutObject") }).await;
        let addresses: Vec<_> = calls.sent().into_iter().map(|call| call.address).collect();
        assert_eq!(addresses, [None, Some(address), Some(control)]);
    }
}
