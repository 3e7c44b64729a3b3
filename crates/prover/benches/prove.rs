//! Measures how long it takes to prove a plan and to check its certificate.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use saas_model::{Lock, Plan, Spec};
use saas_prover::{check, prove};

/// The plan of the fixture's spec with this many tenants.
fn plan(tenants: usize) -> Plan {
    let text = include_str!("../../../fixtures/saas-platform/saas.toml");
    let shared = text.split("[[tenant]]").next().unwrap_or_default();
    let tenants = (0..tenants).map(|n| format!("[[tenant]]\nid = \"tenant-{n:05}\"\ncost_center = \"cc-{n}\"\n"));
    let text = std::iter::once(shared.to_owned()).chain(tenants).collect::<String>();
    let spec = Spec::parse("saas.toml", &text).expect("the fixture is valid");
    saas_planner::plan(&spec, &Lock::default()).expect("the fixture can be planned").plan
}

fn proving(criterion: &mut Criterion) {
    for tenants in [3, 250, 10_000] {
        let plan = plan(tenants);
        let certificate = prove(&plan);
        let mut group = criterion.benchmark_group("prove");
        group.sample_size(10).throughput(Throughput::Elements(tenants as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &plan, |bencher, plan| {
            bencher.iter_with_large_drop(|| prove(black_box(plan)));
        });
        group.finish();
        let mut group = criterion.benchmark_group("check");
        group.sample_size(10).throughput(Throughput::Elements(tenants as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &plan, |bencher, plan| {
            bencher.iter(|| check(black_box(plan), &certificate).expect("the certificate is valid"));
        });
        group.finish();
    }
}

criterion_group!(benches, proving);
criterion_main!(benches);
