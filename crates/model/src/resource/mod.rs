//! The resources: one typed struct per kind, and one enum over all kinds.
//!
//! A field whose value comes from another resource is a [`Ref`](crate::Ref). Things that AWS cannot tag
//! are part of the node that they belong to: routes and associations of the route table, the attachment
//! of the Internet gateway, inline policies of the role, the bucket policy of the bucket, the scaling
//! policies of the scalable target.

mod database;
mod declaration;
mod identity;
mod ingress;
mod job;
mod network;
mod postgres;
mod references;
mod service;
mod storage;
mod task;

pub use database::{
    ApplyMethod, DbCluster, DbClusterField, DbClusterParameterGroup, DbClusterParameterGroupField, DbInstance,
    DbInstanceField, DbSubnetGroup, DbSubnetGroupField, Parameter,
};
pub use identity::{Role, RoleField};
pub use ingress::{
    DefaultAction, HealthCheck, Listener, ListenerField, ListenerRule, ListenerRuleField, LoadBalancer,
    LoadBalancerField, Protocol, TargetGroup, TargetGroupField,
};
pub use job::{Migration, MigrationField, Schedule, ScheduleField, ScheduleGroup, ScheduleGroupField, TaskRun};
pub use network::{
    DefaultRoute, Direction, ElasticIp, ElasticIpField, InternetGateway, InternetGatewayField, NatGateway,
    NatGatewayField, Peer, RouteTable, RouteTableField, SecurityGroup, SecurityGroupField, SecurityGroupRule,
    SecurityGroupRuleField, Subnet, SubnetField, Vpc, VpcEndpoint, VpcEndpointField, VpcField,
};
pub use postgres::{DatabaseAccess, DatabaseAccessField, EXTENSIONS_SCHEMA, Migrator, TenantSchema, TenantSchemaField};
pub use service::{
    CapacityProvider, EcsCluster, EcsClusterField, LoadBalancerAttachment, ScalableTarget, ScalableTargetField,
    ScalingMetric, ScalingPolicy, Service, ServiceField,
};
pub use storage::{
    Bucket, BucketEncryption, BucketField, LogGroup, LogGroupField, ObjectOwnership, PublicAccessBlock, Secret,
    SecretContent, SecretField,
};
pub use task::{Architecture, Container, SecretValue, TaskDefinition, TaskDefinitionField};

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::declaration::{Field, FieldUpdate, ResourceSpec};
pub use self::references::{HasReferences, Reference, ReferenceTarget};
pub(crate) use self::references::{Visitor, without_references};
use crate::fields::{FieldChange, Path};
use crate::impact::{HasImpact, Impact};
use crate::reference::Attribute;

/// The registry of kinds: calls a macro with all of them, each with its documentation and its name.
///
/// `for_each_kind!(callback { context })` expands to `callback! { context; /// … Vpc => "vpc", … }`.
#[macro_export]
macro_rules! for_each_kind {
    ($callback:ident { $($context:tt)* }) => {
        $callback! {
            $($context)*;
                /// A virtual network.
                Vpc => "vpc",
                /// A subnet of a virtual network, in one zone.
                Subnet => "subnet",
                /// An Internet gateway, attached to a virtual network.
                InternetGateway => "internet-gateway",
                /// A public IPv4 address.
                ElasticIp => "elastic-ip",
                /// The outbound gateway of a zone's private subnet.
                NatGateway => "nat-gateway",
                /// A route table, with its routes and subnet associations.
                RouteTable => "route-table",
                /// A gateway endpoint.
                VpcEndpoint => "vpc-endpoint",
                /// A security group without rules.
                SecurityGroup => "security-group",
                /// A rule of a security group.
                SecurityGroupRule => "security-group-rule",
                /// The subnets of a database.
                DbSubnetGroup => "db-subnet-group",
                /// The parameters of a database cluster.
                DbClusterParameterGroup => "db-cluster-parameter-group",
                /// An Aurora cluster.
                DbCluster => "db-cluster",
                /// An instance of an Aurora cluster.
                DbInstance => "db-instance",
                /// A database to which only roles with an explicit grant can connect.
                DatabaseAccess => "database-access",
                /// A tenant's schema, roles and grants.
                TenantSchema => "tenant-schema",
                /// A bucket, with its policy.
                Bucket => "bucket",
                /// A secret whose value is generated at apply.
                Secret => "secret",
                /// A log group.
                LogGroup => "log-group",
                /// An IAM role, with its inline policies.
                Role => "role",
                /// An application load balancer.
                LoadBalancer => "load-balancer",
                /// A port on which a load balancer listens.
                Listener => "listener",
                /// The targets that a load balancer sends requests to.
                TargetGroup => "target-group",
                /// A rule that forwards requests to a target group.
                ListenerRule => "listener-rule",
                /// An ECS cluster.
                EcsCluster => "ecs-cluster",
                /// The template of a task.
                TaskDefinition => "task-definition",
                /// A service, which keeps tasks running.
                Service => "service",
                /// The range of a service's task count, with its scaling policies.
                ScalableTarget => "scalable-target",
                /// A group of schedules.
                ScheduleGroup => "schedule-group",
                /// A schedule that runs a task.
                Schedule => "schedule",
                /// A task that runs before the services of its tenant change.
                Migration => "migration",
        }
    };
}

macro_rules! resources {
    (; $($(#[$meta:meta])* $name:ident => $text:literal,)*) => {
        /// The desired state of one resource, of any kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Resource {
            $($(#[$meta])* #[serde(rename = $text)] $name($name),)*
        }

        /// The kinds of resources.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            strum::Display, strum::EnumString, strum::EnumIter, strum::IntoStaticStr,
        )]
        pub enum Kind {
            $($(#[$meta])* #[serde(rename = $text)] #[strum(serialize = $text)] $name,)*
        }

        impl Resource {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)* }
            }

            /// Visits every reference to another node.
            pub fn references<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
                self.references_in_fields(&mut |_, reference| visit(reference));
            }

            /// Visits every reference to another node, with the path of its field.
            pub fn references_in_fields<'a>(&'a self, visit: &mut dyn FnMut(Path<'_>, Reference<'a>)) {
                match self { $(Self::$name(spec) => spec.references(Path::ROOT, visit),)* }
            }

            /// The name in AWS, which the plan chooses; `None` when it has only the id that AWS assigns.
            #[must_use]
            pub fn name(&self) -> Option<&str> {
                match self { $(Self::$name(spec) => spec.name(),)* }
            }
        }

        /// The key fields in one line.
        impl fmt::Display for Resource {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$name(spec) => spec.fmt(f),)* }
            }
        }

        impl Kind {
            /// The impact of a change of a field of a resource of this kind.
            #[must_use]
            pub fn impact(self, change: &FieldChange) -> Impact {
                match self { $(Self::$name => <$name as HasImpact>::impact(change),)* }
            }

            /// The impact of deleting a resource of this kind while the platform stays.
            #[must_use]
            pub const fn removal(self) -> Impact {
                match self { $(Self::$name => <$name as ResourceSpec>::REMOVAL,)* }
            }

            /// The names of the fields of a resource of this kind, and whether a change of each
            /// requires replacement.
            pub fn fields(self) -> Vec<(&'static str, FieldUpdate)> {
                fn of<F: Field>() -> Vec<(&'static str, FieldUpdate)> {
                    F::ALL.iter().map(|field| (field.as_str(), field.change())).collect()
                }
                match self { $(Self::$name => of::<<$name as ResourceSpec>::Field>(),)* }
            }

            /// Whether AWS updates this field of a live resource of this kind in place.
            #[must_use]
            pub fn updates_in_place(self, field: &str) -> bool {
                self.fields().contains(&(field, FieldUpdate::InPlace))
            }

            /// Whether resources of this kind hold data that cannot be recreated.
            #[must_use]
            pub const fn holds_data(self) -> bool {
                match self { $(Self::$name => <$name as ResourceSpec>::HOLDS_DATA,)* }
            }

            /// Whether an update of a resource of this kind makes a further revision, which has an identity of
            /// its own, and leaves the one before it.
            #[must_use]
            pub const fn has_revisions(self) -> bool {
                match self { $(Self::$name => <$name as ResourceSpec>::HAS_REVISIONS,)* }
            }

            /// The kinds that the fields of a resource of this kind refer to.
            #[must_use]
            pub fn reference_targets(self) -> BTreeSet<Kind> {
                let mut found = BTreeSet::new();
                match self { $(Self::$name => <$name as HasReferences>::target_kinds(&mut found),)* }
                found
            }

            /// The names of the fields that decide who has access to what, in the order of the struct.
            #[must_use]
            pub fn security_fields(self) -> Vec<&'static str> {
                fn of<F: Field>() -> Vec<&'static str> {
                    F::ALL.iter().filter(|field| field.is_security_relevant()).map(Field::as_str).collect()
                }
                match self { $(Self::$name => of::<<$name as ResourceSpec>::Field>(),)* }
            }

            /// The attributes that only AWS knows and that a plan may refer to.
            #[must_use]
            pub const fn attributes(self) -> &'static [Attribute] {
                match self { $(Self::$name => <$name as ResourceSpec>::ATTRIBUTES,)* }
            }
        }

        $(
            impl From<$name> for Resource {
                fn from(spec: $name) -> Self {
                    Self::$name(spec)
                }
            }
        )*
    };
}

for_each_kind!(resources {});
