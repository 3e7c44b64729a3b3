//! Capacity providers (Fargate has two) and capacity provider strategies.

use super::refusals::invalid;
use crate::services::prelude::*;

/// The providers that every account has. Others would be groups of EC2 instances.
const FARGATE: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// Rejects providers that do not exist, and a strategy with more than 20 items, with providers that
/// the cluster does not have, or with two bases.
/// Source: Amazon ECS API reference, `CapacityProviderStrategyItem`.
pub(super) fn check(providers: &[String], strategy: &[Input]) -> Result<(), Refusal> {
    if let Some(unknown) = providers.iter().find(|name| !FARGATE.contains(&name.as_str())) {
        return Err(invalid(format!("The specified capacity provider '{unknown}' was not found.")));
    }
    check_strategy(&providers.iter().map(String::as_str).collect::<Vec<_>>(), strategy)
}

/// The same check for the strategy of a service in a cluster with these providers.
pub(super) fn check_strategy(providers: &[&str], strategy: &[Input]) -> Result<(), Refusal> {
    let message = "A capacity provider strategy can contain a maximum of 20 capacity providers.";
    ensure!(strategy.len() <= 20, invalid(message));
    for item in strategy {
        let name = item.required("capacityProvider")?;
        if !providers.contains(&name) {
            return Err(invalid(format!(
                "The specified capacity provider '{name}' is not associated with this cluster. Associate the \
                 capacity provider with the cluster and try again."
            )));
        }
    }
    let bases = strategy.iter().filter(|item| item.number("base").unwrap_or(0) > 0).count();
    ensure!(bases <= 1, invalid("Only one capacity provider in a strategy can have a base defined."));
    Ok(())
}

/// Whether a strategy can never place a task: several providers, all with weight 0.
/// Source: the same.
pub(super) fn is_weightless(strategy: &[Input]) -> bool {
    strategy.len() > 1 && strategy.iter().all(|item| item.number("weight").unwrap_or(0) == 0)
}

/// A strategy as ECS describes it, with the defaults of `CapacityProviderStrategyItem`.
pub(super) fn with_defaults(strategy: &[Input]) -> Value {
    let number = |item: &Input, key: &str| item.number(key).unwrap_or(0);
    let items = strategy.iter().map(|item| {
        json!({
            "capacityProvider": item.text("capacityProvider"),
            "weight": number(item, "weight"),
            "base": number(item, "base"),
        })
    });
    items.collect()
}

/// The provider that a strategy places one task on: the one with a base, or else with the highest weight. AWS
/// spreads several tasks by the weights.
/// Source: the same.
pub(super) fn chosen(strategy: &Value) -> Option<String> {
    let number = |item: &Value, key: &str| item[key].as_i64().unwrap_or(0);
    let items = strategy.as_array()?.iter().rev();
    let first = items.max_by_key(|item| (number(item, "base") > 0, number(item, "weight")));
    first?["capacityProvider"].as_str().map(str::to_owned)
}
