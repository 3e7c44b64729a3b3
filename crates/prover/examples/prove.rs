//! Proves a plan and prints the findings: `cargo run -p saas-prover --example prove --
//! plan.msgpack`.

#![expect(clippy::print_stdout, reason = "an example that prints")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "an example that reads a file and measures")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use saas_model::Plan;
use saas_prover::{Verdict, check, prove};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("give the path of a plan")?;
    let bytes = std::fs::read(Path::new(&path))?;
    let plan = Plan::decode(&bytes)?;
    let began = Instant::now();
    let certificate = prove(&plan);
    let proved = began.elapsed();
    let encoded = certificate.encode();
    let began = Instant::now();
    let checked = check(&plan, &certificate)?;
    let body = certificate.body();
    for obligation in &body.obligations {
        println!("{} ({}): {}", obligation.id, obligation.layer, obligation.claim);
        for finding in &obligation.findings {
            let names: Vec<&str> = body.names(&finding.about).collect();
            let about = match names.as_slice() {
                [] => "platform".to_owned(),
                [first, .., last] if names.len() > 3 => format!("{} tenants, {first} to {last}", names.len()),
                names => names.join(", "),
            };
            match &finding.verdict {
                Verdict::Proven(_) => println!("  proven    {about}"),
                Verdict::Residual { risk, .. } => println!("  residual  {about}: {risk}"),
                Verdict::Refuted { at, reason, counterexample } => {
                    println!("  REFUTED   {about}: {at}: {reason}\n            {counterexample}");
                }
            }
        }
    }
    for risk in &body.risks {
        println!("risk {}: {}", risk.id, risk.text);
    }
    println!(
        "{} obligations, {} tenants: {} refuted; proven in {proved:?}, checked in {:?}; plan {} bytes, certificate {}",
        body.obligations.len(),
        body.tenants.len(),
        checked.refuted.len(),
        began.elapsed(),
        bytes.len(),
        encoded.len(),
    );
    Ok(())
}
