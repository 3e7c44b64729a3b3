//! What a change costs a month, from a table of prices. The sums are exact, and say what they leave out.

mod bill;
mod money;
mod prices;

pub use bill::{Bill, Item, Range};
pub use money::{InvalidPrice, Money};
pub use prices::{InvalidPrices, Price, Prices};

use saas_model::Plan;
use serde::Serialize;

/// What is in no sum, because it depends on use that no plan states.
const NOT_ESTIMATED: [&str; 7] = [
    "data transfer",
    "data that NAT gateways process",
    "load balancer capacity units",
    "storage and requests of Aurora and S3",
    "storage of logs",
    "requests to Secrets Manager",
    "tasks of jobs and migrations",
];

/// The cost of a change, a month, in US dollars, without discounts and taxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// The table has no prices of the Region.
    NoPrices {
        /// The Region.
        region: String,
    },
    /// There are prices.
    Monthly(Box<Monthly>),
}

/// The cost a month, before and after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monthly {
    /// The Region of the prices.
    pub region: String,
    /// Before the change.
    pub before: Bill,
    /// After it.
    pub after: Bill,
    /// The difference.
    pub difference: Range,
    /// The GB of logs that each task is assumed to write in a month.
    pub assumed_logs_gb: u64,
    /// What is in no sum, because it depends on use.
    pub not_estimated: [&'static str; 7],
}

impl Cost {
    /// The cost of changing from one plan to the other.
    #[must_use]
    pub fn of(before: &Plan, after: &Plan, prices: &Prices) -> Self {
        let region = &after.header().region;
        if !prices.has(region) {
            return Self::NoPrices { region: region.to_string() };
        }
        let (before, after) = (Bill::of(before, prices), Bill::of(after, prices));
        let difference = after.total - before.total;
        Self::Monthly(Box::new(Monthly {
            region: region.to_string(),
            before,
            after,
            difference,
            assumed_logs_gb: bill::LOGS,
            not_estimated: NOT_ESTIMATED,
        }))
    }
}
