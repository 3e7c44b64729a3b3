//! The receipt: what one apply or destroy did, content-addressed like the plan that it applied.
//!
//! A receipt is one MessagePack map, `{receipt, id, body}`, in the canonical form of [`crate::codec`].
//! `receipt` is the format version. The id is the digest of the file without the 32 bytes of the id. It
//! contains no secret, because none of its sources does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::codec::form::{self, Difference, FormatError, Writer, difference};
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, Environment, PlatformName, Region};
use crate::time::UtcTime;

/// The format version that this crate writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// The prefix of the receipts' keys in the control bucket.
pub const PREFIX: &str = "receipts/";

/// The first key of a receipt, which distinguishes it from a plan.
const KEY: &str = "receipt";

/// What one apply or destroy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    id: Digest,
    body: Body,
}

/// The content of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The id of the plan.
    pub plan: Digest,
    /// The platform of the plan.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The AWS account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The command.
    pub command: Command,
    /// The digest of the change set that was approved.
    pub change_set: Digest,
    /// The caller and the run.
    pub who: Who,
    /// The start and the duration.
    pub when: When,
    /// The outcome.
    pub ending: Ending,
    /// The completed steps, in change set order.
    pub done: Vec<Step>,
    /// The failed steps.
    pub failed: Vec<FailedStep>,
    /// The steps that did not start because another step failed.
    pub not_reached: Vec<StoppedStep>,
    /// The steps that did not start because the run was cancelled.
    pub not_begun: Vec<Step>,
    /// The number of calls per operation of each service, retries included.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// The result of the verification; `None` when it did not run.
    pub verification: Option<Verified>,
    /// The outputs of the plan with AWS's values; empty unless all values are known.
    pub outputs: BTreeMap<Address, String>,
    /// The proof that the plan isolates its tenants; `None` for a destroy, and in receipts of versions that
    /// did not prove plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// The id of the receipt before it, so that one that was planted or removed shows; `None` in the first, and in
    /// receipts of versions that did not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

/// The proof that an applied plan isolates its tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// The id of the certificate.
    pub certificate: Digest,
    /// The refuted obligations that the caller accepted, sorted.
    pub accepted_risks: Vec<String>,
}

/// The command of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Apply: make everything equal to the plan.
    Apply,
    /// Destroy: delete everything.
    Destroy,
}

/// The caller and the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The ARN of the caller.
    pub caller: String,
    /// The run id: random, and the same as in the lease.
    pub run: String,
}

/// The start and the duration of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// When the lease was acquired, by the clock of S3.
    pub began: UtcTime,
    /// The duration of the run in milliseconds, by the local clock.
    pub acted_millis: u64,
}

/// The outcome of an apply or a destroy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Ending {
    /// All steps completed.
    Complete,
    /// Steps failed.
    Failed,
    /// The run was cancelled.
    Interrupted,
    /// The lease may have been lost to another run, so the run stopped writing.
    LeaseLost,
}

/// The action on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verb {
    /// Create.
    Create,
    /// Update fields in place.
    Update,
    /// Delete.
    Delete,
    /// Wait until it is stable.
    #[strum(to_string = "stabilize")]
    Settle,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The node.
    pub address: Address,
    /// The action.
    pub verb: Verb,
}

/// A failed step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedStep {
    /// The node.
    pub address: Address,
    /// The action.
    pub verb: Verb,
    /// The error.
    pub error: String,
}

/// A step that did not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoppedStep {
    /// The node.
    pub address: Address,
    /// The action.
    pub verb: Verb,
    /// The node whose failure prevented it.
    pub because: Address,
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Whether the live state equals the plan and tenants are isolated.
    pub clean: bool,
    /// The number of resources that were read and compared.
    pub compared: u64,
    /// The number of isolation checks of tenants' permissions.
    pub attempts: u64,
    /// The nodes whose live state differs from the plan.
    pub deviations: Vec<Address>,
    /// The isolation checks that failed.
    pub broken: Vec<String>,
}

/// The bytes are not a receipt, or not one in canonical form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableReceipt {
    /// A later version of saas wrote it.
    #[error("the receipt has format {found}, but this version of saas reads format {FORMAT}; use a newer saas")]
    NewerFormat {
        /// The format version in the file.
        found: u64,
    },
    /// It is not a MessagePack map with the keys of a receipt.
    #[error("this is not a receipt: {0}")]
    Malformed(String),
    /// Bytes follow the end of the receipt.
    #[error("{0} bytes follow the end of the receipt")]
    Trailing(usize),
    /// The bytes decode to a receipt, but are not its canonical encoding.
    #[error("the receipt is not in canonical form: byte {offset} is {found}, expected {canonical}")]
    NotCanonical {
        /// The offset of the first difference, counted from 0.
        offset: usize,
        /// The byte at that offset.
        found: String,
        /// The byte of the canonical form.
        canonical: String,
    },
    /// The content was changed after the id was computed.
    #[error("the receipt states the id {stated}, but its content has the id {actual}: it was altered")]
    WrongId {
        /// The id in the file.
        stated: Digest,
        /// The id of the content.
        actual: Digest,
    },
}

impl From<FormatError> for UnreadableReceipt {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::NewerFormat(found) => Self::NewerFormat { found },
            // The first format is 1.
            FormatError::OlderFormat(found) => Self::Malformed(format!("format {found} never existed")),
            FormatError::Malformed(reason) => Self::Malformed(reason),
            FormatError::Trailing(bytes) => Self::Trailing(bytes),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    receipt: u64,
    id: Digest,
    body: Body,
}

impl Receipt {
    /// The receipt with this content.
    #[must_use]
    pub fn new(body: Body) -> Self {
        let (_, id) = encode(&body);
        Self { id, body }
    }

    /// Whether the bytes begin like a receipt of any format version; a plan's bytes do not.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        form::leading_number(bytes, KEY).is_some()
    }

    /// Decodes a receipt.
    ///
    /// # Errors
    /// When `bytes` are not the canonical form of a receipt; the error gives the reason.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableReceipt> {
        let File { id: stated, body, .. } = form::read(bytes, KEY, FORMAT, |file: &File| file.receipt)?;
        let (mut canonical, actual) = encode(&body);
        if bytes == canonical {
            return Ok(Self { id: stated, body });
        }
        // If only the id differs, the content was altered.
        let id_at = canonical.windows(Digest::LEN).position(|window| window == actual.as_bytes());
        if let Some(at) = id_at {
            canonical[at..at + Digest::LEN].copy_from_slice(stated.as_bytes());
        }
        Err(match difference(bytes, &canonical) {
            Some(Difference { offset, found, canonical }) => {
                UnreadableReceipt::NotCanonical { offset, found, canonical }
            }
            None => UnreadableReceipt::WrongId { stated, actual },
        })
    }

    /// The canonical bytes of this receipt.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.body).0
    }

    /// The digest of the content.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// The content.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// Whether this receipt states the one before it. Receipts of earlier versions state none.
    #[must_use]
    pub fn follows(&self, before: &Self) -> bool {
        match self.body.previous {
            Some(id) => id == before.id,
            None => before.body.previous.is_none(),
        }
    }

    /// Its key in the control bucket. Keys sort by time.
    #[must_use]
    pub fn object_key(&self) -> String {
        format!("{PREFIX}{}-{}.msgpack", self.body.when.began.compact(), self.id.short())
    }
}

fn encode(body: &Body) -> (Vec<u8>, Digest) {
    let mut writer = Writer::with_capacity(1_024 + 64 * body.done.len());
    writer.map(3);
    writer.entry(KEY, &FORMAT);
    writer.key("id");
    let id_at = writer.digest(Digest::from_bytes([0; Digest::LEN]));
    writer.entry("body", body);
    writer.sealed(id_at, Domain::Receipt)
}
