//! The certificate: what was proven of a plan, under which assumptions, and why it is so.
//!
//! A certificate is one MessagePack map, `{certificate, id, body}`, in the canonical form of
//! [`saas_model::codec`]: `certificate` is the version of its format, and the id is the digest of the
//! file with the 32 bytes of the id left out. What holds for many tenants for the same reason is
//! written once, with the tenants that it is about.

use saas_model::Digest;
use saas_model::codec::canonical;
use saas_model::digest::Domain;
use saas_model::identifier::{AccountId, Environment, PlatformName, Region};
use serde::{Deserialize, Serialize};

use crate::counterexample::Counterexample;
use crate::witness::Witness;

/// The version of the format that this crate writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    id: Digest,
    body: Body,
}

/// Everything that a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The version of the prover.
    pub prover: String,
    /// The plan that it is about, and no other.
    pub plan: Digest,
    /// The plan's platform.
    pub platform: PlatformName,
    /// The platform's stage.
    pub environment: Environment,
    /// The plan's account.
    pub account: AccountId,
    /// The plan's region.
    pub region: Region,
    /// The digest of the list of actions that the claims are about.
    pub catalogue: Digest,
    /// What is taken for granted.
    pub assumptions: Vec<Remark>,
    /// The roles that bucket policies do not keep out; they are trusted.
    pub trusted: Vec<String>,
    /// What is not closed, and why.
    pub risks: Vec<Remark>,
    /// The tenants, by whose places in this list obligations say whom they are about.
    pub tenants: Vec<String>,
    /// What had to be proven.
    pub obligations: Vec<Obligation>,
}

/// An assumption or a risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// Its name.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// One claim, with what came out for each tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// Its name, such as `s3/objects`.
    pub id: String,
    /// Through what one tenant might reach another.
    pub channel: Channel,
    /// Which layer of protection it is about; it holds without all others.
    pub layer: Layer,
    /// What is claimed, of every tenant T or of the platform.
    pub claim: String,
    /// What came out. Each tenant is in one of these, or the platform in the only one.
    pub findings: Vec<Finding>,
}

/// What came out for some tenants, or for the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Whom it is about.
    pub about: About,
    /// What came out.
    pub verdict: Verdict,
}

/// Whom a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// What tenants share.
    Platform,
    /// Tenants, as ranges of their places in [`Body::tenants`]: the first, and how many.
    Tenants(Vec<(u32, u32)>),
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The claim holds.
    Proven(Witness),
    /// The claim holds but for a risk that is known.
    Residual {
        /// The risk, by its name.
        risk: String,
        /// Why the rest holds.
        witness: Witness,
    },
    /// The claim does not hold, or it cannot be decided.
    Refuted {
        /// Where in the plan, relative to the tenant.
        at: String,
        /// What is wrong.
        reason: String,
        /// What somebody can do, for the first of the tenants.
        counterexample: Box<Counterexample>,
    },
}

/// Through what one tenant might reach another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Channel {
    /// Whose each resource is, and what refers to what.
    Ownership,
    /// What roles may do, and who may assume them.
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
    /// Hosts, rules and listeners.
    Ingress,
    /// Schemas and roles of the database.
    Sql,
    /// Encryption, TLS and public access.
    Settings,
}

/// A layer of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Layer {
    /// What identities may do, without any policy of a resource.
    Identity,
    /// What resources refuse, to principals that may do everything.
    Resource,
    /// What packets can reach.
    Network,
    /// What the database or the load balancer tells apart.
    Application,
    /// How resources are configured and named.
    Configuration,
}

impl Verdict {
    /// Whether it is a refutation.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        matches!(self, Self::Refuted { .. })
    }
}

impl Body {
    /// The names of the tenants that a finding is about; none when it is about the platform.
    pub fn names<'b>(&'b self, about: &'b About) -> impl Iterator<Item = &'b str> {
        about.places().filter_map(|place| self.tenants.get(place as usize)).map(String::as_str)
    }

    /// The findings that refute a claim, with the obligation.
    pub fn refuted(&self) -> impl Iterator<Item = (&Obligation, &Finding)> {
        let refuted = |obligation| self.findings_of(obligation).filter(|(_, finding)| finding.verdict.is_refuted());
        self.obligations.iter().flat_map(refuted)
    }

    fn findings_of<'b>(&self, obligation: &'b Obligation) -> impl Iterator<Item = (&'b Obligation, &'b Finding)> {
        obligation.findings.iter().map(move |finding| (obligation, finding))
    }
}

impl About {
    /// The tenants of these places, which are in order.
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

    /// The places.
    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        let ranges: &[(u32, u32)] = match self {
            Self::Platform => &[],
            Self::Tenants(ranges) => ranges,
        };
        ranges.iter().flat_map(|&(first, count)| first..first.saturating_add(count))
    }
}

/// Bytes that are no certificate, or not as a certificate is written.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableCertificate {
    /// It is not a MessagePack map with the keys of a certificate.
    #[error("this is not a certificate")]
    Malformed(#[source] rmp_serde::decode::Error),
    /// Another version of saas wrote it.
    #[error("the certificate has format {found}, and this version of saas reads format {FORMAT}")]
    OtherFormat {
        /// The format that it says.
        found: u32,
    },
    /// The content has another id, or is written in another way than the canonical one.
    #[error("the certificate was altered: its bytes are not those that its content has")]
    Altered,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    certificate: u32,
    id: Digest,
    body: Body,
}

/// Where the 32 bytes of the id are: behind the map, the key `certificate`, `1`, the key `id`, and the
/// header of 32 bytes.
const ID_AT: usize = 1 + 12 + 1 + 3 + 2;

impl Certificate {
    /// The certificate that says this.
    #[must_use]
    pub fn new(body: Body) -> Self {
        sealed(body).0
    }

    /// Reads a certificate.
    ///
    /// # Errors
    /// When `bytes` are anything but the one canonical form of a certificate.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableCertificate> {
        let file: File = rmp_serde::from_slice(bytes).map_err(UnreadableCertificate::Malformed)?;
        if file.certificate != FORMAT {
            return Err(UnreadableCertificate::OtherFormat { found: file.certificate });
        }
        let (certificate, canonical) = sealed(file.body);
        if canonical == bytes { Ok(certificate) } else { Err(UnreadableCertificate::Altered) }
    }

    /// The one byte string of this certificate.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        sealed(self.body.clone()).1
    }

    /// The digest of everything else in it.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// What it says.
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
