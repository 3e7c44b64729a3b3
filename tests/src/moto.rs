//! moto: an independent AWS emulator, on a loopback port.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::setup;

/// A running moto server; dropping it stops the server.
#[derive(Debug)]
pub struct Moto {
    server: Child,
    address: SocketAddr,
    home: TempDir,
}

impl Moto {
    /// Starts an empty moto and waits until it responds.
    ///
    /// # Errors
    /// When it cannot be installed, or does not respond within a minute.
    pub fn start() -> Result<Self> {
        let programs = setup::python()?;
        // Another process may take the free port before moto does.
        Self::launch(&programs).or_else(|_| Self::launch(&programs))
    }

    fn launch(programs: &Path) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let address = free_address()?;
        let log = File::create(home.path().join("log"))?;
        let server = Command::new(programs.join("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            // A service reaches its desired count after this number of describe calls; without the
            // setting, never.
            .env("MOTO_ECS_SERVICE_RUNNING", "2")
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("moto_server cannot be run")?;
        let mut moto = Self { server, address, home };
        moto.wait()?;
        Ok(moto)
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its log, for diagnosing failures.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if self.is_ready() {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                bail!("moto ended with {status}:\n{}", self.log());
            }
            sleep(Duration::from_millis(50));
        }
        bail!("moto does not answer:\n{}", self.log())
    }

    fn is_ready(&self) -> bool {
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
        // The server may have exited already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A free loopback address. Another process can take it before it is used; then the server fails to
/// start.
///
/// # Errors
/// When no port is free.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no loopback port is free")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_responds_and_stops_on_drop() {
        let moto = Moto::start().expect("moto starts");
        let address = moto.address();
        assert!(moto.is_ready());
        drop(moto);
        assert!(TcpStream::connect(address).is_err());
    }
}
