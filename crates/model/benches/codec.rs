//! Benchmarks of encoding and decoding a plan. Decoding includes all checks.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saas_model::Plan;

const PLAN: &[u8] = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");

fn codec(criterion: &mut Criterion) {
    let plan = Plan::decode(PLAN).expect("the fixture can be read");
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(PLAN.len() as u64));
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(&plan).encode()));
    group.bench_function("decode", |bencher| bencher.iter(|| Plan::decode(black_box(PLAN))));
    group.bench_function("closures", |bencher| bencher.iter(|| black_box(&plan).closures()));
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
