//! The services. Each is a folder with one file for each kind of resource and one function for each
//! operation.
//!
//! A service describes itself in its `mod.rs`: `DESCRIPTOR` is what the rest of the sandbox needs to
//! know about it, `State` is its state, and `Event` lists its scheduled events. This file only lists
//! the services. A missing part is a compile error.

/// Declares an empty `Event` for a service that schedules no events.
macro_rules! no_events {
    () => {
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub(crate) enum Event {}

        pub(crate) const fn handle(_cloud: &mut crate::cloud::Cloud, event: Event) {
            match event {}
        }
    };
}

/// The methods of `Resource` that are the same for all kinds of a service: the collection and the tags.
macro_rules! kept_in {
    ($map:ident) => {
        fn all(state: &super::State) -> &std::collections::BTreeMap<String, Self> {
            &state.$map
        }

        fn all_mut(state: &mut super::State) -> &mut crate::eventual::Eventual<Self> {
            &mut state.$map
        }

        fn tags(&self) -> &Tags {
            &self.tags
        }

        fn tags_mut(&mut self) -> &mut Tags {
            &mut self.tags
        }
    };
}

pub(crate) mod acm;
pub(crate) mod consistency;
mod descriptor;
pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod elb;
pub(crate) mod iam;
pub(crate) mod logs;
mod policy_language;
mod prelude;
pub(crate) mod rds;
pub(crate) mod s3;
pub(crate) mod scaling;
pub(crate) mod scheduler;
pub(crate) mod secrets;
pub(crate) mod ssm;
pub(crate) mod sts;
pub(crate) mod tagging;

use serde::{Deserialize, Serialize};

use crate::cloud::Cloud;
use crate::refusal::Refusal;

pub(crate) use descriptor::{Descriptor, Errors, JsonOperation, Protocol, RestOperation, XmlOperation};

/// Declares the services, with the modules that describe them.
macro_rules! services {
    ($($(#[$about:meta])* $service:ident = $module:ident;)+) => {
        /// An AWS service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Service {
            $($(#[$about])* $service,)+
        }

        impl Service {
            /// All services.
            pub const ALL: [Self; [$(Self::$service),+].len()] = [$(Self::$service),+];

            pub(crate) const fn descriptor(self) -> &'static Descriptor {
                match self {
                    $(Self::$service => &$module::DESCRIPTOR,)+
                }
            }
        }

        /// A scheduled event of a service.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum Event {
            $($service($module::Event),)+
        }

        $(impl From<$module::Event> for Event {
            fn from(event: $module::Event) -> Self {
                Self::$service(event)
            }
        })+

        pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
            match event {
                $(Event::$service(event) => $module::handle(cloud, event),)+
            }
        }
    };
}

services! {
    /// AWS Certificate Manager.
    Acm = acm;
    /// Amazon EC2.
    Ec2 = ec2;
    /// Amazon ECS.
    Ecs = ecs;
    /// Elastic Load Balancing, version 2.
    Elb = elb;
    /// AWS IAM.
    Iam = iam;
    /// Amazon CloudWatch Logs.
    Logs = logs;
    /// Amazon RDS.
    Rds = rds;
    /// Amazon S3.
    S3 = s3;
    /// Application Auto Scaling.
    Scaling = scaling;
    /// Amazon EventBridge Scheduler.
    Scheduler = scheduler;
    /// AWS Secrets Manager.
    Secrets = secrets;
    /// AWS Systems Manager Parameter Store.
    Ssm = ssm;
    /// AWS STS.
    Sts = sts;
    /// The Resource Groups Tagging API.
    Tagging = tagging;
}

impl Service {
    /// AWS's name of the service.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.descriptor().name
    }

    /// Its name in the scope of a signature, which identifies the service of a request.
    #[must_use]
    pub const fn signing_name(self) -> &'static str {
        self.descriptor().signing_name
    }

    pub(crate) fn from_signing_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.signing_name() == name)
    }

    pub(crate) const fn protocol(self) -> Protocol {
        self.descriptor().protocol
    }

    /// The names of the operations that the sandbox implements.
    #[must_use]
    pub fn operations(self) -> Vec<&'static str> {
        match self.protocol() {
            Protocol::Ec2Query { operations, .. } | Protocol::AwsQuery { operations, .. } => {
                operations.iter().map(|(name, _)| *name).collect()
            }
            Protocol::Json(operations) | Protocol::RestJson(operations) => {
                operations.iter().map(|(name, _)| *name).collect()
            }
            Protocol::Rest(operations) => operations.iter().map(|operation| operation.name).collect(),
        }
    }

    /// Whether an operation is read-only.
    pub(crate) fn reads(self, operation: &str) -> bool {
        (self.descriptor().consistency)(operation).is_some()
    }

    /// Its error code for a missing parameter.
    pub(crate) const fn missing_parameter(self) -> &'static str {
        self.descriptor().errors.missing_parameter
    }

    /// Its error for a throttled call.
    pub(crate) fn throttled(self) -> Refusal {
        let (code, status, message) = self.descriptor().errors.throttled;
        Refusal::new(code, message).status(status)
    }

    /// Its error for a caller without the permission.
    pub(crate) fn access_denied(self) -> Refusal {
        let (code, status) = self.descriptor().errors.access_denied;
        Refusal::new(code, "The caller is not authorized to do this").status(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_service() {
        for service in Service::ALL {
            assert_eq!(Service::from_signing_name(service.signing_name()), Some(service));
        }
    }
}
