//! The content of the lease object.

use std::collections::BTreeSet;

use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use saas_model::{Address, Digest};
use serde::{Deserialize, Serialize};

use super::LeaseError;
use crate::identity::PlatformIdentity;

/// The key of the object.
pub(crate) const KEY: &str = "lease.json";

/// The format version that this code writes, and the newest that it reads.
const VERSION: u32 = 1;

/// The content of the lease object. The object remains after a release and records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// The random id of the run that holds the lease, or held it last.
    pub(crate) run: String,
    /// The caller of that run, as AWS names it.
    pub(crate) holder: String,
    /// The plan that it applies.
    pub(crate) plan: Digest,
    pub(crate) command: Command,
    /// The platform of the lease; older versions of saas do not record it.
    #[serde(default)]
    pub(crate) platform: Option<PlatformIdentity>,
    /// When it acquired the lease, by the clock of S3.
    pub(crate) since: UtcTime,
    /// How long after a write the lease is valid, unless it is written again.
    pub(crate) term_seconds: u64,
    /// The number of writes by this run. So no two contents are equal, nor are their `ETag`s.
    pub(crate) renewed: u64,
    /// Resources that may be in creation: the run is about to make, or made, a call that creates them and
    /// takes no idempotency token.
    pub(crate) in_flight: BTreeSet<Address>,
    /// The release of the lease; `None` while it is held.
    pub(crate) released: Option<Released>,
}

/// The release of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Released {
    /// When it was released, by the clock of S3.
    pub(crate) at: UtcTime,
    /// The caller that released it, as AWS names it.
    pub(crate) by: String,
    /// Whether the holder itself released it.
    pub(crate) by_holder: bool,
    /// Whether the run changed or deleted resources that listings have not all reflected since; older
    /// versions of saas do not record it.
    #[serde(default)]
    pub(crate) unseen: bool,
}

/// The data with which a run acquires the lease.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) run: String,
    pub(crate) holder: String,
    pub(crate) plan: Digest,
    pub(crate) command: Command,
    pub(crate) platform: PlatformIdentity,
    pub(crate) term_seconds: u64,
}

/// An apply, according to its receipt or to the lease it left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastApply {
    /// The plan that it applied.
    pub plan: Digest,
    /// When it began.
    pub began: UtcTime,
    /// The caller, as AWS names it.
    pub caller: String,
}

impl Record {
    /// The record that acquires the lease.
    pub(crate) fn first(claim: Claim, since: UtcTime) -> Self {
        let Claim { run, holder, plan, command, platform, term_seconds } = claim;
        Self {
            version: VERSION,
            run,
            holder,
            plan,
            command,
            platform: Some(platform),
            since,
            term_seconds,
            renewed: 0,
            in_flight: BTreeSet::new(),
            released: None,
        }
    }

    /// The record that renews the lease.
    pub(crate) fn next(&self, in_flight: BTreeSet<Address>) -> Self {
        Self { renewed: self.renewed + 1, in_flight, ..self.clone() }
    }

    /// The record that releases the lease.
    pub(crate) fn released(&self, in_flight: BTreeSet<Address>, released: Released) -> Self {
        Self { released: Some(released), ..self.next(in_flight) }
    }

    /// The run as a past apply, if it is an apply.
    pub(crate) fn apply(&self) -> Option<PastApply> {
        let past = || PastApply { plan: self.plan, began: self.since, caller: self.holder.clone() };
        (self.command == Command::Apply).then(past)
    }

    /// Whether its holder released it regularly.
    pub(crate) fn was_given_back(&self) -> bool {
        self.released.as_ref().is_some_and(|released| released.by_holder)
    }

    /// When a lease that was written at `written` expires.
    pub(crate) fn until(&self, written: UtcTime) -> UtcTime {
        written.plus(self.term_seconds)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a record has texts as the keys of its maps")
    }

    /// Decodes the content of an object.
    ///
    /// # Errors
    /// When a newer version of saas wrote it, or it is not a lease record.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, LeaseError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| LeaseError::Unreadable(error.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if version > VERSION {
            return Err(LeaseError::Newer { version, known: VERSION });
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim {
            run: "0f".repeat(16),
            holder: "arn:aws:iam::123456789012:role/saas-provisioner".into(),
            plan: Digest::from_bytes([7; 32]),
            command: Command::Apply,
            platform: crate::testing::platform(),
            term_seconds: 60,
        }
    }

    #[test]
    fn records_round_trip_and_all_encodings_differ() {
        let since = UtcTime::from_unix(1_795_430_527);
        let first = Record::first(claim(), since);
        let renewed = first.next([Address::literal("network/vpc")].into());
        let renewed_again = renewed.next(renewed.in_flight.clone());
        let released = renewed_again.released(
            BTreeSet::new(),
            Released { at: since, by: "another run".into(), by_holder: false, unseen: true },
        );
        let all = [first, renewed, renewed_again, released];
        for record in &all {
            assert_eq!(&Record::decode(&record.encode()).expect("it is a record"), record);
        }
        let distinct: BTreeSet<Vec<u8>> = all.iter().map(Record::encode).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn record_of_a_later_format_version_is_rejected() {
        let later = Record { version: 2, ..Record::first(claim(), UtcTime::from_unix(0)) };
        assert!(matches!(Record::decode(&later.encode()), Err(LeaseError::Newer { version: 2, known: VERSION })));
        let other = br#"{"version": 3, "anything": 1}"#;
        assert!(matches!(Record::decode(other), Err(LeaseError::Newer { version: 3, .. })));
        let garbage = Record::decode(b"held by Carl").expect_err("it is no record");
        assert!(matches!(&garbage, LeaseError::Unreadable(_)), "{garbage}");
        // The newest version could not read it either.
        assert!(garbage.hint().is_some_and(|hint| hint.contains("lease.json") && !hint.contains("version of saas")));
    }

    #[test]
    fn record_of_an_older_version_has_no_platform() {
        let record = Record { platform: None, ..Record::first(claim(), UtcTime::from_unix(0)) };
        let text = String::from_utf8(record.encode()).expect("it is JSON").replace("\"platform\": null,", "");
        assert_eq!(Record::decode(text.as_bytes()).expect("it is a record"), record);
    }

    #[test]
    fn unknown_key_in_a_record_is_ignored() {
        let record = Record::first(claim(), UtcTime::from_unix(0));
        let text = String::from_utf8(record.encode()).expect("it is JSON").replacen('{', r#"{"note": "hello","#, 1);
        assert_eq!(Record::decode(text.as_bytes()).expect("it is a record"), record);
    }
}
