//! Only the canonical bytes of a plan decode; other bytes give an error with the reason.

use proptest::prelude::*;
use rmpv::Value;
use saas_model::codec::UnreadablePlan;
use saas_model::digest::Domain;
use saas_model::plan::Draft;
use saas_model::policy::Policy;
use saas_model::{Address, Digest, Node, Plan, Resource};

const PLAN: &[u8] = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
const MANY_FEATURES: &[u8] = include_bytes!("../../../fixtures/many-features/plan.msgpack");
const REAL_APPLICATION: &[u8] = include_bytes!("../../../fixtures/real-application/plan.msgpack");

fn decode_error(bytes: &[u8]) -> UnreadablePlan {
    Plan::decode(bytes).expect_err("these bytes are not a valid plan")
}

/// The offset of the id: after `format`, `2`, the key `id` and the 32-byte binary header.
fn id_at(bytes: &[u8]) -> usize {
    let key = b"\xa2id\xc4\x20";
    bytes.windows(key.len()).position(|window| window == key).expect("a plan has an id") + key.len()
}

/// The bytes with their id recomputed.
fn with_recomputed_id(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = id_at(&bytes);
    let id = Domain::Plan.hasher().update(&bytes[..at]).update(&bytes[at + Digest::LEN..]).finish();
    bytes[at..at + Digest::LEN].copy_from_slice(id.as_bytes());
    bytes
}

/// The bytes with the first occurrence of `from` replaced.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = PLAN.windows(from.len()).position(|window| window == from).expect("the fixture holds these bytes");
    [&PLAN[..at], to, &PLAN[at + from.len()..]].concat()
}

/// The plan decoded with a general MessagePack reader, changed and encoded again.
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
fn fixture_round_trips_byte_for_byte() {
    let plan = Plan::decode(PLAN).expect("the fixture can be read");
    assert_eq!(plan.encode(), PLAN);
    assert_eq!(with_recomputed_id(PLAN.to_vec()), PLAN);
    assert_eq!(rewritten(|_| ()), PLAN, "any other writer of MessagePack gives the same bytes");
}

/// So plans of format 2 from before secrets had policies still decode.
#[test]
fn secret_without_a_policy_is_encoded_without_the_field() {
    let plan = Plan::decode(PLAN).expect("the fixture can be read");
    let draft = |node: &Node| {
        let mut resource = node.resource.clone();
        let Resource::Secret(secret) = &mut resource else { return None };
        secret.policy = Policy::default();
        let (address, after) = (node.address.clone(), node.after.clone());
        Some(Draft { address, after, initial: node.initial, tags: node.tags.clone(), resource })
    };
    let drafts: Vec<Draft> = plan.nodes().iter().filter_map(draft).collect();
    let (sealed, bytes) = Plan::seal(plan.header().clone(), drafts, [].into()).expect("secrets refer to nothing");
    assert!(bytes.windows(6).all(|window| window != b"policy"));
    assert_eq!(Plan::decode(&bytes).expect("it was just written"), sealed);
}

/// The plan of the first fixture with its first tenant alone: it has every kind of node that the fixture has.
fn of_one_tenant() -> Vec<u8> {
    let plan = Plan::decode(PLAN).expect("the fixture can be read");
    let first = plan.nodes().iter().find_map(|node| node.address.tenant()).expect("the fixture has tenants");
    let kept = |address: &Address| address.tenant().is_none_or(|tenant| tenant == first);
    let draft = |node: &Node| Draft {
        address: node.address.clone(),
        after: node.after.clone(),
        initial: node.initial,
        tags: node.tags.clone(),
        resource: node.resource.clone(),
    };
    let drafts = plan.nodes().iter().filter(|node| kept(&node.address)).map(draft).collect();
    let outputs = plan.outputs().iter().filter(|(name, _)| kept(name)).map(|(name, text)| (name.clone(), text.clone()));
    Plan::seal(plan.header().clone(), drafts, outputs.collect()).expect("tenants do not refer to each other").1
}

/// Asserts that a plan with one altered byte at any of these places is rejected. On two threads, because it
/// decodes many plans.
fn assert_alterations_are_rejected(plan: &[u8], places: impl Iterator<Item = usize>) {
    let (first, second) = places.partition::<Vec<_>, _>(|at| at % 2 == 0);
    std::thread::scope(|scope| {
        for half in [first, second] {
            scope.spawn(move || {
                let mut bytes = plan.to_vec();
                for at in half {
                    // The flipped bits differ from byte to byte.
                    let flip = u8::try_from(at % 255 + 1).expect("1 to 255");
                    bytes[at] ^= flip;
                    let error = decode_error(&bytes);
                    assert!(!error.to_string().is_empty(), "byte {at}");
                    bytes[at] ^= flip;
                }
            });
        }
    });
}

#[test]
fn every_altered_byte_is_rejected() {
    let plan = of_one_tenant();
    assert_alterations_are_rejected(&plan, 0..plan.len());
}

#[test]
fn altered_bytes_of_all_fixtures_are_rejected() {
    for plan in [PLAN, MANY_FEATURES, REAL_APPLICATION] {
        // About 200 places; the step is odd, so that both threads have some.
        assert_alterations_are_rejected(plan, (0..plan.len()).step_by((plan.len() / 200) | 1));
    }
}

#[test]
fn every_truncated_plan_is_rejected() {
    for len in (0..PLAN.len()).step_by(31) {
        assert!(matches!(decode_error(&PLAN[..len]), UnreadablePlan::Malformed(_)), "{len} bytes");
    }
}

#[test]
fn altered_field_is_reported_with_its_node() {
    let bytes = with_recomputed_id(replaced(b"saas-platform-db-writer", b"saas-platform-db-reader"));
    let error = decode_error(&bytes);
    assert!(matches!(&error, UnreadablePlan::WrongDigest(address) if address.as_str() == "database/writer"), "{error}");
}

#[test]
fn altered_output_is_detected_by_the_id() {
    let error = decode_error(&replaced(b"http://acme-corp.example.com", b"http://acme-korp.example.com"));
    assert!(matches!(error, UnreadablePlan::WrongId { .. }), "{error}");
}

#[test]
fn altered_id_is_rejected() {
    let mut bytes = PLAN.to_vec();
    bytes[id_at(PLAN)] ^= 1;
    assert!(matches!(decode_error(&bytes), UnreadablePlan::WrongId { .. }));
}

#[test]
fn trailing_bytes_are_rejected() {
    assert!(matches!(decode_error(&[PLAN, &[0xc0]].concat()), UnreadablePlan::Trailing(1)));
    assert!(matches!(decode_error(&[PLAN, PLAN].concat()), UnreadablePlan::Trailing(n) if n == PLAN.len()));
}

#[test]
fn key_out_of_order_is_rejected() {
    for bytes in [rewritten(|entries| entries.swap(3, 4)), rewritten(|entries| first_node(entries).swap(0, 1))] {
        for bytes in [bytes.clone(), with_recomputed_id(bytes)] {
            let error = decode_error(&bytes);
            assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
            assert!(error.to_string().contains("not in canonical form"), "{error}");
        }
    }
}

#[test]
fn overlong_integer_is_rejected() {
    // The port 5432 in four bytes, and the format 2 in two.
    let longer_port = replaced(b"\xa4port\xcd\x15\x38", b"\xa4port\xce\x00\x00\x15\x38");
    let longer_format = replaced(b"\xa6format\x02", b"\xa6format\xcc\x02");
    for bytes in [longer_port, longer_format] {
        for bytes in [bytes.clone(), with_recomputed_id(bytes)] {
            let error = decode_error(&bytes);
            assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
        }
    }
}

#[test]
fn string_with_overlong_header_is_rejected() {
    let bytes = with_recomputed_id(replaced(b"\xa4zone", b"\xd9\x04zone"));
    let error = decode_error(&bytes);
    assert!(matches!(error, UnreadablePlan::NotCanonical { .. }), "{error}");
}

#[test]
fn unknown_missing_or_duplicate_key_is_rejected() {
    let unknown = rewritten(|entries| entries.push(("more".into(), 1.into())));
    let missing = rewritten(|entries| drop(entries.pop()));
    let twice = rewritten(|entries| entries.push(entries[4].clone()));
    let unknown_in_a_node = rewritten(|entries| first_node(entries).push(("more".into(), 1.into())));
    for bytes in [unknown, missing, twice, unknown_in_a_node] {
        assert!(matches!(decode_error(&with_recomputed_id(bytes)), UnreadablePlan::Malformed(_)));
    }
}

#[test]
fn newer_format_is_rejected_as_newer() {
    let newer = replaced(b"\xa6format\x02", b"\xa6format\x03");
    assert!(matches!(decode_error(&newer), UnreadablePlan::NewerFormat { found: 3 }));
    // A later version may write anything after the format version.
    let invalid_after_format = b"\x82\xa6format\xcd\x01\x00\xa4what\xc1";
    let error = decode_error(invalid_after_format);
    assert!(matches!(error, UnreadablePlan::NewerFormat { found: 256 }), "{error}");
    assert!(error.to_string().contains("use a newer saas"), "{error}");
}

#[test]
fn older_format_is_rejected_as_older() {
    let error = decode_error(&replaced(b"\xa6format\x02", b"\xa6format\x01"));
    assert!(matches!(error, UnreadablePlan::OlderFormat { found: 1 }), "{error}");
    assert!(error.to_string().contains("plan it again"), "{error}");
}

#[test]
fn format_zero_is_malformed() {
    let error = decode_error(&replaced(b"\xa6format\x02", b"\xa6format\x00"));
    assert!(matches!(error, UnreadablePlan::Malformed(_)), "{error}");
}

#[test]
fn invalid_nodes_are_rejected() {
    let bytes = with_recomputed_id(rewritten(|entries| {
        if let Value::Array(nodes) = &mut entries[3].1 {
            nodes.swap(0, 1);
        }
    }));
    assert!(matches!(decode_error(&bytes), UnreadablePlan::Faulty(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_rejected(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Plan::decode(&bytes).is_err());
    }

    #[test]
    fn random_bytes_after_a_plan_prefix_are_rejected(
        kept in 0..PLAN.len(),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let bytes = [&PLAN[..kept], &bytes].concat();
        prop_assert!(bytes == PLAN || Plan::decode(&bytes).is_err());
    }

    // If the id is recomputed, bytes that no other digest covers (the header, an output) can form
    // another plan; it decodes only if it is canonical.
    #[test]
    fn decoded_plan_encodes_to_the_same_bytes(
        alterations in prop::collection::btree_map(0..PLAN.len(), 1..=255_u8, 1..6),
        recomputed in any::<bool>(),
    ) {
        let mut bytes = PLAN.to_vec();
        for (at, flip) in alterations {
            bytes[at] ^= flip;
        }
        let has_id = bytes[..20].windows(5).any(|window| window == b"\xa2id\xc4\x20");
        let bytes = if recomputed && has_id { with_recomputed_id(bytes) } else { bytes };
        match Plan::decode(&bytes) {
            Ok(plan) => {
                prop_assert_eq!(plan.encode(), &bytes[..]);
                prop_assert!(recomputed || bytes == PLAN);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
