//! Malicious plans: lengths that announce gigabytes, and deeply nested values. Decoding rejects each
//! without allocating much memory.

#![cfg(target_os = "linux")]

use saas_model::Plan;

/// The peak address space of this process in KiB.
/// Source: proc(5), `/proc/pid/status`.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has this file");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).expect("Linux reports the peak");
    peak.trim().trim_end_matches(" kB").trim().parse().expect("it is a number")
}

/// The start of a plan, up to the value of `key`.
fn before(key: &str) -> Vec<u8> {
    let plan = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
    let at = plan.windows(key.len()).position(|window| window == key.as_bytes()).expect("a plan has this key");
    plan[..at + key.len()].to_vec()
}

// A single test, because the peak is per process.
#[test]
fn huge_lengths_and_deep_nesting_are_rejected_without_much_memory() {
    let start = peak_kib();
    // Source: MessagePack specification, the formats array, map, str, bin and ext with 32 bits.
    let huge: [&[u8]; 5] = [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    ];
    let deep: Vec<Vec<u8>> = [0x91_u8, 0x81].iter().map(|&byte| vec![byte; 1_000_000]).collect();
    let values = huge.iter().copied().chain(deep.iter().map(Vec::as_slice));
    for value in values {
        assert!(Plan::decode(value).is_err());
        for key in ["format", "id", "header", "nodes", "outputs", "address", "after", "tags", "resource", "policy"] {
            let bytes = [&before(key), value].concat();
            assert!(Plan::decode(&bytes).is_err(), "{key}, then {:02x?}", &value[..5]);
        }
    }
    let grown = peak_kib() - start;
    assert!(grown < 64 * 1_024, "reading took {grown} KiB more");
}
