//! Makes one call to a saved sandbox, to simulate a change by someone other than its user.
//!
//! `cargo run -p saas-sandbox --example call -- DIR SERVICE OPERATION JSON`, where the service is one
//! that speaks JSON, by its name in signatures: `logs`, `ecs`, `secretsmanager`.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use saas_sandbox::{Dials, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, service, operation, body] = arguments.as_slice() else {
        return Err("the arguments are DIR SERVICE OPERATION JSON".into());
    };
    let directory = Path::new(directory);
    let sandbox = Sandbox::load(directory, Dials::default())?.ok_or("the directory contains no sandbox")?;
    let served = sandbox.serve()?;
    let address = served.url().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/x-amz-json-1.1\r\nx-amz-target: Any.{operation}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{service}/aws4_request\r\n\r\n{body}",
        body.len()
    );
    let answer = tokio::task::spawn_blocking(move || ask(&address, &request)).await??;
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer.into());
    }
    Ok(sandbox.save(directory)?)
}

fn ask(address: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
