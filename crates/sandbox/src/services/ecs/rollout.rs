//! How a deployment replaces tasks, and when it fails.

use super::refusals::invalid;
use crate::services::prelude::*;

/// The bounds of the circuit breaker's threshold. Source: Amazon ECS API reference,
/// `ServiceDeploymentCircuitBreaker`.
const BOUNDS: (u32, u32) = (3, 200);

/// The deployment configuration of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rollout {
    minimum: u32,
    maximum: u32,
    pub(super) breaker: Breaker,
    alarms: Option<Value>,
}

/// The circuit breaker, which ends a deployment whose tasks do not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Breaker {
    pub(super) enabled: bool,
    pub(super) rollback: bool,
    /// Whether a healthy task resets the failure count.
    pub(super) resets: bool,
    threshold: Option<Threshold>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Threshold {
    kind: String,
    value: u32,
}

/// Source: Amazon ECS API reference, `DeploymentConfiguration`.
impl Default for Rollout {
    fn default() -> Self {
        let breaker = Breaker { enabled: false, rollback: false, resets: true, threshold: None };
        Self { minimum: 100, maximum: 200, breaker, alarms: None }
    }
}

impl Rollout {
    /// This configuration, updated by a call.
    pub(super) fn changed(&self, input: &Input) -> Result<Self, Refusal> {
        let mut rollout = self.clone();
        if !input.has("deploymentConfiguration") {
            return Ok(rollout);
        }
        let input = input.inner("deploymentConfiguration");
        let strategy = input.text("strategy").unwrap_or("ROLLING");
        let message = format!("The sandbox has no {strategy} deployments.");
        ensure!(strategy == "ROLLING", Refusal::new("UnsupportedFeatureException", message));
        let percent = |key, range| input.within(key, range).map_err(invalid);
        rollout.minimum = percent("minimumHealthyPercent", 0..=100)?.unwrap_or(self.minimum);
        rollout.maximum = percent("maximumPercent", 100..=i32::MAX.into())?.unwrap_or(self.maximum);
        let message = "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.";
        ensure!((rollout.minimum, rollout.maximum) != (100, 100), invalid(message));
        if input.has("deploymentCircuitBreaker") {
            rollout.breaker = breaker(&input.inner("deploymentCircuitBreaker"))?;
        }
        rollout.alarms = input.kept("alarms").or(rollout.alarms);
        Ok(rollout)
    }

    /// The minimum number of healthy tasks for a desired count.
    pub(super) const fn fewest(&self, desired: usize) -> usize {
        (desired * self.minimum as usize).div_ceil(100)
    }

    /// The maximum number of tasks for a desired count.
    pub(super) const fn most(&self, desired: usize) -> usize {
        desired * self.maximum as usize / 100
    }

    pub(super) fn describe(&self) -> Value {
        let Breaker { enabled, rollback, resets, threshold } = &self.breaker;
        let described = |threshold: &Threshold| json!({"type": threshold.kind, "value": threshold.value});
        json!({
            "deploymentCircuitBreaker": {
                "enable": enabled,
                "rollback": rollback,
                "resetOnHealthyTask": threshold.as_ref().map(|_| resets),
                "thresholdConfiguration": threshold.as_ref().map(described),
            },
            "minimumHealthyPercent": self.minimum,
            "maximumPercent": self.maximum,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
            "alarms": self.alarms,
        })
    }
}

impl Breaker {
    /// The number of failures that ends a deployment with this desired count.
    /// Source: Amazon ECS API reference, `ThresholdConfiguration`.
    pub(super) fn threshold(&self, desired: usize) -> u32 {
        let desired = u32::try_from(desired).unwrap_or(u32::MAX);
        let share = |percent: u32| desired.saturating_mul(percent).div_ceil(100);
        match &self.threshold {
            None => share(50).clamp(BOUNDS.0, BOUNDS.1),
            Some(Threshold { kind, value }) => match kind.as_str() {
                "COUNT" => *value,
                "UNBOUNDED_PERCENT" => share(*value).max(1),
                _ => share(*value).clamp(BOUNDS.0, BOUNDS.1),
            },
        }
    }
}

fn breaker(input: &Input) -> Result<Breaker, Refusal> {
    let threshold = input.inner("thresholdConfiguration");
    let value = threshold.within("value", 1..=i32::MAX.into());
    let value = value.map_err(|_| invalid("The threshold's value must be greater than 0."))?;
    let threshold = value.zip(threshold.text("type")).map(|(value, kind)| Threshold { kind: kind.to_owned(), value });
    let flag = |key: &str| input.flag(key).unwrap_or_default();
    let resets = input.flag("resetOnHealthyTask").unwrap_or(true);
    Ok(Breaker { enabled: flag("enable"), rollback: flag("rollback"), resets, threshold })
}
