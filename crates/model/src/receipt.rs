//! The receipt: what one apply or destroy did, content-addressed like the plan that it carried out.
//!
//! A receipt is one MessagePack map, `{receipt, id, body}`, in the canonical form of
//! [`crate::codec`]: `receipt` is the version of its format, and the id is the digest of the file
//! with the 32 bytes of the id left out. No secret is in it, for none is in what it is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::codec::form::{self, Difference, Stray, Writer, difference};
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, Environment, PlatformName, Region};
use crate::time::UtcTime;

/// The version of the format that this crate writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// What the keys of receipts in the control bucket begin with.
pub const PREFIX: &str = "receipts/";

/// The first key of a receipt, by which it is told from a plan.
const KEY: &str = "receipt";

/// What one apply or destroy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    id: Digest,
    body: Body,
}

/// Everything that a receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The plan.
    pub plan: Digest,
    /// Its platform.
    pub platform: PlatformName,
    /// The platform's stage.
    pub environment: Environment,
    /// The account that it was done in.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// What was asked for.
    pub command: Command,
    /// The change set that was agreed to.
    pub change_set: Digest,
    /// Who did it.
    pub who: Who,
    /// When.
    pub when: When,
    /// How it ended.
    pub ending: Ending,
    /// The steps that were done, in the order of the change set.
    pub done: Vec<Step>,
    /// The steps that failed.
    pub failed: Vec<FailedStep>,
    /// The steps that were not begun because another had failed.
    pub not_reached: Vec<StoppedStep>,
    /// The steps that were not begun because the run was told to stop.
    pub not_begun: Vec<Step>,
    /// How often each operation of each service was called, attempts that were repeated included.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was proved afterwards; nothing where it did not come to that.
    pub verification: Option<Verified>,
    /// The outputs of the plan, with the values of AWS in them, as far as all of them are known.
    pub outputs: BTreeMap<Address, String>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// That all be as the plan says.
    Apply,
    /// That nothing be left.
    Destroy,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The caller, as AWS names it.
    pub caller: String,
    /// The run: random, and the same in the lease that it held.
    pub run: String,
}

/// When something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// When the lease was taken, by the clock of S3.
    pub began: UtcTime,
    /// For how many milliseconds the change set was acted on, by the machine's own clock.
    pub acted_millis: u64,
}

/// How an apply or a destroy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Ending {
    /// Everything was done.
    Complete,
    /// Steps failed.
    Failed,
    /// It was told to stop.
    Interrupted,
    /// Somebody else may have taken the lease, so nothing more was written.
    LeaseLost,
}

/// What is done to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verb {
    /// It is made.
    Create,
    /// Fields are changed in place.
    Update,
    /// It is removed.
    Delete,
    /// It is waited for until it runs.
    Settle,
}

/// One thing that was to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The node.
    pub address: Address,
    /// What was to be done to it.
    pub verb: Verb,
}

/// One thing that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedStep {
    /// The node.
    pub address: Address,
    /// What was to be done to it.
    pub verb: Verb,
    /// What is wrong.
    pub error: String,
}

/// One thing that was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoppedStep {
    /// The node.
    pub address: Address,
    /// What was to be done to it.
    pub verb: Verb,
    /// The node whose failure stopped it.
    pub because: Address,
}

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Whether live equals plan, and no tenant reaches another's.
    pub clean: bool,
    /// How many resources were read and compared.
    pub compared: u64,
    /// How many attempts were made on tenants' rights.
    pub attempts: u64,
    /// The nodes that are not as the plan says.
    pub deviations: Vec<Address>,
    /// The attempts that went as they must not.
    pub broken: Vec<String>,
}

/// Bytes that are no receipt, or not as a receipt is written.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableReceipt {
    /// A later version of saas wrote it.
    #[error("the receipt has format {found}, and this version of saas reads format {FORMAT}; use a newer saas")]
    NewerFormat {
        /// The format that it says.
        found: u64,
    },
    /// It is not a MessagePack map with the keys of a receipt.
    #[error("this is not a receipt: {0}")]
    Malformed(String),
    /// Something stands behind the receipt.
    #[error("{0} bytes stand behind the end of the receipt")]
    Trailing(usize),
    /// The content is a receipt's, and written in another way than the canonical one.
    #[error(
        "the receipt is not in canonical form: byte {offset} is {found} where the only form of this content has \
         {canonical}"
    )]
    NotCanonical {
        /// Where the first difference is, counted from 0.
        offset: usize,
        /// What is there.
        found: String,
        /// What should be there.
        canonical: String,
    },
    /// The content was changed after the id was computed.
    #[error("the receipt says that its id is {stated}, and its content has the id {actual}: it was altered")]
    WrongId {
        /// The id in the file.
        stated: Digest,
        /// The id of the content.
        actual: Digest,
    },
}

impl From<Stray> for UnreadableReceipt {
    fn from(stray: Stray) -> Self {
        match stray {
            Stray::NewerFormat(found) => Self::NewerFormat { found },
            Stray::Malformed(reason) => Self::Malformed(reason),
            Stray::Trailing(bytes) => Self::Trailing(bytes),
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
    /// The receipt of what was done.
    #[must_use]
    pub fn new(body: Body) -> Self {
        let (_, id) = encode(&body);
        Self { id, body }
    }

    /// Whether bytes begin as a receipt does, of whatever format; those of a plan do not.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        form::leading_number(bytes, KEY).is_some()
    }

    /// Reads a receipt.
    ///
    /// # Errors
    /// When `bytes` are anything but the one canonical form of a receipt; the error says what is
    /// wrong with them.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableReceipt> {
        let File { id: stated, body, .. } = form::read(bytes, KEY, FORMAT, |file: &File| file.receipt)?;
        let (mut canonical, actual) = encode(&body);
        if bytes == canonical {
            return Ok(Self { id: stated, body });
        }
        // Where only the id differs, somebody altered the content.
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

    /// The one byte string of this receipt.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.body).0
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

    /// Its key in the control bucket. Keys are in the order of the times.
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
