//! Whether this machine will be able to reach the database, which is in private subnets.
//!
//! The listing comes before preflight, so a database in service has been reached by now. A database that
//! does not exist yet can only be reached from an address in the platform's network, or through a tunnel.
//! This machine cannot tell whether another network is connected to it, so the check can be skipped. If
//! the operator names a tunnel, it must accept connections already.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::Duration;

use saas_model::cidr::Cidr;
use saas_model::resource::{DbCluster, ResourceSpec, Vpc};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Failure, NoRoute};
use crate::context::Context;

/// The timeout of the connection. A tunnel begins on this machine, or near it.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// The failure, if the plan's database does not exist yet and will be unreachable.
pub(super) async fn missing(cx: &Context<'_>) -> Option<Failure> {
    if cx.postgres.was_reached() {
        return None;
    }
    let nodes = cx.plan.nodes();
    let cluster = nodes.iter().find(|node| DbCluster::of(&node.resource).is_some())?.address.clone();
    if let Some(at) = cx.postgres.dialled() {
        let reason = dial(at, DIAL_TIMEOUT).await?;
        return Some(Failure::NoRoute(NoRoute::NoAnswer { cluster, at: at.to_owned(), reason }));
    }
    let network = nodes.iter().find_map(|node| Some(&Vpc::of(&node.resource)?.cidr))?;
    let local = local_address(network);
    let is_inside = local.is_some_and(|local| network.contains_address(local));
    (!is_inside).then_some(Failure::NoRoute(NoRoute::Outside { cluster, network: *network, local }))
}

/// Why an address accepts no connection; `None` when it does.
async fn dial(at: &str, dial_timeout: Duration) -> Option<String> {
    match timeout(dial_timeout, TcpStream::connect(at)).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no response within {} s", dial_timeout.as_secs())),
    }
}

/// The source address of this machine for a network. It sends nothing: connecting a UDP socket only
/// consults the routing table.
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
    use std::net::TcpListener;

    use saas_model::Resource;

    use super::*;
    use crate::postgres::PostgresOptions;
    use crate::testing::{Bench, database};

    /// A plan with a database in a network with these addresses.
    async fn bench(cidr: &str) -> Bench {
        let vpc = Vpc { cidr: cidr.parse().expect("valid"), dns_support: true, dns_hostnames: true };
        let nodes: Vec<(&str, Resource)> = [database::nodes(), vec![("network/vpc", vpc.into())]].concat();
        Bench::new("http://127.0.0.1:9", nodes).await
    }

    async fn outcome(bench: &Bench) -> Result<(), NoRoute> {
        match missing(&bench.cx()).await {
            None => Ok(()),
            Some(Failure::NoRoute(route)) => Err(route),
            Some(other) => panic!("{other}"),
        }
    }

    /// The kernel chooses the source address. Every machine has a loopback interface. Of the two
    /// documentation networks (RFC 5737), it has an address in at most one.
    #[tokio::test]
    async fn machine_inside_the_vpc_has_a_route_and_one_outside_has_none() {
        assert_eq!(outcome(&bench("127.0.0.0/16").await).await, Ok(()));
        let mut outside = Vec::new();
        for network in ["192.0.2.0/24", "198.51.100.0/24"] {
            outside.extend(outcome(&bench(network).await).await.err().map(|route| (network, route.to_string())));
        }
        assert!(!outside.is_empty());
        for (network, text) in outside {
            assert!(text.contains("`database/cluster` will be private"), "{text}");
            assert!(text.contains(&format!("within {network}, and no `--database-hostaddr` is given")), "{text}");
        }
    }

    #[tokio::test]
    async fn tunnel_must_accept_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let at = listener.local_addr().expect("it has one").to_string();
        let dialling = async || {
            let options = PostgresOptions { hostaddr: Some(at.clone()), ..PostgresOptions::default() };
            bench("192.0.2.0/24").await.with_postgres(options)
        };
        assert_eq!(outcome(&dialling().await).await, Ok(()));
        drop(listener);
        let route = outcome(&dialling().await).await.expect_err("nothing listens any more");
        assert!(matches!(&route, NoRoute::NoAnswer { at: dialled, .. } if *dialled == at), "{route}");
        assert!(route.to_string().contains("(`--database-hostaddr`)"), "{route}");
    }
}
