//! Route tables.

use std::collections::BTreeMap;

use super::checks::{created_before, dependency, done, owner, quota};
use super::resource::{Resource, created, named, store};
use super::route::{Destination, Route, Via};
use super::tags::{at_creation, tag_set};
use super::{Vpc, quotas};
use crate::services::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    /// The associated subnets, by association id. The association of the main table has no subnet: it
    /// applies to all subnets without an association of their own.
    pub(crate) associations: BTreeMap<String, Option<String>>,
    /// The routes; the local route comes first.
    pub(crate) routes: Vec<Route>,
    /// Whether AWS created it with the VPC.
    pub(crate) comes_with_vpc: bool,
    pub(crate) tags: Tags,
}

impl RouteTable {
    pub(super) fn is_main(&self) -> bool {
        self.associations.values().any(Option::is_none)
    }
}

impl Resource for RouteTable {
    const PREFIX: &'static str = "rtb";

    kept_in!(route_tables);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let associations = self.associations.iter().map(|(id, subnet)| {
            vec![
                xml::text("routeTableAssociationId", id),
                xml::text("routeTableId", &self.id),
                xml::text("main", subnet.is_none()),
                xml::element("associationState", [xml::text("state", "associated")]),
                xml::optional("subnetId", subnet.as_ref()),
            ]
        });
        vec![
            xml::text("routeTableId", &self.id),
            xml::text("vpcId", &self.vpc),
            owner(cloud),
            xml::list("routeSet", "item", self.routes.iter().map(|route| route.describe(cloud))),
            xml::list("associationSet", "item", associations),
            xml::list("propagatingVgwSet", "item", []),
            tag_set(&self.tags),
        ]
    }
}

/// The initial routes of every table: the local route.
fn within(vpc: &Vpc) -> Vec<Route> {
    vec![Route { destination: Destination::Ipv4(vpc.cidr.clone()), via: Via::Local }]
}

/// Creates the main table of a new VPC.
pub(super) fn make_main(cloud: &mut Cloud, vpc: &Vpc) {
    let table = RouteTable {
        id: cloud.ids.ec2("rtb"),
        vpc: vpc.id.clone(),
        associations: BTreeMap::from([(cloud.ids.ec2("rtbassoc"), None)]),
        routes: within(vpc),
        comes_with_vpc: true,
        ..RouteTable::default()
    };
    cloud.ec2.route_tables.insert(table.id.clone(), table);
}

/// `CreateRouteTable`. AWS does not document the effect of a client token whose table was deleted; the
/// sandbox creates another table.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let made = created_before(&cloud.ec2.route_table_tokens, input)?;
    if let Some(table) = made.and_then(|id| cloud.ec2.route_tables.get(id)) {
        return Ok(created(cloud, input, "routeTable", table));
    }
    let vpc = named::<Vpc>(cloud, input, "VpcId")?.clone();
    let tags = at_creation::<RouteTable>(input)?;
    let count = cloud.ec2.route_tables.values().filter(|table| table.vpc == vpc.id).count();
    quota(count, quotas::ROUTE_TABLES, "RouteTableLimitExceeded", "route tables in the VPC")?;

    let id = cloud.ids.ec2("rtb");
    let table = RouteTable { id: id.clone(), routes: within(&vpc), vpc: vpc.id, tags, ..RouteTable::default() };
    cloud.ec2.route_table_tokens.remember(input.text("ClientToken"), input, &id);
    Ok(store(cloud, input, "routeTable", &id, table))
}

/// `DeleteRouteTable`: the table must not be the main one, and must have no associated subnets.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let table = named::<RouteTable>(cloud, input, "RouteTableId")?;
    let id = table.id.clone();
    ensure!(table.associations.is_empty(), dependency("routeTable", &id));

    for endpoint in cloud.ec2.endpoints.values_mut() {
        endpoint.route_tables.remove(&id);
    }
    cloud.ec2.route_tables.remove(&id);
    Ok(done())
}
