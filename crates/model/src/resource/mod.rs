//! What can be wanted: one typed struct a kind, one enum over them all.
//!
//! A field that another resource answers for is a [`Ref`]. What AWS cannot tag travels
//! inside the node that it belongs to: routes and associations in the route table, the attachment
//! in the Internet gateway, inline policies in the role, the bucket policy in the bucket, the
//! scaling policy in the scalable target.

mod database;
mod identity;
mod ingress;
mod network;
mod postgres;
mod service;
mod storage;

pub use database::{ApplyMethod, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, Parameter};
pub use identity::Role;
pub use ingress::{DefaultAction, HealthCheck, Listener, ListenerRule, LoadBalancer, Protocol, TargetGroup};
pub use network::{
    DefaultRoute, Direction, ElasticIp, InternetGateway, NatGateway, Peer, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
pub use postgres::{DatabaseAccess, TenantSchema};
pub use service::{Container, EcsCluster, ScalableTarget, ScalingPolicy, Service, TaskDefinition};
pub use storage::{Bucket, BucketEncryption, LogGroup, ObjectOwnership, PublicAccessBlock, Secret};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::fields::FieldChange;
use crate::impact::{HasImpact, Impact};
use crate::reference::{Attribute, Ref, Text};

/// A struct that describes a wanted resource of one kind.
pub trait Wanted: Sized {
    /// The kind it describes.
    const KIND: Kind;

    /// Visits every reference to another node.
    fn references<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>));

    /// The struct in a resource, when it is of this kind.
    fn of(resource: &Resource) -> Option<&Self>;
}

/// A reference that a resource makes, without its static type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The node that is referred to.
    pub address: &'a Address,
    /// What that node must offer.
    pub expects: Expects,
}

/// What a reference asks of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// To be of a kind.
    Kind(Kind),
    /// To have an attribute.
    Attribute(Attribute),
}

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
                match self { $(Self::$name(wanted) => wanted.references(visit),)* }
            }
        }

        impl Kind {
            /// What the change of a field of a resource of this kind does to those who use the
            /// platform.
            #[must_use]
            pub fn impact(self, change: &FieldChange) -> Impact {
                match self { $(Self::$name => <$name as HasImpact>::impact(change),)* }
            }

            /// The names of the fields of a resource of this kind.
            #[must_use]
            pub const fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$name => <$name as HasImpact>::FIELDS,)* }
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

impl Resource {
    /// The name that the plan gives to it, by which AWS knows it; `None` where AWS makes an id up.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::DbSubnetGroup(wanted) => Some(wanted.name.as_str()),
            Self::DbClusterParameterGroup(wanted) => Some(wanted.name.as_str()),
            Self::DbCluster(wanted) => Some(wanted.name.as_str()),
            Self::DbInstance(wanted) => Some(wanted.name.as_str()),
            Self::Bucket(wanted) => Some(wanted.name.as_str()),
            Self::Secret(wanted) => Some(wanted.name.as_str()),
            Self::LogGroup(wanted) => Some(wanted.name.as_str()),
            Self::Role(wanted) => Some(wanted.name.as_str()),
            Self::LoadBalancer(wanted) => Some(wanted.name.as_str()),
            Self::TargetGroup(wanted) => Some(wanted.name.as_str()),
            Self::EcsCluster(wanted) => Some(wanted.name.as_str()),
            Self::Service(wanted) => Some(wanted.name.as_str()),
            Self::Vpc(_)
            | Self::Subnet(_)
            | Self::InternetGateway(_)
            | Self::ElasticIp(_)
            | Self::NatGateway(_)
            | Self::RouteTable(_)
            | Self::VpcEndpoint(_)
            | Self::SecurityGroup(_)
            | Self::SecurityGroupRule(_)
            | Self::DatabaseAccess(_)
            | Self::TenantSchema(_)
            | Self::Listener(_)
            | Self::ListenerRule(_)
            | Self::TaskDefinition(_)
            | Self::ScalableTarget(_) => None,
        }
    }
}

impl Kind {
    /// Whether resources of this kind hold what cannot be made again: a tenant's data, its logs, or
    /// a secret. The data of a database are its cluster's: an instance holds none of its own.
    #[must_use]
    pub const fn holds_data(self) -> bool {
        match self {
            Self::DbCluster | Self::TenantSchema | Self::Bucket | Self::Secret | Self::LogGroup => true,
            Self::Vpc
            | Self::Subnet
            | Self::InternetGateway
            | Self::ElasticIp
            | Self::NatGateway
            | Self::RouteTable
            | Self::VpcEndpoint
            | Self::SecurityGroup
            | Self::SecurityGroupRule
            | Self::DbSubnetGroup
            | Self::DbClusterParameterGroup
            | Self::DbInstance
            | Self::DatabaseAccess
            | Self::Role
            | Self::LoadBalancer
            | Self::Listener
            | Self::TargetGroup
            | Self::ListenerRule
            | Self::EcsCluster
            | Self::TaskDefinition
            | Self::Service
            | Self::ScalableTarget => false,
        }
    }

    /// The attributes that only AWS knows and that a plan may refer to.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::Secret | Self::Role | Self::TargetGroup | Self::TaskDefinition => &[Attribute::Arn],
            Self::DbCluster => &[Attribute::Arn, Attribute::Endpoint],
            Self::LoadBalancer => &[Attribute::Arn, Attribute::DnsName],
            Self::Vpc | Self::Subnet | Self::SecurityGroup => &[Attribute::Id],
            _ => &[],
        }
    }
}

/// Implements [`Wanted`] for a struct: which of its fields refer to other nodes.
macro_rules! wanted {
    ($name:ident $(, $field:ident)*) => {
        impl $crate::resource::Wanted for $name {
            const KIND: $crate::resource::Kind = $crate::resource::Kind::$name;

            fn references<'a>(&'a self, visit: &mut dyn FnMut($crate::resource::Reference<'a>)) {
                let _ = &visit;
                $($crate::resource::Refers::refers(&self.$field, visit);)*
            }

            fn of(resource: &$crate::resource::Resource) -> Option<&Self> {
                match resource {
                    $crate::resource::Resource::$name(wanted) => Some(wanted),
                    _ => None,
                }
            }
        }
    };
}
use wanted;

/// A field that refers to other nodes.
trait Refers {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>));
}

impl<T: Wanted> Refers for Ref<T> {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        visit(Reference { address: self.address(), expects: Expects::Kind(T::KIND) });
    }
}

impl<T: Refers> Refers for Option<T> {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        self.iter().for_each(|inner| inner.refers(visit));
    }
}

impl<T: Refers> Refers for crate::Set<T> {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        self.iter().for_each(|inner| inner.refers(visit));
    }
}

impl<K, T: Refers> Refers for std::collections::BTreeMap<K, T> {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        self.values().for_each(|inner| inner.refers(visit));
    }
}

impl Refers for Text {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        self.outputs().for_each(|output| {
            visit(Reference { address: &output.address, expects: Expects::Attribute(output.attribute) });
        });
    }
}
