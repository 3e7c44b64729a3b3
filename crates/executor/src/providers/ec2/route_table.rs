//! Route tables, with their default route and associated subnets.
//!
//! Created by several calls: the table with all its tags, its route, and an association for each subnet.
//! The listing shows all of them, so the digest tag needs no call of its own. Routes of AWS (`local`, those
//! of gateway endpoints) and routes to other destinations are ignored.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    ResourceType, Route, RouteOrigin, RouteState, RouteTable as LiveTable, RouteTableAssociation,
    RouteTableAssociationStateCode as Stage,
};
use saas_model::Node;
use saas_model::cidr::Cidr;
use saas_model::resource::{DefaultRoute, InternetGateway, Kind, NatGateway, RouteTable, Subnet, Vpc};

use crate::context::Context;
use crate::error::{Error, Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::{
    IN_USE, NOT_YET_VISIBLE, at_creation, commit, filter, listed, of_listing, of_node, remove,
};
use crate::state::observed::{Identity, ObservedResource};

const GONE: &[&str] = &["InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"];

/// The codes for a route or an association that exists already.
const ALREADY_EXISTS: &[&str] = &["RouteAlreadyExists", "Resource.AlreadyAssociated"];

impl ResourceProvider for RouteTable {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Tags,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeRouteTables"],
            describe: &[],
            create: &["ec2:CreateRouteTable", "ec2:CreateRoute", "ec2:AssociateRouteTable"],
            update: &[
                "ec2:CreateRoute",
                "ec2:ReplaceRoute",
                "ec2:DeleteRoute",
                "ec2:AssociateRouteTable",
                "ec2:ReplaceRouteTableAssociation",
                "ec2:DisassociateRouteTable",
                "ec2:CreateTags",
            ],
            delete: &["ec2:DisassociateRouteTable", "ec2:DeleteRouteTable"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_route_tables().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for table in page?.route_tables.unwrap_or_default() {
                let resource = Self {
                    vpc: cx.reference::<Vpc>(table.vpc_id().unwrap_or_default()),
                    default_route: default_route(&table).and_then(|route| shown(cx, route)),
                    subnets: followers(&table).map(|(subnet, _)| cx.reference::<Subnet>(subnet)).collect(),
                };
                let others: Vec<String> = followers(&table)
                    .map(|(subnet, _)| subnet.to_owned())
                    .filter(|subnet| !cx.live.knows(Kind::Subnet, subnet))
                    .collect();
                let held = held_by(&table);
                let routes: Vec<String> = other_routes(&table).map(|(to, by)| format!("{to} by {by}")).collect();
                let id = table.route_table_id.required("ec2 DescribeRouteTables", "routeTableId")?;
                let table = listed(cx, id, table.tags, resource);
                found.extend(table.map(|table| {
                    let table = table.unplanned(ROUTES, routes);
                    let table = others.into_iter().fold(table, |table, subnet| {
                        let what = "this subnet is associated with the route table, and would lose its routes";
                        table.blocked(subnet, what, "associate the subnet with another route table first")
                    });
                    held.into_iter().fold(table, |table, (id, what, remedy)| table.blocked(id, what, remedy))
                }));
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let (tags, token) = (cx.tags(node)?, cx.token(node)?);
        let look = async || {
            let answer = cx.aws.ec2.describe_route_tables().set_filters(Some(of_node(cx, node))).send().await?;
            Ok(answer.route_tables.unwrap_or_default().pop().and_then(|table| table.route_table_id))
        };
        let make = async || {
            cx.retry(NOT_YET_VISIBLE, async || {
                let answer = cx
                    .aws
                    .ec2_once
                    .create_route_table()
                    .vpc_id(&vpc)
                    .client_token(&token)
                    .tag_specifications(at_creation(ResourceType::RouteTable, &tags))
                    .send()
                    .await?;
                answer
                    .route_table
                    .and_then(|table| table.route_table_id)
                    .required("ec2 CreateRouteTable", "routeTableId")
            })
            .await
        };
        let id = cx.create_idempotently(look, make).await?;
        match complete(cx, self, &id, &[]).await {
            // An attempt whose response was lost was first, or a subnet is associated with another table.
            Err(error) if error.is(ALREADY_EXISTS) => complete(cx, self, &id, &tables_of(cx, &vpc).await?).await?,
            other => other?,
        }
        Ok(Identity::of_id(id))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        if changes.touch_updatable::<Self>() || changes.touch_unmodelled(ROUTES) {
            let tables = tables_of(cx, &cx.id(&self.vpc)?).await?;
            complete(cx, self, id, &tables).await?;
            for table in tables.iter().filter(|table| table.route_table_id() == Some(id)) {
                for (to, _) in other_routes(table) {
                    delete_route(cx, id, to).await?;
                }
            }
        }
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let id = &found.identity.id;
        let table = match cx.aws.ec2.describe_route_tables().route_table_ids(id).send().await {
            Ok(answer) => answer.route_tables.unwrap_or_default().pop(),
            Err(error) => match Error::from(error) {
                error if error.is(GONE) => return Ok(()),
                error => return Err(error),
            },
        };
        for (_, association) in table.iter().flat_map(followers) {
            disassociate(cx, association).await?;
        }
        remove(cx, IN_USE, GONE, async || {
            cx.aws.ec2.delete_route_table().route_table_id(id).send().await?;
            Ok(())
        })
        .await
    }
}

/// All tables of a network: a table without the platform's tags may have one of its subnets.
async fn tables_of(cx: &Context<'_>, vpc: &str) -> Result<Vec<LiveTable>> {
    let mut pages = cx.aws.ec2.describe_route_tables().filters(filter("vpc-id", vpc)).into_paginator().send();
    let mut tables = Vec::new();
    while let Some(page) = pages.next().await {
        tables.extend(page?.route_tables.unwrap_or_default());
    }
    Ok(tables)
}

/// Updates the default route and the subnets of a table; `now` are the live tables of its network, empty
/// for a new table.
async fn complete(cx: &Context<'_>, wanted: &RouteTable, id: &str, now: &[LiveTable]) -> Result<()> {
    let table = now.iter().find(|table| table.route_table_id() == Some(id));
    lead(cx, wanted.default_route.as_ref(), id, table.and_then(default_route)).await?;

    let subnets = cx.ids(&wanted.subnets)?;
    let everywhere = now.iter().flat_map(|table| followers(table).map(move |follower| (table, follower)));
    let associations: BTreeMap<&str, (Option<&str>, &str)> =
        everywhere.map(|(table, (subnet, association))| (subnet, (table.route_table_id(), association))).collect();
    for subnet in &subnets {
        match associations.get(subnet.as_str()) {
            Some((Some(holder), _)) if *holder == id => {}
            Some((_, association)) => reassociate(cx, association, id, subnet).await?,
            None => associate(cx, id, subnet).await?,
        }
    }
    for (subnet, association) in table.into_iter().flat_map(followers) {
        if !subnets.iter().any(|wanted| wanted == subnet) {
            disassociate(cx, association).await?;
        }
    }
    Ok(())
}

/// Updates the default route of a table; `now` is its live route.
async fn lead(cx: &Context<'_>, wanted: Option<&DefaultRoute>, id: &str, now: Option<&Route>) -> Result<()> {
    let everywhere = Cidr::anywhere().to_string();
    let (gateway, nat_gateway) = match wanted {
        Some(DefaultRoute::InternetGateway(gateway)) => (Some(cx.id(gateway)?), None),
        Some(DefaultRoute::NatGateway(gateway)) => (None, Some(cx.id(gateway)?)),
        None if now.is_none() => return Ok(()),
        None => return delete_route(cx, id, &everywhere).await,
    };
    match now {
        Some(route) if leads_to(route) == gateway.as_deref().or(nat_gateway.as_deref()) && is_active(route) => Ok(()),
        Some(_) => {
            cx.retry(NOT_YET_VISIBLE, async || {
                let call = cx.aws.ec2.replace_route().route_table_id(id).destination_cidr_block(&everywhere);
                let call = call.set_gateway_id(gateway.clone()).set_nat_gateway_id(nat_gateway.clone());
                call.send().await?;
                Ok(())
            })
            .await
        }
        None => {
            cx.retry(NOT_YET_VISIBLE, async || {
                let call = cx.aws.ec2.create_route().route_table_id(id).destination_cidr_block(&everywhere);
                let call = call.set_gateway_id(gateway.clone()).set_nat_gateway_id(nat_gateway.clone());
                call.send().await?;
                Ok(())
            })
            .await
        }
    }
}

async fn associate(cx: &Context<'_>, id: &str, subnet: &str) -> Result<()> {
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.associate_route_table().route_table_id(id).subnet_id(subnet).send().await?;
        Ok(())
    })
    .await
}

/// Moves a subnet from another table to this one, without a gap between the two.
async fn reassociate(cx: &Context<'_>, association: &str, id: &str, subnet: &str) -> Result<()> {
    let moved = cx.retry(NOT_YET_VISIBLE, async || {
        let call = cx.aws.ec2.replace_route_table_association().association_id(association);
        call.route_table_id(id).send().await?;
        Ok(())
    });
    match moved.await {
        // The other table was disassociated meanwhile.
        Err(error) if error.is(&["InvalidAssociationID.NotFound"]) => associate(cx, id, subnet).await,
        other => other,
    }
}

async fn disassociate(cx: &Context<'_>, association: &str) -> Result<()> {
    let call = cx.aws.ec2.disassociate_route_table().association_id(association);
    match call.send().await.map_err(Error::from) {
        Err(error) if error.is(&["InvalidAssociationID.NotFound"]) => Ok(()),
        other => other.map(drop),
    }
}

async fn delete_route(cx: &Context<'_>, id: &str, to: &str) -> Result<()> {
    let call = cx.aws.ec2.delete_route().route_table_id(id);
    let call = match to {
        list if list.starts_with("pl-") => call.destination_prefix_list_id(list),
        range if range.contains("::") => call.destination_ipv6_cidr_block(range),
        range => call.destination_cidr_block(range),
    };
    match call.send().await.map_err(Error::from) {
        Err(error) if error.is(&["InvalidRoute.NotFound"]) => Ok(()),
        other => other.map(drop),
    }
}

/// The unmodelled field for routes beside those of the network itself, of its gateway endpoints and the default one.
/// They lead to networks that the plan does not have.
const ROUTES: &str = "other_routes";

/// The destinations of such routes, each with what it leads to. A route that a gateway propagates, and one whose
/// endpoint exists, cannot be deleted: the gateway and the endpoint are reported by themselves.
/// Source: Amazon EC2 API, `Route`, `DeleteRoute`.
fn other_routes(table: &LiveTable) -> impl Iterator<Item = (&str, &str)> {
    let everywhere = Cidr::anywhere().to_string();
    let is_own = move |route: &Route| {
        let gateway = route.gateway_id().unwrap_or_default();
        gateway == "local"
            || gateway.starts_with("vpce-")
            || route.origin() == Some(&RouteOrigin::EnableVgwRoutePropagation)
            || route.destination_cidr_block() == Some(&everywhere)
    };
    let routes = table.routes().iter().filter(move |route| !is_own(route));
    routes.filter_map(|route| {
        let to = route
            .destination_cidr_block()
            .or(route.destination_ipv6_cidr_block())
            .or(route.destination_prefix_list_id())?;
        let by = route
            .vpc_peering_connection_id()
            .or(route.transit_gateway_id())
            .or(route.network_interface_id())
            .or(route.nat_gateway_id())
            .or(route.gateway_id())
            .or(route.egress_only_internet_gateway_id())
            .or(route.core_network_arn())
            .unwrap_or("another target");
        Some((to, by))
    })
}

/// The default route of a table.
fn default_route(table: &LiveTable) -> Option<&Route> {
    let everywhere = Cidr::anywhere().to_string();
    table.routes().iter().find(|route| route.destination_cidr_block() == Some(&everywhere))
}

/// A default route as the model represents it; `None` for one whose target no longer exists.
fn shown(cx: &Context<'_>, route: &Route) -> Option<DefaultRoute> {
    if !is_active(route) {
        return None;
    }
    Some(match route.nat_gateway_id() {
        Some(id) => DefaultRoute::NatGateway(cx.reference::<NatGateway>(id)),
        None => DefaultRoute::InternetGateway(cx.reference::<InternetGateway>(leads_to(route).unwrap_or_default())),
    })
}

/// Whether the target exists: AWS keeps a route whose target is deleted, and drops its packets.
fn is_active(route: &Route) -> bool {
    route.state() != Some(&RouteState::Blackhole)
}

/// The id of the gateway that a route leads to.
fn leads_to(route: &Route) -> Option<&str> {
    route.nat_gateway_id().or(route.gateway_id())
}

/// What blocks the deletion of a table, besides subnets: each with its description and its remedy. saas
/// creates none of it. Source: Amazon EC2 API, `DeleteRouteTable`, `DisassociateRouteTable`.
fn held_by(table: &LiveTable) -> Vec<(String, &'static str, &'static str)> {
    let mut held = Vec::new();
    for association in table.associations().iter().filter(|association| stays(association)) {
        if association.main() == Some(true) {
            let id = association.route_table_association_id().unwrap_or_default().to_owned();
            let what = "this association makes the route table the main route table of its network";
            held.push((id, what, "make another route table the main one first, with ReplaceRouteTableAssociation"));
        } else if let Some(gateway) = association.gateway_id() {
            let what = "traffic that enters through this gateway uses the route table";
            held.push((gateway.to_owned(), what, "disassociate the route table from the gateway first"));
        }
    }
    held
}

fn stays(association: &RouteTableAssociation) -> bool {
    let stage = association.association_state().and_then(|state| state.state());
    !matches!(stage, Some(Stage::Disassociating | Stage::Disassociated | Stage::Failed))
}

/// The subnets of a table, each with the id of its association.
fn followers(table: &LiveTable) -> impl Iterator<Item = (&str, &str)> {
    table
        .associations()
        .iter()
        .filter(|association| stays(association))
        .filter_map(|association| Some((association.subnet_id()?, association.route_table_association_id()?)))
}
