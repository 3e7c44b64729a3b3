//! Serves a sandbox on a loopback port, prints where, and ends when its standard input does.
//!
//! `cargo run -p saas-sandbox --example serve -- [PORT]`

use std::io::{self, Read};
use std::net::TcpListener;

use saas_sandbox::{Account, Dials, Pace, Sandbox, Settings, Time};

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let account = Account {
        id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        caller: "arn:aws:iam::123456789012:role/saas-provisioner".to_owned(),
    };
    let settings = Settings { account, beginning: Time::BEGINNING, pace: Pace::Instant, dials: Dials::default() };
    let served = Sandbox::new(settings).serve_on(TcpListener::bind(("127.0.0.1", port))?).await;
    #[expect(clippy::print_stdout, reason = "whoever started it must learn where it listens")]
    {
        println!("{}", served.url());
    }
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
