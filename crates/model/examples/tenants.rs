//! Prints what each tenant of a plan has: `cargo run -p saas-model --example tenants -- plan.msgpack`.

use std::error::Error;
use std::{env, fs};

use saas_model::Plan;

#[expect(clippy::print_stdout, reason = "printing is what the example is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: tenants PLAN")?;
    let plan = Plan::decode(&fs::read(path)?)?;
    for id in plan.tenant_ids() {
        let tenant = plan.tenant(id)?;
        let urls: Vec<String> = tenant.services.into_values().flat_map(|service| service.urls).collect();
        println!("{id}: {}; bucket {}, schema {}", urls.join(", "), tenant.bucket, tenant.schema);
    }
    Ok(())
}
