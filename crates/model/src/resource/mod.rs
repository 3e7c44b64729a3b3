//! What can be wanted: one typed struct a kind, one enum over them all.
//!
//! A field that another resource answers for is a [`Ref`](crate::Ref). What AWS cannot tag travels
//! inside the node that it belongs to: routes and associations in the route table, the attachment
//! in the Internet gateway, inline policies in the role, the bucket policy in the bucket, the
//! scaling policy in the scalable target.

mod database;
mod declaration;
mod identity;
mod ingress;
mod network;
mod postgres;
mod references;
mod service;
mod storage;

pub use database::{
    ApplyMethod, DbCluster, DbClusterField, DbClusterParameterGroup, DbClusterParameterGroupField, DbInstance,
    DbInstanceField, DbSubnetGroup, DbSubnetGroupField, Parameter,
};
pub use identity::{Role, RoleField};
pub use ingress::{
    DefaultAction, HealthCheck, Listener, ListenerField, ListenerRule, ListenerRuleField, LoadBalancer,
    LoadBalancerField, Protocol, TargetGroup, TargetGroupField,
};
pub use network::{
    DefaultRoute, Direction, ElasticIp, ElasticIpField, InternetGateway, InternetGatewayField, NatGateway,
    NatGatewayField, Peer, RouteTable, RouteTableField, SecurityGroup, SecurityGroupField, SecurityGroupRule,
    SecurityGroupRuleField, Subnet, SubnetField, Vpc, VpcEndpoint, VpcEndpointField, VpcField,
};
pub use postgres::{DatabaseAccess, DatabaseAccessField, TenantSchema, TenantSchemaField};
pub use service::{
    Container, EcsCluster, EcsClusterField, ScalableTarget, ScalableTargetField, ScalingPolicy, Service, ServiceField,
    TaskDefinition, TaskDefinitionField,
};
pub use storage::{
    Bucket, BucketEncryption, BucketField, LogGroup, LogGroupField, ObjectOwnership, PublicAccessBlock, Secret,
    SecretField,
};

use serde::{Deserialize, Serialize};

pub use self::declaration::{Field, FieldUpdate, ResourceSpec};
pub use self::references::{HasReferences, Reference, ReferenceTarget};
pub(crate) use self::references::{Visitor, without_references};
use crate::fields::{FieldChange, Path};
use crate::impact::{HasImpact, Impact};
use crate::reference::Attribute;

macro_rules! resources {
    ($($(#[$meta:meta])* $name:ident => $text:literal,)*) => {
        /// One resource wanted, of any kind.
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

            /// Visits every reference to another node, with the path of the field that it is in.
            pub fn references_in_fields<'a>(&'a self, visit: &mut dyn FnMut(Path<'_>, Reference<'a>)) {
                match self { $(Self::$name(spec) => spec.references(Path::ROOT, visit),)* }
            }

            /// The name that the plan gives to it, by which AWS knows it; `None` where AWS makes up an id.
            #[must_use]
            pub fn name(&self) -> Option<&str> {
                match self { $(Self::$name(spec) => spec.name(),)* }
            }
        }

        impl Kind {
            /// What the change of a field of a resource of this kind does to those who use the
            /// platform.
            #[must_use]
            pub fn impact(self, change: &FieldChange) -> Impact {
                // What is no field, and is read of a live instance: parameters of its cluster that it takes
                // over when it is rebooted.
                if self == Self::DbInstance && change.top() == "parameters" {
                    return crate::impact::RESTART;
                }
                match self { $(Self::$name => <$name as HasImpact>::impact(change),)* }
            }

            /// What it does that a resource of this kind goes while the platform stays.
            #[must_use]
            pub const fn removal(self) -> Impact {
                match self { $(Self::$name => <$name as ResourceSpec>::REMOVAL,)* }
            }

            /// The names of the fields of a resource of this kind, and what a change of each takes.
            pub fn fields(self) -> Vec<(&'static str, FieldUpdate)> {
                fn of<F: Field>() -> Vec<(&'static str, FieldUpdate)> {
                    F::ALL.iter().map(|field| (field.as_str(), field.change())).collect()
                }
                match self { $(Self::$name => of::<<$name as ResourceSpec>::Field>(),)* }
            }

            /// Whether AWS changes this field of a live resource of this kind.
            #[must_use]
            pub fn updates_in_place(self, field: &str) -> bool {
                self.fields().contains(&(field, FieldUpdate::InPlace))
            }

            /// Whether resources of this kind hold what cannot be made again.
            #[must_use]
            pub const fn holds_data(self) -> bool {
                match self { $(Self::$name => <$name as ResourceSpec>::HOLDS_DATA,)* }
            }

            /// The attributes that only AWS knows and that a plan may refer to.
            #[must_use]
            pub const fn attributes(self) -> &'static [Attribute] {
                match self { $(Self::$name => <$name as ResourceSpec>::ATTRIBUTES,)* }
            }
        }

        $(
            impl From<$name> for Resource {
                fn from(wanted: $name) -> Self {
                    Self::$name(wanted)
                }
            }
        )*
    };
}

resources! {
    /// A virtual network.
    Vpc => "vpc",
    /// A part of a virtual network, in one zone.
    Subnet => "subnet",
    /// The way from a virtual network to the Internet, attached.
    InternetGateway => "internet-gateway",
    /// A public IPv4 address.
    ElasticIp => "elastic-ip",
    /// The way out for a zone's private subnet.
    NatGateway => "nat-gateway",
    /// Where packets go, with its routes and its subnets.
    RouteTable => "route-table",
    /// A gateway endpoint.
    VpcEndpoint => "vpc-endpoint",
    /// A security group without any rule.
    SecurityGroup => "security-group",
    /// One rule of a security group.
    SecurityGroupRule => "security-group-rule",
    /// The subnets of a database.
    DbSubnetGroup => "db-subnet-group",
    /// The parameters of a database cluster.
    DbClusterParameterGroup => "db-cluster-parameter-group",
    /// An Aurora cluster.
    DbCluster => "db-cluster",
    /// An instance of an Aurora cluster.
    DbInstance => "db-instance",
    /// A database that is closed to everybody who is not let in.
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
    /// Where a load balancer sends requests.
    TargetGroup => "target-group",
    /// Which requests go to which target group.
    ListenerRule => "listener-rule",
    /// An ECS cluster.
    EcsCluster => "ecs-cluster",
    /// What a task runs.
    TaskDefinition => "task-definition",
    /// Tasks that are kept running.
    Service => "service",
    /// How many tasks there may be, with the policy that decides.
    ScalableTarget => "scalable-target",
}
