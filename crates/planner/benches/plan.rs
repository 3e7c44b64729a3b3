//! Benchmark of planning, from a parsed spec and its lock to the bytes of the plan.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use saas_model::{Lock, Spec};
use saas_planner::plan;

/// The fixture's spec with generated tenants.
fn spec(tenants: usize) -> Spec {
    let text = include_str!("../../../fixtures/saas-platform/saas.toml");
    let shared = text.split("[[tenant]]").next().unwrap_or_default();
    let tenants = (0..tenants).map(|n| format!("[[tenant]]\nid = \"tenant-{n:05}\"\ncost_center = \"cc-{n}\"\n"));
    let text = std::iter::once(shared.to_owned()).chain(tenants).collect::<String>();
    Spec::parse("saas.toml", &text).expect("the fixture is valid")
}

fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    for tenants in [3, 100, 300, 1_000] {
        let spec = spec(tenants);
        group.throughput(Throughput::Elements(tenants as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &spec, |bencher, spec| {
            bencher
                .iter_with_large_drop(|| plan(black_box(spec), &Lock::default()).expect("the fixture can be planned"));
        });
    }
    group.finish();
}

/// The lower bound for any planner: encoding and hashing the plan.
fn floor(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("floor");
    for tenants in [3, 100, 300, 1_000] {
        let planned = plan(&spec(tenants), &Lock::default()).expect("the fixture can be planned");
        group.throughput(Throughput::Elements(tenants as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &planned.plan, |bencher, plan| {
            bencher.iter_with_large_drop(|| black_box(plan).encode());
        });
    }
    group.finish();
}

criterion_group!(benches, planning, floor);
criterion_main!(benches);
