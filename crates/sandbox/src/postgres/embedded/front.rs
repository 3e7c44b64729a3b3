//! The frontend: a listener, and a thread per client that forwards messages.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::answer::{FATAL, Refusal};
use super::turns::{Reply, Request};
use super::wire::{self, Opening, Sent};

/// The size of the read buffer.
const BUFFER: usize = 64 << 10;

/// The listener and its clients.
#[derive(Debug)]
pub(super) struct Front {
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    closing: AtomicBool,
    clients: Mutex<BTreeMap<u32, TcpStream>>,
}

impl Shared {
    fn clients(&self) -> MutexGuard<'_, BTreeMap<u32, TcpStream>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}

impl Front {
    /// Starts to accept clients.
    pub(super) fn open(listener: TcpListener, requests: Sender<Request>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("postgres-listener".into());
        let listening = thread.spawn({
            let shared = Arc::clone(&shared);
            move || listen(&listener, &requests, &shared)
        })?;
        Ok(Self { shared, listening: Some(listening) })
    }

    /// From now on, clients are told that the server shuts down.
    pub(super) fn begin_to_close(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
    }

    /// Stops accepting clients, and closes the open connections.
    pub(super) fn close(&mut self, address: SocketAddr) {
        // The listener wakes up only for a connection.
        let woken = TcpStream::connect(address);
        if let Some(listening) = self.listening.take().filter(|_| woken.is_ok()) {
            // The listener's thread does not panic.
            let _ = listening.join();
        }
        for client in self.shared.clients().values() {
            // The client's thread then reads the end of the stream and ends.
            let _ = client.shutdown(Shutdown::Read);
        }
    }
}

fn listen(listener: &TcpListener, requests: &Sender<Request>, shared: &Arc<Shared>) {
    for (id, stream) in (1..).zip(listener.incoming()) {
        if shared.is_closing() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let client = Client { id, requests: requests.clone(), shared: Arc::clone(shared) };
        let thread = thread::Builder::new().name(format!("postgres-client-{id}"));
        // If no thread can be started, the connection is closed. A client that disconnects, or speaks
        // another protocol, gets no answer.
        let _ = thread.spawn(move || drop(client.serve(stream)));
    }
}

/// A connected client.
struct Client {
    id: u32,
    requests: Sender<Request>,
    shared: Arc<Shared>,
}

impl Client {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.shared.clients().insert(self.id, stream.try_clone()?);
        let startup = loop {
            match wire::opening(&mut stream)? {
                Opening::Encryption => stream.write_all(b"N")?,
                Opening::Cancel => return Ok(()),
                Opening::Startup(startup) => break startup,
            }
        };
        let mut reader = BufReader::with_capacity(BUFFER, stream.try_clone()?);
        let mut over = self.ask(&mut stream, |reply| Request::LogIn { id: self.id, startup, reply })?;
        while !over {
            let Sent { messages, last } = wire::sent(&mut reader)?;
            // An incomplete series of messages is not run when the client disconnects.
            let complete = messages.iter().rposition(wire::Message::is_boundary).map_or(0, |position| position + 1);
            let messages: Vec<_> = messages.into_iter().take(complete).collect();
            if !messages.is_empty() {
                over = self.ask(&mut stream, |reply| Request::Run { id: self.id, messages, reply })?;
            }
            over |= last;
        }
        if self.shared.is_closing() {
            stream.write_all(&shutdown().encode(FATAL))?;
        }
        Ok(())
    }

    /// Sends a request and forwards the answer to the client. Returns whether the session is over.
    fn ask(&self, stream: &mut TcpStream, request: impl FnOnce(Sender<Reply>) -> Request) -> io::Result<bool> {
        let (reply, answer) = mpsc::channel();
        let asked = self.requests.send(request(reply)).ok();
        match asked.and_then(|()| answer.recv().ok()) {
            Some(Reply { bytes, last }) => {
                stream.write_all(&bytes)?;
                Ok(last)
            }
            // PostgreSQL has ended. A client is told once that it shuts down.
            None => {
                if !self.shared.is_closing() {
                    stream.write_all(&shutdown().encode(FATAL))?;
                }
                Ok(true)
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.clients().remove(&self.id);
        // If PostgreSQL has ended, the session has ended with it.
        let _ = self.requests.send(Request::Leave { id: self.id });
    }
}

fn shutdown() -> Refusal {
    Refusal::new("57P01", "terminating connection due to administrator command")
}
