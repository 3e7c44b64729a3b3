//! What opens a way into the platform and is not part of it.
//!
//! A resource inside of one of the platform's, such as a listener of its load balancer, works whether or not it has
//! tags. The listings of the containers show it in any case, so their providers record everything that is inside
//! (`ObservedState::found_inside`), and what is none of the platform's resources is an exposure. saas never
//! deletes it: it may be what a person needs, and its deletion cannot be undone.
//!
//! `of_kind` decides for each kind what can expose its resources beyond that.

use saas_model::{Address, Kind};
use serde::Serialize;
use strum::IntoEnumIterator as _;

use crate::context::Context;
use crate::error::Result;
use crate::providers::s3::bucket::outflows;
use crate::providers::{ec2, ecs, logs};
use crate::state::observed::ObservedState;

/// A way into the platform, or out of it, that the plan does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Exposure {
    /// The node of the resource that it opens.
    pub address: Address,
    /// The kind of that resource.
    pub kind: Kind,
    /// The id in AWS of what opens it.
    pub id: String,
    /// What that is, and what it opens.
    pub what: String,
    /// How an operator closes it.
    pub remedy: String,
}

impl Exposure {
    pub(crate) fn new(
        (address, kind): (&Address, Kind),
        id: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { address: address.clone(), kind, id: id.into(), what: what.into(), remedy: remedy.into() }
    }
}

/// All exposures: those that the listings show, and those that further calls find within the scope.
pub(crate) async fn exposures(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let mut found = cx.live.exposures();
    for kind in Kind::iter() {
        found.extend(of_kind(cx, kind).await?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What exposes the resources of a kind, of what their listings do not show.
///
/// A kind whose listing and description show everything that can be set on its resources needs nothing here: what
/// differs is a difference of fields, which an apply corrects.
async fn of_kind(cx: &Context<'_>, kind: Kind) -> Result<Vec<Exposure>> {
    match kind {
        Kind::Vpc => ec2::network_exposures::of_networks(cx).await,
        Kind::SecurityGroup => ec2::network_exposures::of_groups(cx).await,
        // With them, the targets of the target groups: those of a service are its tasks.
        Kind::EcsCluster => ecs::foreign_tasks::of_clusters(cx).await,
        Kind::TargetGroup => Ok(Vec::new()),
        Kind::Bucket => outflows::of_buckets(cx).await,
        Kind::LogGroup => logs::subscriptions::of_groups(cx).await,
        // Their listings record what is inside of them: listeners, rules, services and instances. Roles are listed
        // with all roles of the account, whose trust policies tell which of them a tenant can assume.
        Kind::LoadBalancer | Kind::Listener | Kind::Service | Kind::DbCluster | Kind::Role => Ok(Vec::new()),
        // Their policies, rules, routes and settings are compared as fields.
        Kind::Secret
        | Kind::SecurityGroupRule
        | Kind::RouteTable
        | Kind::VpcEndpoint
        | Kind::ListenerRule
        | Kind::TaskDefinition
        | Kind::DbInstance
        | Kind::DbClusterParameterGroup
        | Kind::ScalableTarget => Ok(Vec::new()),
        // Every schedule in a group of the platform is listed as one of the platform's, and so are the schemas and
        // rights of the database.
        Kind::ScheduleGroup | Kind::Schedule | Kind::DatabaseAccess | Kind::TenantSchema | Kind::Migration => {
            Ok(Vec::new())
        }
        // Traffic through them is decided by security groups and routes alone.
        Kind::Subnet | Kind::InternetGateway | Kind::ElasticIp | Kind::NatGateway | Kind::DbSubnetGroup => {
            Ok(Vec::new())
        }
    }
}

impl ObservedState {
    /// What exposes the platform's resources, as the listings show it.
    #[must_use]
    pub fn exposures(&self) -> Vec<Exposure> {
        let foreign = self.inside().into_iter().filter(|(kind, exposure)| !self.knows(*kind, &exposure.id));
        let mut found: Vec<Exposure> = foreign.map(|(_, exposure)| exposure).chain(self.exposed()).collect();
        found.sort();
        found.dedup();
        found
    }
}
