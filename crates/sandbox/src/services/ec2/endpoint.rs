//! Gateway endpoints, through which a VPC reaches Amazon S3 without a NAT gateway. AWS adds the routes
//! to an endpoint to its route tables.

use std::collections::BTreeSet;

use super::checks::{created_before, done, owner, quota};
use super::resource::{Resource, change, created, find, named};
use super::route::{Destination, Route, Via};
use super::tags::{at_creation, tag_set};
use super::{Event, RouteTable, Vpc, prefix_list, quotas, timing};
use crate::services::prelude::*;

/// The default policy of an endpoint.
const FULL_ACCESS: &str =
    r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) service: String,
    pub(crate) prefix_list: String,
    pub(crate) policy: String,
    pub(crate) route_tables: BTreeSet<String>,
    pub(crate) is_leaving: bool,
    /// Whether the deletion is complete.
    pub(crate) is_gone: bool,
    pub(crate) created: Time,
    pub(crate) tags: Tags,
}

impl Endpoint {
    const fn state(&self) -> &'static str {
        match (self.is_gone, self.is_leaving) {
            (true, _) => "deleted",
            (_, true) => "deleting",
            _ => "available",
        }
    }
}

impl Resource for Endpoint {
    const PREFIX: &'static str = "vpce";

    kept_in!(endpoints);

    fn is_forgotten(&self) -> bool {
        self.is_gone
    }

    fn property(&self, _cloud: &Cloud, filter: &str) -> Vec<String> {
        if filter == "ip-address-type" { vec!["ipv4".to_owned()] } else { Vec::new() }
    }

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        vec![
            xml::text("vpcEndpointId", &self.id),
            xml::text("vpcEndpointType", "Gateway"),
            xml::text("vpcId", &self.vpc),
            xml::text("serviceName", &self.service),
            xml::text("serviceRegion", &cloud.account.region),
            xml::text("state", self.state()),
            xml::text("policyDocument", &self.policy),
            xml::texts("routeTableIdSet", "item", &self.route_tables),
            xml::list("subnetIdSet", "item", []),
            xml::list("groupSet", "item", []),
            xml::text("privateDnsEnabled", false),
            xml::text("requesterManaged", false),
            xml::list("networkInterfaceIdSet", "item", []),
            xml::list("dnsEntrySet", "item", []),
            xml::text("creationTimestamp", self.created.iso()),
            owner(cloud),
            tag_set(&self.tags),
        ]
    }
}

/// `CreateVpcEndpoint`. A gateway endpoint is available at once.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    if let Some(endpoint) =
        created_before(&cloud.ec2.endpoint_tokens, input)?.and_then(|id| cloud.ec2.endpoints.get(id))
    {
        return Ok(created(cloud, input, "vpcEndpoint", endpoint));
    }
    if input.text("VpcEndpointType").is_some_and(|kind| kind != "Gateway") {
        return Err(Refusal::new("UnsupportedOperation", "The sandbox has gateway endpoints only"));
    }
    let vpc = named::<Vpc>(cloud, input, "VpcId")?.id.clone();
    let service = input.required("ServiceName")?;
    let list = prefix_list::all(cloud).into_iter().find(|list| list.name == service).ok_or_else(|| {
        let message = format!("The Vpc Endpoint Service '{service}' does not exist");
        Refusal::new("InvalidServiceName", message)
    })?;
    let route_tables = wanted_tables(cloud, &vpc, list.id, &input.texts("RouteTableId"))?;
    let policy = policy(input)?.unwrap_or(FULL_ACCESS).to_owned();
    let tags = at_creation::<Endpoint>(input)?;
    let count = cloud.ec2.endpoints.values().filter(|endpoint| !endpoint.is_gone).count();
    quota(count, quotas::ENDPOINTS, "VpcEndpointLimitExceeded", "VPC endpoints")?;

    let endpoint = Endpoint {
        id: cloud.ids.ec2("vpce"),
        vpc,
        service: list.name,
        prefix_list: list.id.to_owned(),
        policy,
        created: cloud.now,
        tags,
        ..Endpoint::default()
    };
    let id = endpoint.id.clone();
    cloud.ec2.endpoint_tokens.remember(input.text("ClientToken"), input, &id);
    cloud.ec2.endpoints.insert(id.clone(), endpoint);
    route_tables.iter().for_each(|table| add_route(cloud, &id, table));
    find::<Endpoint>(cloud, &id).map(|endpoint| created(cloud, input, "vpcEndpoint", endpoint))
}

/// The policy of a call, which must be JSON.
fn policy(input: &Input) -> Result<Option<&str>, Refusal> {
    let Some(text) = input.text("PolicyDocument") else { return Ok(None) };
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(Refusal::new("InvalidPolicyDocument", format!("The policy is not valid: {error}"))),
    }
}

/// The route tables of a call: they must be in the VPC, and have no route to the service yet.
fn wanted_tables(cloud: &Cloud, vpc: &str, list: &str, ids: &[String]) -> Result<Vec<String>, Refusal> {
    for id in ids {
        // EC2 spells this error code differently here.
        let table = find::<RouteTable>(cloud, id).map_err(|refusal| match refusal.code.as_ref() {
            "InvalidRouteTableID.NotFound" => Refusal::new("InvalidRouteTableId.NotFound", refusal.message),
            _ => refusal,
        })?;
        if table.vpc != vpc {
            let message = format!("Route table {id} does not belong to VPC {vpc}");
            return Err(Refusal::new("InvalidParameter", message));
        }
        if table.routes.iter().any(|route| route.destination.text() == list) {
            let message = format!("route table {id} already has a route with destination-prefix-list-id {list}");
            return Err(Refusal::new("RouteAlreadyExists", message));
        }
    }
    Ok(ids.to_vec())
}

/// Adds the route to an endpoint to a route table.
fn add_route(cloud: &mut Cloud, id: &str, table: &str) {
    let Some(endpoint) = cloud.ec2.endpoints.get_mut(id) else { return };
    // A table that is named twice gets one route.
    if endpoint.route_tables.insert(table.to_owned()) {
        let destination = Destination::PrefixList(endpoint.prefix_list.clone());
        let route = Route { destination, via: Via::Endpoint(id.to_owned()) };
        change(cloud, table, |table: &mut RouteTable| table.routes.push(route));
    }
}

/// Removes the route to an endpoint from a route table.
fn remove_route(cloud: &mut Cloud, id: &str, table: &str) {
    change(cloud, id, |endpoint: &mut Endpoint| {
        endpoint.route_tables.remove(table);
    });
    let via = Via::Endpoint(id.to_owned());
    change(cloud, table, |table: &mut RouteTable| table.routes.retain(|route| route.via != via));
}

/// `ModifyVpcEndpoint`.
pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let endpoint = named::<Endpoint>(cloud, input, "VpcEndpointId")?.clone();
    if endpoint.is_leaving {
        return Err(Refusal::new("IncorrectState", format!("The endpoint {} is being deleted", endpoint.id)));
    }
    let added = wanted_tables(cloud, &endpoint.vpc, &endpoint.prefix_list, &input.texts("AddRouteTableId"))?;
    let removed = input.texts("RemoveRouteTableId");
    if let Some(id) = removed.iter().find(|id| !endpoint.route_tables.contains(*id)) {
        let message = format!("The endpoint {} has no route in the route table '{id}'", endpoint.id);
        return Err(Refusal::new("InvalidRouteTableId.NotFound", message));
    }
    let reset = input.flag("ResetPolicy") == Some(true);
    let policy = if reset { Some(FULL_ACCESS) } else { policy(input)? }.map(str::to_owned);

    added.iter().for_each(|table| add_route(cloud, &endpoint.id, table));
    removed.iter().for_each(|table| remove_route(cloud, &endpoint.id, table));
    if let Some(policy) = policy {
        change(cloud, &endpoint.id, |endpoint: &mut Endpoint| endpoint.policy = policy);
    }
    Ok(done())
}

/// `DeleteVpcEndpoints`. The call succeeds, and lists the endpoints that it could not delete.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let mut unsuccessful = Vec::new();
    for id in input.texts("VpcEndpointId") {
        match find::<Endpoint>(cloud, &id).map(|endpoint| endpoint.is_leaving) {
            Ok(true) => {}
            Ok(false) => {
                change(cloud, &id, |endpoint: &mut Endpoint| endpoint.is_leaving = true);
                let gone = Event::EndpointIsGone(id);
                cloud.later(timing::ENDPOINT_STOPS, gone);
            }
            Err(refusal) => {
                // EC2 spells this error code differently from that of `DescribeVpcEndpoints`. Source:
                // hashicorp/terraform-provider-aws, `internal/service/ec2/errors.go`, which treats both
                // as not found, the shorter one of the items of `DeleteVpcEndpoints`.
                let code = match refusal.code.as_ref() {
                    "InvalidVpcEndpointId.NotFound" => "InvalidVpcEndpoint.NotFound".into(),
                    _ => refusal.code,
                };
                let error = [xml::text("code", code), xml::text("message", refusal.message)];
                unsuccessful.push(vec![xml::text("resourceId", id), xml::element("error", error)]);
            }
        }
    }
    Ok(vec![xml::list("unsuccessful", "item", unsuccessful)])
}

/// Completes the deletion and removes the routes. The endpoint stays stored, because its client token
/// still returns it.
pub(super) fn is_gone(cloud: &mut Cloud, id: &str) {
    let tables = cloud.ec2.endpoints.get(id).map(|endpoint| endpoint.route_tables.clone()).unwrap_or_default();
    tables.iter().for_each(|table| remove_route(cloud, id, table));
    change(cloud, id, |endpoint: &mut Endpoint| endpoint.is_gone = true);
}
