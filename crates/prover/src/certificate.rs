//! The certificate: which claims about a plan are proven, under which assumptions, and why they
//! hold.
//!
//! A certificate is one MessagePack map, `{certificate, id, body}`, in the canonical form of
//! [`saas_model::codec`]: `certificate` is the version of the format, and the id is the digest of
//! the file without the 32 bytes of the id. A finding that holds for many tenants for the same
//! reason is written once, with the list of its tenants.

use saas_model::Digest;
use saas_model::codec::canonical;
use saas_model::digest::Domain;
use saas_model::identifier::{AccountId, Environment, PlatformName, Region};
use serde::{Deserialize, Serialize};

use crate::counterexample::Counterexample;
use crate::witness::Witness;

/// The version of the format that this crate writes, and the only version that it reads.
pub const FORMAT: u32 = 3;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it may contain refuted obligations"]
pub struct Certificate {
    id: Digest,
    body: Body,
}

/// The content of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The version of the prover.
    pub prover: String,
    /// The plan that it applies to.
    pub plan: Digest,
    /// The plan's platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The plan's account.
    pub account: AccountId,
    /// The plan's region.
    pub region: Region,
    /// The digest of the catalogue of actions that the claims refer to.
    pub catalogue: Digest,
    /// The assumptions of the proof.
    pub assumptions: Vec<Remark>,
    /// The roles that bucket policies exempt. They are trusted.
    pub trusted: Vec<String>,
    /// The known risks, with their reasons.
    pub risks: Vec<Remark>,
    /// The tenants. Findings refer to them by their positions in this list.
    pub tenants: Vec<String>,
    /// The proof obligations.
    pub obligations: Vec<Obligation>,
}

/// An assumption or a risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// Its name.
    pub id: String,
    /// The text.
    pub text: String,
}

/// A claim with its finding for each tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// Its name, such as `s3/objects`.
    pub id: String,
    /// The channel through which one tenant might reach another.
    pub channel: Channel,
    /// The layer of protection that the claim belongs to. The claim holds without the other layers.
    pub layer: Layer,
    /// The claim, about every tenant T or about the platform.
    pub claim: String,
    /// The findings. Each tenant is in exactly one of them; a claim about the platform has one
    /// finding.
    pub findings: Vec<Finding>,
}

/// The verdict for some tenants, or for the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The subject of the finding.
    pub about: About,
    /// The verdict.
    pub verdict: Verdict,
}

/// The subject of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The resources that tenants share.
    Platform,
    /// Tenants, as ranges of positions in [`Body::tenants`]: first position and length.
    Tenants(Vec<(u32, u32)>),
}

/// The verdict on a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The claim holds.
    Proven(Witness),
    /// The claim holds except for a known risk.
    Residual {
        /// The name of the risk.
        risk: String,
        /// Why the remainder holds.
        witness: Witness,
    },
    /// The claim does not hold, or the prover cannot decide it.
    Refuted {
        /// The location in the plan, relative to the tenant.
        at: String,
        /// The reason.
        reason: String,
        /// A replayable attack, for the first of the tenants.
        counterexample: Box<Counterexample>,
    },
}

/// A channel through which one tenant might reach another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Channel {
    /// The owner of each resource, and the references between resources.
    Ownership,
    /// The permissions of roles, and the principals that may assume them.
    Iam,
    /// Buckets and their objects.
    S3,
    /// Passwords.
    Secrets,
    /// Log groups.
    Logs,
    /// Tasks and services.
    Ecs,
    /// Security groups, routes and addresses.
    Network,
    /// Hosts, listener rules and listeners.
    Ingress,
    /// The database's schemas and roles.
    Sql,
    /// Encryption, TLS and public access.
    Settings,
}

/// A layer of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Layer {
    /// The permissions of identities, without any resource policy.
    Identity,
    /// The requests that resource policies deny, even to principals with full permissions.
    Resource,
    /// The reachability of the network.
    Network,
    /// The separation that the database or the load balancer enforces.
    Application,
    /// How resources are configured and named.
    Configuration,
}

impl Verdict {
    /// Whether this is a refutation.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        matches!(self, Self::Refuted { .. })
    }
}

impl Body {
    /// The names of the tenants of a finding; empty if it is about the platform.
    pub fn names<'b>(&'b self, about: &'b About) -> impl Iterator<Item = &'b str> {
        about.places().filter_map(|place| self.tenants.get(place as usize)).map(String::as_str)
    }

    /// The findings that refute a claim, with their obligations.
    pub fn refuted(&self) -> impl Iterator<Item = (&Obligation, &Finding)> {
        let refuted = |obligation| self.findings_of(obligation).filter(|(_, finding)| finding.verdict.is_refuted());
        self.obligations.iter().flat_map(refuted)
    }

    fn findings_of<'b>(&self, obligation: &'b Obligation) -> impl Iterator<Item = (&'b Obligation, &'b Finding)> {
        obligation.findings.iter().map(move |finding| (obligation, finding))
    }
}

impl About {
    /// The subject for tenants at these positions, which must be sorted.
    #[must_use]
    pub fn of(places: &[u32]) -> Self {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for &place in places {
            match ranges.last_mut() {
                Some((first, count)) if *first + *count == place => *count += 1,
                _ => ranges.push((place, 1)),
            }
        }
        Self::Tenants(ranges)
    }

    /// The positions of the tenants.
    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        let ranges: &[(u32, u32)] = match self {
            Self::Platform => &[],
            Self::Tenants(ranges) => ranges,
        };
        ranges.iter().flat_map(|&(first, count)| first..first.saturating_add(count))
    }
}

/// The bytes are not a certificate, or not in its canonical form.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableCertificate {
    /// They are not a MessagePack map with the keys of a certificate.
    #[error("this is not a certificate")]
    Malformed(#[source] rmp_serde::decode::Error),
    /// Another version of `saas` wrote the certificate.
    #[error("the certificate has format {found}, but this version of saas reads format {FORMAT}")]
    OtherFormat {
        /// The format that it states.
        found: u32,
    },
    /// The content has another id, or its encoding is not the canonical one.
    #[error("the certificate was altered: its bytes are not the canonical encoding of its content")]
    Altered,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    certificate: u32,
    id: Digest,
    body: Body,
}

/// The offset of the 32 bytes of the id: after the map header, the key `certificate`, `2`, the key
/// `id`, and the header of the 32 bytes.
const ID_AT: usize = 1 + 12 + 1 + 3 + 2;

impl Certificate {
    /// Creates the certificate with this content.
    pub fn new(body: Body) -> Self {
        sealed(body).0
    }

    /// Decodes a certificate.
    ///
    /// # Errors
    /// When `bytes` are not the canonical form of a certificate.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableCertificate> {
        let file: File = rmp_serde::from_slice(bytes).map_err(UnreadableCertificate::Malformed)?;
        if file.certificate != FORMAT {
            return Err(UnreadableCertificate::OtherFormat { found: file.certificate });
        }
        let (certificate, canonical) = sealed(file.body);
        if canonical == bytes { Ok(certificate) } else { Err(UnreadableCertificate::Altered) }
    }

    /// The canonical encoding of this certificate.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        sealed(self.body.clone()).1
    }

    /// The digest of the rest of the certificate.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// The content.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }
}

fn sealed(body: Body) -> (Certificate, Vec<u8>) {
    let file = File { certificate: FORMAT, id: Digest::from_bytes([0; Digest::LEN]), body };
    let mut bytes = canonical(&file);
    let (before, behind) = (&bytes[..ID_AT], &bytes[ID_AT + Digest::LEN..]);
    let id = Domain::Certificate.hasher().update(before).update(behind).finish();
    bytes[ID_AT..ID_AT + Digest::LEN].copy_from_slice(id.as_bytes());
    (Certificate { id, body: file.body }, bytes)
}
