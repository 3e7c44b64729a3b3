//! The claims, channel by channel.

pub(crate) mod ecs;
pub(crate) mod iam;
pub(crate) mod ingress;
pub(crate) mod logs;
pub(crate) mod network;
pub(crate) mod ownership;
pub(crate) mod s3;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod sql;

use crate::claim::Claim;

/// All claims, in the order of a certificate.
pub(crate) fn claims() -> impl Iterator<Item = &'static Claim> {
    let channels: [&'static [Claim]; 10] = [
        &ownership::CLAIMS,
        &iam::CLAIMS,
        &s3::CLAIMS,
        &secrets::CLAIMS,
        &logs::CLAIMS,
        &ecs::CLAIMS,
        &network::CLAIMS,
        &ingress::CLAIMS,
        &sql::CLAIMS,
        &settings::CLAIMS,
    ];
    channels.into_iter().flatten()
}
