//! One plan has one byte string: whatever else is read is refused, and the error says why.

use proptest::prelude::*;
use rmpv::Value;
use saas_model::codec::UnreadablePlan;
use saas_model::digest::Domain;
use saas_model::{Digest, Plan};

const PLAN: &[u8] = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");

fn refused(bytes: &[u8]) -> UnreadablePlan {
    Plan::decode(bytes).expect_err("these bytes are not those of a plan")
}

/// Where the bytes of the id are: behind `format`, `1` and the key `id` with the header of 32 bytes.
fn id_at(bytes: &[u8]) -> usize {
    let key = b"\xa2id\xc4\x20";
    bytes.windows(key.len()).position(|window| window == key).expect("a plan has an id") + key.len()
}

/// The bytes with the id that their content has.
fn with_true_id(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = id_at(&bytes);
    let id = Domain::Plan.hasher().update(&bytes[..at]).update(&bytes[at + Digest::LEN..]).finish();
    bytes[at..at + Digest::LEN].copy_from_slice(id.as_bytes());
    bytes
}

/// The bytes with the first `from` replaced.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = PLAN.windows(from.len()).position(|window| window == from).expect("the fixture holds these bytes");
    [&PLAN[..at], to, &PLAN[at + from.len()..]].concat()
}

/// The plan as any MessagePack reader sees it, changed, and written again.
fn rewritten(change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let mut value = rmpv::decode::read_value(&mut &*PLAN).expect("the fixture is MessagePack");
    let Value::Map(entries) = &mut value else { panic!("a plan is a map") };
    change(entries);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &value).expect("writing to memory cannot fail");
    bytes
}

/// The entries of the first node.
fn first_node(entries: &mut [(Value, Value)]) -> &mut Vec<(Value, Value)> {
    let nodes = entries.iter_mut().find(|(key, _)| key.as_str() == Some("nodes"));
    match nodes {
        Some((_, Value::Array(nodes))) => match &mut nodes[0] {
            Value::Map(node) => node,
            other => panic!("a node is a map, not {other}"),
        },
        _ => panic!("a plan has nodes"),
    }
}

#[test]
fn the_fixture_is_read_and_written_as_it_was() {
    let plan = Plan::decode(PLAN).expect("the fixture can be read");
    assert_eq!(plan.encode(), PLAN);
    assert_eq!(with_true_id(PLAN.to_vec()), PLAN);
    assert_eq!(rewritten(|_| ()), PLAN, "any other writer of MessagePack gives the same bytes");
}

#[test]
fn every_altered_byte_is_refused() {
    // Two halves side by side: this is many plans to read.
    let (first, second) = (0..PLAN.len()).partition::<Vec<_>, _>(|at| at % 2 == 0);
    std::thread::scope(|scope| {
        for half in [first, second] {
            scope.spawn(move || {
                let mut bytes = PLAN.to_vec();
                for at in half {
                    // Which of the 255 other values it becomes differs from place to place.
                    let flip = u8::try_from(at % 255 + 1).expect("1 to 255");
                    bytes[at] ^= flip;
                    let error = refused(&bytes);
                    assert!(!error.to_string().is_empty(), "byte {at}");
                    bytes[at] ^= flip;
                }
            });
        }
    });
}

#[test]
fn every_shortened_plan_is_refused() {
    for len in (0..PLAN.len()).step_by(7) {
        assert!(matches!(refused(&PLAN[..len]), UnreadablePlan::Malformed(_)), "{len} bytes");
    }
}

#[test]
fn an_altered_field_names_its_node() {
    let bytes = with_true_id(replaced(b"saas-platform-db-writer", b"saas-platform-db-reader"));
    let error = refused(&bytes);
    assert!(matches!(&error, UnreadablePlan::WrongDigest(address) if address.as_str() == "database/writer"), "{error}");
}

#[test]
fn an_altered_output_is_found_by_the_id() {
    let error = refused(&replaced(b"http://acme-corp.example.com", b"http://acme-korp.example.com"));
    assert!(matches!(error, UnreadablePlan::WrongId { .. }), "{error}");
}

#[test]
fn an_altered_id_is_told() {
    let mut bytes = PLAN.to_vec();
    bytes[id_at(PLAN)] ^= 1;
    assert!(matches!(refused(&bytes), UnreadablePlan::WrongId { .. }));
}

#[test]
fn a_trailing_byte_is_told() {
    assert!(matches!(refused(&[PLAN, &[0xc0]].concat()), UnreadablePlan::Trailing(1)));
    assert!(matches!(refused(&[PLAN, PLAN].concat()), UnreadablePlan::Trailing(n) if n == PLAN.len()));
}

#[test]
fn a_key_out_of_its_order_is_told() {
    for bytes in [rewritten(|entries| entries.swap(3, 4)), rewritten(|entries| first_node(entries).swap(0, 1))] {
        for bytes in [bytes.clone(), with_true_id(bytes)] {
            let error = refused(&bytes);
            assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
            assert!(error.to_string().contains("not in canonical form"), "{error}");
        }
    }
}

#[test]
fn an_integer_longer_than_need_be_is_told() {
    // The port 5432 in four bytes, and the format 1 in two.
    let longer_port = replaced(b"\xa4port\xcd\x15\x38", b"\xa4port\xce\x00\x00\x15\x38");
    let longer_format = replaced(b"\xa6format\x01", b"\xa6format\xcc\x01");
    for bytes in [longer_port, longer_format] {
        for bytes in [bytes.clone(), with_true_id(bytes)] {
            let error = refused(&bytes);
            assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
        }
    }
}

#[test]
fn a_string_with_a_longer_head_is_told() {
    let bytes = with_true_id(replaced(b"\xa4zone", b"\xd9\x04zone"));
    let error = refused(&bytes);
    assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
}

#[test]
fn a_key_that_is_unknown_missing_or_twice_is_told() {
    let unknown = rewritten(|entries| entries.push(("more".into(), 1.into())));
    let missing = rewritten(|entries| drop(entries.pop()));
    let twice = rewritten(|entries| entries.push(entries[4].clone()));
    let unknown_in_a_node = rewritten(|entries| first_node(entries).push(("more".into(), 1.into())));
    for bytes in [unknown, missing, twice, unknown_in_a_node] {
        assert!(matches!(refused(&with_true_id(bytes)), UnreadablePlan::Malformed(_)));
    }
}

#[test]
fn a_newer_format_is_its_own_error() {
    let newer = replaced(b"\xa6format\x01", b"\xa6format\x02");
    assert!(matches!(refused(&newer), UnreadablePlan::NewerFormat { found: 2 }));
    // What a later version writes behind its number may be anything.
    let strange = b"\x82\xa6format\xcd\x01\x00\xa4what\xc1";
    let error = refused(strange);
    assert!(matches!(error, UnreadablePlan::NewerFormat { found: 256 }), "{error}");
    assert!(error.to_string().contains("use a newer saas"), "{error}");
}

#[test]
fn a_format_that_never_was_is_malformed() {
    let error = refused(&replaced(b"\xa6format\x01", b"\xa6format\x00"));
    assert!(matches!(error, UnreadablePlan::Malformed(_)), "{error}");
}

#[test]
fn nodes_that_make_no_plan_are_told() {
    let bytes = with_true_id(rewritten(|entries| {
        if let Value::Array(nodes) = &mut entries[3].1 {
            nodes.swap(0, 1);
        }
    }));
    assert!(matches!(refused(&bytes), UnreadablePlan::Faulty(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Plan::decode(&bytes).is_err());
    }

    #[test]
    fn any_bytes_behind_the_start_of_a_plan_are_refused(
        kept in 0..PLAN.len(),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let bytes = [&PLAN[..kept], &bytes].concat();
        prop_assert!(bytes == PLAN || Plan::decode(&bytes).is_err());
    }

    // With the id made to fit, what no other digest covers (the header, an output) may well be
    // another plan; it is read only as it would be written.
    #[test]
    fn what_is_read_is_what_is_written(
        alterations in prop::collection::btree_map(0..PLAN.len(), 1..=255_u8, 1..6),
        recomputed in any::<bool>(),
    ) {
        let mut bytes = PLAN.to_vec();
        for (at, flip) in alterations {
            bytes[at] ^= flip;
        }
        let id_is_there = bytes[..20].windows(5).any(|window| window == b"\xa2id\xc4\x20");
        let bytes = if recomputed && id_is_there { with_true_id(bytes) } else { bytes };
        match Plan::decode(&bytes) {
            Ok(plan) => {
                prop_assert_eq!(plan.encode(), &bytes[..]);
                prop_assert!(recomputed || bytes == PLAN);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
