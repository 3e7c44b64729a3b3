//! The sandbox over HTTP/1.1.
//!
//! The server runs on a thread of its own, so it also answers a caller that blocks its thread. hyper
//! implements HTTP. Faults that no HTTP server produces, such as a connection reset, act on the socket.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::sandbox::{Delivery, Sandbox};

#[cfg(test)]
mod tests;

/// A sandbox that is being served. Dropping this value stops the server.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    end: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// The base URL, such as `http://127.0.0.1:54321`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address on which it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends at once. Its panic would be a defect of the server that a test has
            // already reported.
            drop(thread.join());
        }
    }
}

impl Sandbox {
    /// Serves the sandbox on a free loopback port. Latency is real time here.
    ///
    /// # Errors
    /// When no port is free or the thread cannot be started.
    pub fn serve(&self) -> io::Result<Served> {
        self.serve_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Serves the sandbox on an address. The server authenticates no caller: an address other than
    /// loopback is open to everyone who can reach it.
    ///
    /// # Errors
    /// When the address is in use or not local, or the thread cannot be started.
    pub fn serve_at(&self, address: SocketAddr) -> io::Result<Served> {
        self.serve_on(std::net::TcpListener::bind(address)?)
    }

    /// The same with a listener that is bound to its address already.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn serve_on(&self, listener: std::net::TcpListener) -> io::Result<Served> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let sandbox = self.clone();
        let listener = {
            let _in_runtime = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(&listener, &sandbox) => {}
                    _ = ended => {}
                }
            });
        };
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(serve)?;
        Ok(Served { address, end: Some(end), thread: Some(thread) })
    }
}

/// Accepts connections until it is cancelled, which also ends the connections.
async fn accept(listener: &TcpListener, sandbox: &Sandbox) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(converse(stream, sandbox.clone()))),
            // Most likely too many open files, some of which close soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// How a fault breaks a connection.
#[derive(Clone, Debug)]
enum Break {
    Reset,
    Truncated(Response<Bytes>),
}

/// Answers the requests of a connection in sequence.
async fn converse(stream: TcpStream, sandbox: Sandbox) {
    // Answers are small, and the client waits for each.
    drop(stream.set_nodelay(true));
    let broken: Arc<Mutex<Option<Break>>> = Arc::default();
    let service =
        service_fn(|request| -> Answering { Box::pin(respond(sandbox.clone(), Arc::clone(&broken), request)) });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error here is either the break that follows below, or caused by the client, which notices it.
    drop(poll_fn(|context| connection.poll_without_shutdown(context)).await);
    let stream = connection.into_parts().io.into_inner();
    let broken = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
    // A disconnected client needs no error.
    drop(close(stream, broken).await);
}

type Answering = Pin<Box<dyn Future<Output = io::Result<Response<Full<Bytes>>>> + Send>>;

/// Answers a request after its latency, or records how the connection breaks and fails.
async fn respond(
    sandbox: Sandbox,
    broken: Arc<Mutex<Option<Break>>>,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_bytes());
    let latency = sandbox.latency(&request);
    tokio::time::sleep(latency / 2).await;
    let delivery = sandbox.receive(&request);
    tokio::time::sleep(latency / 2).await;
    let how = match delivery {
        Delivery::Answer(response) => return Ok(response.map(Full::new)),
        Delivery::Truncated(response) => Break::Truncated(response),
        Delivery::Reset => Break::Reset,
        Delivery::Silence => pending().await,
    };
    *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    Err(io::Error::other("a fault breaks the connection"))
}

async fn close(mut stream: TcpStream, broken: Option<Break>) -> io::Result<()> {
    match broken {
        None => stream.shutdown().await,
        // Closing a socket with zero linger resets the connection.
        Some(Break::Reset) => stream.set_zero_linger(),
        Some(Break::Truncated(response)) => {
            stream.write_all(&truncated(&response)).await?;
            stream.shutdown().await
        }
    }
}

/// The head, which announces the whole body, and the first half of the body; half of the head for an
/// answer without a body.
fn truncated(response: &Response<Bytes>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers().iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let body = response.body();
    if body.is_empty() {
        bytes.truncate(bytes.len() / 2);
        return bytes;
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(&body[..body.len() / 2]);
    bytes
}
