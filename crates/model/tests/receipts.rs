//! Only the canonical bytes of a receipt decode.

use proptest::prelude::*;
use saas_model::receipt::{
    Body, Command, Ending, FailedStep, Isolation, Receipt, Step, StoppedStep, UnreadableReceipt, Verb, Verified, When,
    Who,
};
use saas_model::time::UtcTime;
use saas_model::{Address, Digest, Plan};

fn body() -> Body {
    let address = |text: &str| Address::literal(text);
    Body {
        plan: Digest::from_bytes([1; 32]),
        platform: "saas-platform".parse().expect("valid"),
        environment: "development".parse().expect("valid"),
        account: "123456789012".parse().expect("valid"),
        region: "us-east-1".parse().expect("valid"),
        command: Command::Apply,
        change_set: Digest::from_bytes([2; 32]),
        who: Who { caller: "arn:aws:iam::123456789012:role/saas-provisioner".into(), run: "0f".repeat(16) },
        when: When { began: UtcTime::from_unix(1_795_430_527), acted_millis: 1_250 },
        ending: Ending::Failed,
        done: vec![Step { address: address("network/vpc"), verb: Verb::Create }],
        failed: vec![FailedStep {
            address: address("tenant/acme-corp/role"),
            verb: Verb::Update,
            error: "access denied".into(),
        }],
        not_reached: vec![StoppedStep {
            address: address("tenant/acme-corp/service"),
            verb: Verb::Create,
            because: address("tenant/acme-corp/role"),
        }],
        not_begun: vec![Step { address: address("tenant/globex-inc/role"), verb: Verb::Delete }],
        calls: [("EC2".to_owned(), [("CreateVpc".to_owned(), 2)].into())].into(),
        verification: Some(Verified { clean: true, compared: 83, attempts: 210, deviations: vec![], broken: vec![] }),
        outputs: [(address("database/endpoint"), "db.example.com".to_owned())].into(),
        isolation: None,
        previous: None,
    }
}

fn isolation() -> Isolation {
    Isolation { certificate: Digest::from_bytes([3; 32]), accepted_risks: vec!["iam/s3-data".into()] }
}

fn decode_error(bytes: &[u8]) -> UnreadableReceipt {
    Receipt::decode(bytes).expect_err("it is not canonical")
}

#[test]
fn receipt_round_trips() {
    let receipt = Receipt::new(body());
    let bytes = receipt.encode();
    assert_eq!(Receipt::decode(&bytes).expect("it was just written"), receipt);
    assert!(Receipt::is_one(&bytes));
    assert_eq!(receipt.object_key(), format!("receipts/20261123T104207Z-{}.msgpack", receipt.id().short()));
}

/// The buckets of live platforms have receipts from before plans were proven; they stay readable, and equal.
#[test]
fn receipt_with_and_without_proof_round_trips() {
    let without = Receipt::new(body());
    let with = Receipt::new(Body { isolation: Some(isolation()), ..body() });
    assert_eq!(Receipt::decode(&with.encode()).expect("it was just written"), with);
    assert!(without.encode().len() < with.encode().len(), "an absent proof takes no bytes");
}

/// Those of earlier versions state no receipt before them; one without it after others that do was planted.
#[test]
fn receipt_follows_the_one_that_it_states() {
    let old = Receipt::new(body());
    let older = Receipt::new(Body { ending: Ending::Complete, ..body() });
    assert!(old.follows(&older));
    let new = Receipt::new(Body { previous: Some(old.id()), ..body() });
    assert_eq!(Receipt::decode(&new.encode()).expect("it was just written"), new);
    assert!(new.follows(&old) && !new.follows(&older));
    let planted = Receipt::new(Body { ending: Ending::Interrupted, ..body() });
    assert!(!planted.follows(&new) && !new.follows(&planted));
}

#[test]
fn receipt_id_is_pinned() {
    let id = Receipt::new(body()).id().to_string();
    assert_eq!(id, "5b7f026c2f18148509cb6f2c2281426de973e72670f891a1c7133bf759dba2be");
}

#[test]
fn plan_and_receipt_are_distinguished() {
    let plan = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
    assert!(!Receipt::is_one(plan));
    assert!(matches!(decode_error(plan), UnreadableReceipt::Malformed(_)));
    assert!(Plan::decode(&Receipt::new(body()).encode()).is_err());
}

#[test]
fn every_deviation_has_its_own_error() {
    let bytes = Receipt::new(body()).encode();
    let replaced = |from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    };
    assert!(matches!(
        decode_error(&replaced(b"\xa7receipt\x01", b"\xa7receipt\x02")),
        UnreadableReceipt::NewerFormat { found: 2 }
    ));
    assert!(matches!(decode_error(&replaced(b"\xa7receipt\x01", b"\xa7receipt\x00")), UnreadableReceipt::Malformed(_)));
    assert!(matches!(decode_error(&[&bytes[..], b"\x01"].concat()), UnreadableReceipt::Trailing(1)));
    assert!(matches!(decode_error(&replaced(b"CreateVpc\x02", b"CreateVpc\x03")), UnreadableReceipt::WrongId { .. }));
    assert!(matches!(
        decode_error(&replaced(b"CreateVpc\x02", b"CreateVpc\xcc\x02")),
        UnreadableReceipt::NotCanonical { .. }
    ));
    assert!(matches!(decode_error(b""), UnreadableReceipt::Malformed(_)));
    assert!(matches!(decode_error(b"\xa7receipt"), UnreadableReceipt::Malformed(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn altered_byte_is_rejected(at in 0..800_usize, flip in 1..=255_u8) {
        let mut bytes = Receipt::new(body()).encode();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        prop_assert!(Receipt::decode(&bytes).is_err());
    }

    #[test]
    fn random_bytes_are_rejected(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Receipt::decode(&bytes).is_err());
    }
}
