//! moto: an AWS of independent authors, on a loopback port, started by `moto_server.py`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::setup;

/// How long moto may take until it answers: it imports much, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(180);

/// The account that moto has unless it is told another.
const ACCOUNT: &str = "123456789012";

/// A running moto; it ends when this is dropped.
#[derive(Debug)]
pub struct Moto {
    server: Child,
    address: SocketAddr,
    home: TempDir,
}

impl Moto {
    /// Starts moto, empty, and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be installed, or does not answer within three minutes.
    pub fn start() -> Result<Self> {
        Self::start_as(ACCOUNT)
    }

    /// The same, with another account.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_as(account: &str) -> Result<Self> {
        let programs = setup::python()?;
        let home = tempfile::tempdir()?;
        let log = File::create(home.path().join("log"))?;
        let server = Command::new(programs.join("python3"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/moto_server.py"))
            // It picks its port itself, so no other process can take that first.
            .args(["-H", "127.0.0.1", "-p", "0"])
            // A service reaches its desired count after so many looks; without it, never.
            .env("MOTO_ECS_SERVICE_RUNNING", "2")
            .env("MOTO_ACCOUNT_ID", account)
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("moto cannot be run")?;
        let mut moto = Self { server, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), home };
        moto.wait()?;
        Ok(moto)
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address behind that.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written so far, for when something goes wrong.
    #[must_use]
    pub fn log(&self) -> String {
        fs_err::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(address) = listening(&self.log()) {
                self.address = address;
                if self.answers() {
                    return Ok(());
                }
            }
            if let Some(status) = self.server.try_wait()? {
                bail!("moto ended with {status}:\n{}", self.log());
            }
            sleep(Duration::from_millis(50));
        }
        bail!("moto does not answer:\n{}", self.log())
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "GET /moto-api/data.json HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer.ends_with(b"200"))
        };
        ask().unwrap_or(false)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself, which is no concern here.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where moto says that it listens, once it has said it.
fn listening(log: &str) -> Option<SocketAddr> {
    // A line that is not ended may go on.
    let (address, _) = log.split_once("Running on http://")?.1.split_once('\n')?;
    address.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_read_from_the_log() {
        let log = "WARNING: a server for development.\n * Running on http://127.0.0.1:44839\nPress CTRL+C to quit\n";
        assert_eq!(listening(log), Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 44839))));
        assert_eq!(listening(" * Running on http://127.0.0.1:4483"), None);
        assert_eq!(listening("WARNING: a server"), None);
    }

    #[test]
    fn moto_responds_until_dropped() {
        let moto = Moto::start().expect("moto starts");
        let address = moto.address();
        assert!(moto.answers());
        drop(moto);
        assert!(TcpStream::connect(address).is_err());
    }
}
