//! Measures how long it takes to prove a plan and to check its certificate, beside the time that
//! planning the same plan takes. `cargo xtask bench` prints the ratios.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saas_model::{Lock, Plan, Spec};
use saas_prover::{check, prove};

/// The fixture's spec with this many tenants.
fn spec(tenants: usize) -> Spec {
    let text = include_str!("../../../fixtures/saas-platform/saas.toml");
    let shared = text.split("[[tenant]]").next().unwrap_or_default();
    let tenants = (0..tenants).map(|n| format!("[[tenant]]\nid = \"tenant-{n:05}\"\ncost_center = \"cc-{n}\"\n"));
    let text = std::iter::once(shared.to_owned()).chain(tenants).collect::<String>();
    Spec::parse("saas.toml", &text).expect("the fixture is valid")
}

fn plan(spec: &Spec) -> Plan {
    saas_planner::plan(spec, &Lock::default()).expect("the fixture can be planned").plan
}

fn proving(criterion: &mut Criterion) {
    for tenants in [3, 250, 10_000] {
        let spec = spec(tenants);
        let planned = plan(&spec);
        let certificate = prove(&planned);
        let mut group = criterion.benchmark_group(format!("{tenants} tenants"));
        group.sample_size(10).throughput(Throughput::Elements(tenants as u64));
        group.bench_function("plan", |bencher| bencher.iter_with_large_drop(|| plan(black_box(&spec))));
        group.bench_function("prove", |bencher| bencher.iter_with_large_drop(|| prove(black_box(&planned))));
        group.bench_function("check", |bencher| {
            bencher.iter(|| check(black_box(&planned), &certificate).expect("the certificate is valid"));
        });
        group.finish();
    }
}

criterion_group!(benches, proving);
criterion_main!(benches);
