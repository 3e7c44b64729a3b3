//! Steps that wait for each other.

use itertools::Itertools as _;
use saas_model::Address;
use saas_model::receipt::Step;

/// Steps that depend on each other in a cycle: each on the next one, and the last on the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these steps depend on each other in a cycle, so none of them can be first: {}", self.chain())]
pub struct DependencyCycle(pub(crate) Vec<Step>);

impl DependencyCycle {
    /// The addresses of the steps.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.0.iter().map(|step| &step.address)
    }

    fn chain(&self) -> String {
        let mut steps = self.0.iter().chain(self.0.first()).map(|Step { address, verb }| format!("{verb} `{address}`"));
        steps.join(" depends on ")
    }
}
