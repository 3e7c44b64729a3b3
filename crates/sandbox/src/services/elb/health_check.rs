//! Health checks of target groups.
//!
//! Source: Elastic Load Balancing API reference, `CreateTargetGroup`; Application Load Balancers user
//! guide, "Health checks for Application Load Balancer target groups", which has the correct default of
//! the timeout.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::checks::invalid;
use crate::services::prelude::*;

/// The health check of a target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HealthCheck {
    protocol: String,
    /// A number, or `traffic-port`.
    pub(super) port: String,
    path: String,
    interval_seconds: u32,
    timeout_seconds: u32,
    healthy_threshold: u32,
    unhealthy_threshold: u32,
    /// Status codes and ranges of them, such as `200,300-399`, of HTTP or gRPC.
    codes: String,
}

impl HealthCheck {
    /// The default health check.
    pub(super) fn default_of(protocol_version: &str) -> Self {
        let (path, codes) = if protocol_version == "GRPC" { ("/AWS.ALB/healthcheck", "12") } else { ("/", "200") };
        Self {
            protocol: "HTTP".to_owned(),
            port: "traffic-port".to_owned(),
            path: path.to_owned(),
            interval_seconds: 30,
            timeout_seconds: 5,
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            codes: codes.to_owned(),
        }
    }

    /// The health check with the settings of a call.
    pub(super) fn with(self, input: &Input, protocol_version: &str) -> Result<Self, Refusal> {
        if input.flag("HealthCheckEnabled") == Some(false) {
            return Err(invalid("Health check enabled must be true for target groups of this target type"));
        }
        let protocol = given(input, "HealthCheckProtocol", self.protocol);
        if !["HTTP", "HTTPS"].contains(&protocol.as_str()) {
            return Err(invalid(format!("Health check protocol '{protocol}' must be one of 'HTTP, HTTPS'")));
        }
        let check = Self {
            protocol,
            port: given(input, "HealthCheckPort", self.port),
            path: given(input, "HealthCheckPath", self.path),
            interval_seconds: input.int("HealthCheckIntervalSeconds").unwrap_or(self.interval_seconds),
            timeout_seconds: input.int("HealthCheckTimeoutSeconds").unwrap_or(self.timeout_seconds),
            healthy_threshold: input.int("HealthyThresholdCount").unwrap_or(self.healthy_threshold),
            unhealthy_threshold: input.int("UnhealthyThresholdCount").unwrap_or(self.unhealthy_threshold),
            codes: codes(input, protocol_version)?.unwrap_or(self.codes),
        };
        check.check()?;
        Ok(check)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.port != "traffic-port" && !self.port.parse().is_ok_and(|port: u16| port > 0) {
            let message = format!("Health check port '{}' must be 'traffic-port' or between 1 and 65535", self.port);
            return Err(invalid(message));
        }
        if !self.path.starts_with('/') {
            return Err(invalid(format!("Health check path '{}' must begin with '/'.", self.path)));
        }
        if self.interval_seconds <= self.timeout_seconds {
            return Err(invalid("Health check interval must be greater than the timeout."));
        }
        Ok(())
    }

    /// How long a new target takes to become healthy. AWS states that one successful check is enough
    /// for a new target. Each load balancer node checks it separately, so this cautious figure uses the
    /// whole threshold.
    pub(super) fn time_to_healthy(&self) -> Duration {
        Duration::from_secs((self.interval_seconds * self.healthy_threshold).into())
    }

    pub(super) fn describe(&self, protocol_version: &str) -> Vec<Element> {
        let code = if protocol_version == "GRPC" { "GrpcCode" } else { "HttpCode" };
        vec![
            xml::text("HealthCheckProtocol", &self.protocol),
            xml::text("HealthCheckPort", &self.port),
            xml::text("HealthCheckEnabled", true),
            xml::text("HealthCheckIntervalSeconds", self.interval_seconds),
            xml::text("HealthCheckTimeoutSeconds", self.timeout_seconds),
            xml::text("HealthyThresholdCount", self.healthy_threshold),
            xml::text("UnhealthyThresholdCount", self.unhealthy_threshold),
            xml::text("HealthCheckPath", &self.path),
            xml::element("Matcher", [xml::text(code, &self.codes)]),
        ]
    }
}

fn given(input: &Input, key: &str, old: String) -> String {
    input.text(key).map(str::to_owned).unwrap_or(old)
}

/// The status codes of a call, in the range of the protocol.
fn codes(input: &Input, protocol_version: &str) -> Result<Option<String>, Refusal> {
    let matcher = input.inner("Matcher");
    let grpc = protocol_version == "GRPC";
    let (own, other, range) = if grpc { ("GrpcCode", "HttpCode", 0..=99) } else { ("HttpCode", "GrpcCode", 200..=499) };
    if matcher.has(other) {
        let message = format!("A {other} matcher is not supported with the protocol version '{protocol_version}'");
        return Err(invalid(message));
    }
    match matcher.text(own) {
        None => Ok(None),
        Some(codes) if codes.split(',').all(|part| is_in(part, &range)) => Ok(Some(codes.to_owned())),
        Some(codes) => {
            let (start, end) = (range.start(), range.end());
            let message = format!(
                "Health check matcher {own} '{codes}' must be within '{start}-{end}' inclusive, like '200', '200,202' \
                 or '200-399'"
            );
            Err(invalid(message))
        }
    }
}

/// Whether a code, or a range of codes, is within a range.
fn is_in(part: &str, range: &RangeInclusive<u32>) -> bool {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => range.contains(&first) && range.contains(&last) && first <= last,
        _ => false,
    }
}
