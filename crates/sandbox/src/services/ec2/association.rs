//! Associations of subnets with route tables.

use super::checks::done;
use super::resource::{change, find, named};
use super::{RouteTable, Subnet};
use crate::services::prelude::*;

/// `AssociateRouteTable`: a subnet is associated with at most one table.
pub(super) fn associate(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let table = named::<RouteTable>(cloud, input, "RouteTableId")?;
    let subnet = named::<Subnet>(cloud, input, "SubnetId")?;
    check_vpc(table, subnet)?;
    let mut followed = cloud.ec2.route_tables.values().flat_map(|table| table.associations.values().flatten());
    if followed.any(|followed| *followed == subnet.id) {
        let message =
            format!("the specified association for route table {} conflicts with an existing association", table.id);
        return Err(Refusal::new("Resource.AlreadyAssociated", message));
    }
    let (table, subnet) = (table.id.clone(), subnet.id.clone());

    let id = cloud.ids.ec2("rtbassoc");
    change(cloud, &table, |table: &mut RouteTable| {
        table.associations.insert(id.clone(), Some(subnet));
    });
    Ok(vec![xml::text("associationId", id), associated()])
}

/// `ReplaceRouteTableAssociation`: changes the table of a subnet, or the main table, atomically. The
/// association gets a new id.
pub(super) fn replace(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let old = input.required("AssociationId")?.to_owned();
    let (from, subnet) = existing(cloud, &old)?;
    let to = named::<RouteTable>(cloud, input, "RouteTableId")?;
    match subnet.as_deref().map(|subnet| find::<Subnet>(cloud, subnet)).transpose()? {
        Some(subnet) => check_vpc(to, subnet)?,
        None if find::<RouteTable>(cloud, &from)?.vpc != to.vpc => {
            let message = format!("route table {} and route table {from} belong to different networks", to.id);
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        None => {}
    }
    let to = to.id.clone();

    let id = cloud.ids.ec2("rtbassoc");
    change(cloud, &from, |table: &mut RouteTable| {
        table.associations.remove(&old);
    });
    change(cloud, &to, |table: &mut RouteTable| {
        table.associations.insert(id.clone(), subnet);
    });
    Ok(vec![xml::text("newAssociationId", id), associated()])
}

/// `DisassociateRouteTable`: the subnet uses the main table again.
pub(super) fn disassociate(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = input.required("AssociationId")?.to_owned();
    let (table, subnet) = existing(cloud, &id)?;
    if subnet.is_none() {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(Refusal::new("InvalidParameterValue", message));
    }

    change(cloud, &table, |table: &mut RouteTable| {
        table.associations.remove(&id);
    });
    Ok(done())
}

/// The table and the subnet of an association.
fn existing(cloud: &Cloud, id: &str) -> Result<(String, Option<String>), Refusal> {
    let found = cloud.ec2.route_tables.values().find_map(|table| {
        let subnet = table.associations.get(id)?;
        Some((table.id.clone(), subnet.clone()))
    });
    found.ok_or_else(|| {
        Refusal::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
    })
}

/// Refuses a table and a subnet of different VPCs.
fn check_vpc(table: &RouteTable, subnet: &Subnet) -> Result<(), Refusal> {
    if table.vpc == subnet.vpc {
        return Ok(());
    }
    let message = format!("route table {} and subnet {} belong to different networks", table.id, subnet.id);
    Err(Refusal::new("InvalidParameterValue", message))
}

fn associated() -> Element {
    xml::element("associationState", [xml::text("state", "associated")])
}
