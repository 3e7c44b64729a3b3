//! A loopback proxy for PostgreSQL that counts requests and injects a failure at a chosen one: before
//! the request reaches the server, or after its effect but before the response arrives.
//!
//! A request is everything that a client sends until it waits for `ReadyForQuery`: a simple query, or
//! the messages of an extended query up to Sync.
//! Source: PostgreSQL documentation, "Message Formats".

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The point of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePoint {
    /// The request with this number, counted from 0 over all connections, does not reach the server.
    Before(u64),
    /// The response to the request with this number does not reach the client.
    After(u64),
}

/// The requests that fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InjectedFailures {
    /// None.
    #[default]
    None,
    /// The client process dies at one request: it gets no more responses, and the callback is called.
    Death(FailurePoint),
    /// The connection is lost at one request.
    Cut(FailurePoint),
    /// One in `one_in` requests loses its connection, before or after its effect, as drawn from the
    /// seed.
    Cuts {
        /// The seed.
        seed: u64,
        /// The rate.
        one_in: u32,
    },
}

impl InjectedFailures {
    /// The failure of the request with this number, if any.
    fn at(self, number: u64) -> Option<FailurePoint> {
        match self {
            Self::None => None,
            Self::Death(failure) | Self::Cut(failure) => (failure.number() == number).then_some(failure),
            Self::Cuts { seed, one_in } => {
                let mut random = fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
                let fails = random.u32(0..one_in.max(1)) == 0;
                fails.then(|| if random.bool() { FailurePoint::Before(number) } else { FailurePoint::After(number) })
            }
        }
    }
}

impl FailurePoint {
    const fn number(self) -> u64 {
        match self {
            Self::Before(number) | Self::After(number) => number,
        }
    }
}

/// A running proxy; it runs until the process exits.
#[derive(Clone)]
pub struct StatementProxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    requests: u64,
    failures: InjectedFailures,
    /// The number of times that the count was reset.
    generation: u64,
    /// The callback for the death of the process.
    on_death: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl std::fmt::Debug for StatementProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statements").field("address", &self.address).finish_non_exhaustive()
    }
}

impl StatementProxy {
    /// Starts a proxy for a server.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let proxy = Self { address: listener.local_addr()?, state: Arc::default() };
        let acceptor = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let proxy = acceptor.clone();
                // Errors of a connection are what the client must handle.
                thread::spawn(move || proxy.serve(client, upstream).ok());
            }
        });
        Ok(proxy)
    }

    /// Its address, as `HOST:PORT`.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        self.address.to_string()
    }

    /// Resets the count and sets the failures; `on_death` is called when the process dies. After that, its
    /// connection hangs: requests get no response, and it stays open. Requests on earlier connections
    /// are neither counted nor affected.
    pub fn inject(&self, failures: InjectedFailures, on_death: impl Fn() + Send + Sync + 'static) {
        let mut state = self.state();
        *state = State { requests: 0, failures, generation: state.generation + 1, on_death: Some(Arc::new(on_death)) };
    }

    /// Resets the count, and closes the connection at the given failure.
    pub fn inject_cut(&self, failure: FailurePoint) {
        let mut state = self.state();
        *state = State {
            requests: 0,
            failures: InjectedFailures::Cut(failure),
            generation: state.generation,
            on_death: None,
        };
    }

    /// The number of requests since the last reset.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.state().requests
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request on a connection of this round; returns its failure, if any.
    fn count(&self, generation: u64) -> Option<FailurePoint> {
        let mut state = self.state();
        if state.generation != generation {
            return None;
        }
        let number = state.requests;
        state.requests += 1;
        state.failures.at(number)
    }

    /// Applies the failure to the connection.
    fn end(&self, client: &mut TcpStream) -> io::Result<()> {
        let (failures, on_death) = {
            let state = self.state();
            (state.failures, state.on_death.clone())
        };
        match (failures, on_death) {
            (InjectedFailures::Death(_), Some(on_death)) => {
                on_death();
                hang(client)
            }
            _ => client.shutdown(Shutdown::Both),
        }
    }

    fn serve(&self, mut client: TcpStream, upstream: SocketAddr) -> io::Result<()> {
        let generation = self.state().generation;
        let mut server = TcpStream::connect(upstream)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        log_in(&mut client, &mut server)?;
        loop {
            let Some(request) = request(&mut client)? else {
                return server.shutdown(Shutdown::Both);
            };
            let failure = self.count(generation);
            if let Some(FailurePoint::Before(_)) = failure {
                return self.end(&mut client);
            }
            server.write_all(&request)?;
            let answer = answer(&mut server)?;
            if let Some(FailurePoint::After(_)) = failure {
                return self.end(&mut client);
            }
            client.write_all(&answer)?;
        }
    }
}

/// Hangs until the client disconnects, then closes the server connection.
fn hang(client: &mut TcpStream) -> io::Result<()> {
    io::copy(client, &mut io::sink()).map(|_| ())
}

/// Forwards both directions until the server is ready for the first request.
fn log_in(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    // The client's first message has only a length and no type.
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut startup = length.to_vec();
    startup.resize(u32::from_be_bytes(length) as usize, 0);
    client.read_exact(&mut startup[4..])?;
    server.write_all(&startup)?;
    loop {
        let reply = message(server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        client.write_all(&reply)?;
        match reply[0] {
            b'Z' => return Ok(()),
            b'E' => return Err(io::ErrorKind::PermissionDenied.into()),
            // Authentication requests that need a response have the codes 3, 10 and 11. Success (0) and
            // the end of SASL (12) need none.
            b'R' if matches!(reply.get(8), Some(3 | 10 | 11)) => {
                let proof = message(client)?.ok_or(io::ErrorKind::UnexpectedEof)?;
                server.write_all(&proof)?;
            }
            _ => {}
        }
    }
}

/// Reads everything that a client sends until it waits; `None` when it disconnects or terminates.
fn request(client: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    loop {
        let Some(message) = message(client)? else { return Ok(None) };
        match message[0] {
            b'X' => return Ok(None),
            // A simple query, or the end of an extended query.
            b'Q' | b'S' => {
                request.extend(message);
                return Ok(Some(request));
            }
            _ => request.extend(message),
        }
    }
}

/// Reads everything that a server sends until it is ready again.
fn answer(server: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    loop {
        let message = message(server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let ready = message[0] == b'Z';
        answer.extend(message);
        if ready {
            return Ok(answer);
        }
    }
}

/// Reads the next message: a type, a length that includes itself, and a body.
fn message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 5];
    if stream.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut head[1..])?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut message = head.to_vec();
    message.resize(length + 1, 0);
    stream.read_exact(&mut message[5..])?;
    Ok(Some(message))
}
