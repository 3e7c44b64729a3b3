//! Whether this machine will be able to reach the database, which is in private subnets.
//!
//! A database that serves has been reached by now: finding what is in it comes before preflight.
//! Before it does, only a machine with an address in the platform's network, or a tunnel, will
//! reach it. Another network that is joined to it cannot be told from one that is not, so the check
//! can be skipped.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use saas_model::Address;
use saas_model::cidr::Cidr;
use saas_model::resource::{DbCluster, ResourceSpec, Vpc};

use super::Failure;
use crate::context::Cx;

/// Why the database will be out of reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database of `{cluster}` will be private, and this machine has no way to it: {}, and no `--database-hostaddr` is given",
    from(*.local, .network)
)]
pub struct NoRoute {
    /// The node of the database.
    pub cluster: Address,
    /// The addresses of the platform's network.
    pub network: Cidr,
    /// The address from which this machine would send to that network.
    pub local: Option<Ipv4Addr>,
}

impl NoRoute {
    fn is_inside(&self) -> bool {
        self.local.is_some_and(|local| self.network.contains_address(local))
    }
}

fn from(local: Option<Ipv4Addr>, network: &Cidr) -> String {
    match local {
        Some(local) => format!("its address {local} is not within {network}"),
        None => format!("it has no address within {network}"),
    }
}

/// The failure, if the plan's database is yet to be made and will be out of reach.
pub(super) async fn missing(cx: &Cx<'_>) -> Option<Failure> {
    if cx.postgres.is_dialled() || cx.postgres.was_reached() {
        return None;
    }
    let nodes = cx.plan.nodes();
    let cluster = nodes.iter().find(|node| DbCluster::of(&node.resource).is_some())?;
    let network = nodes.iter().find_map(|node| Some(&Vpc::of(&node.resource)?.cidr))?;
    let local = local_address(network);
    let route = NoRoute { cluster: cluster.address.clone(), network: *network, local };
    (!route.is_inside()).then_some(Failure::NoRoute(route))
}

/// The address from which this machine would send to a network. Nothing is sent for it: connecting a
/// UDP socket only asks the routing table.
fn local_address(network: &Cidr) -> Option<Ipv4Addr> {
    const DISCARD: u16 = 9;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((network.first_address(), DISCARD)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(local) => Some(local),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(local: Option<[u8; 4]>) -> NoRoute {
        NoRoute {
            cluster: Address::literal("database/cluster"),
            network: "10.0.0.0/16".parse().expect("valid"),
            local: local.map(Ipv4Addr::from),
        }
    }

    #[test]
    fn only_a_machine_in_the_network_is_inside() {
        assert!(route(Some([10, 0, 11, 7])).is_inside());
        assert!(!route(Some([10, 1, 11, 7])).is_inside());
        assert!(!route(None).is_inside());
    }

    #[test]
    fn the_address_and_the_network_are_named() {
        let text = route(Some([192, 168, 1, 7])).to_string();
        assert!(text.contains("`database/cluster` will be private"), "{text}");
        assert!(text.contains("its address 192.168.1.7 is not within 10.0.0.0/16"), "{text}");
    }
}
