//! Why the database will be unreachable.

use std::net::Ipv4Addr;

use saas_model::Address;
use saas_model::cidr::Cidr;

/// Why the database will be unreachable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// This machine is outside of the network, and no other address is given.
    #[error(
        "the database of `{cluster}` will be private, and this machine has no route to it: {}, and no `--database-hostaddr` is given",
        from(*.local, .network)
    )]
    Outside {
        /// The node of the database.
        cluster: Address,
        /// The addresses of the platform's network.
        network: Cidr,
        /// The source address of this machine for that network.
        local: Option<Ipv4Addr>,
    },
    /// The given address accepts no connections.
    #[error("cannot reach the database of `{cluster}` at `{at}` (`--database-hostaddr`): {reason}")]
    NoAnswer {
        /// The node of the database.
        cluster: Address,
        /// The host and the port.
        at: String,
        /// The error of the operating system.
        reason: String,
    },
}

fn from(local: Option<Ipv4Addr>, network: &Cidr) -> String {
    match local {
        Some(local) => format!("its address {local} is not within {network}"),
        None => format!("it has no address within {network}"),
    }
}
