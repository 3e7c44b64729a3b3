//! Sessions take turns on the single backend.
//!
//! A turn is a group of messages that a client sent together, or a whole transaction. The state of
//! a session is restored before its turn and saved afterwards, unless its next turn follows
//! immediately. A session with state that cannot be restored, such as a temporary table, keeps the
//! backend until that state is gone or the session ends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::PostgresError;
use super::answer::{self, ERROR, FATAL, Refusal};
use super::backend::{Backend, Broken};
use super::guard::{Renewal, guarded, renewal};
use super::login::log_in;
use super::session::{self, Session};
use super::wire::{Message, Startup};

/// How long a client waits for a turn before it gets an error.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A request to the backend's thread.
pub(super) enum Request {
    /// Begins a session.
    LogIn { id: u32, startup: Startup, reply: Sender<Reply> },
    /// Sends messages. The client expects an answer to the last one.
    Run { id: u32, messages: Vec<Message>, reply: Sender<Reply> },
    /// Ends a session.
    Leave { id: u32 },
    /// Shuts down.
    Stop,
}

/// An answer for a client.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    /// Whether it is the last one, after which the connection closes.
    pub(super) last: bool,
}

impl Reply {
    fn last(refusal: &Refusal) -> Self {
        Self { bytes: refusal.encode(FATAL), last: true }
    }
}

/// A client that waits for a turn.
struct Waiting {
    id: u32,
    since: Instant,
    work: Work,
    reply: Sender<Reply>,
}

enum Work {
    LogIn(Startup),
    Run(Vec<Message>),
}

/// Why no other session can use the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    No,
    /// A transaction is open.
    Open,
    /// The session has state that belongs to the backend.
    Held,
}

/// The backend, and the sessions that use it.
pub(super) struct Turns {
    backend: Backend,
    database: String,
    sessions: BTreeMap<u32, Session>,
    /// The session whose state is in the backend. If there is none, the backend is clear.
    seated: Option<u32>,
    hold: Hold,
    waiting: VecDeque<Waiting>,
    /// Why the backend last crashed.
    breakdown: String,
}

impl Turns {
    pub(super) fn new(backend: Backend, database: String) -> Self {
        let (sessions, waiting) = (BTreeMap::new(), VecDeque::new());
        Self { backend, database, sessions, seated: None, hold: Hold::No, waiting, breakdown: String::new() }
    }

    /// Serves all clients until it is told to stop.
    pub(super) fn serve_all(mut self, inbox: &Receiver<Request>) -> Result<(), PostgresError> {
        loop {
            let request = match self.waiting.front() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(first) => inbox.recv_timeout((first.since + PATIENCE).saturating_duration_since(Instant::now())),
            };
            let since = Instant::now();
            match request {
                Ok(Request::LogIn { id, startup, reply }) => {
                    self.waiting.push_back(Waiting { id, since, work: Work::LogIn(startup), reply });
                }
                Ok(Request::Run { id, messages, reply }) => {
                    self.waiting.push_back(Waiting { id, since, work: Work::Run(messages), reply });
                }
                Ok(Request::Leave { id }) => {
                    let left = self.leave(id);
                    self.unless_broken(left)?;
                }
                Err(RecvTimeoutError::Timeout) => self.time_out_waiting_clients(),
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Some(next) = self.next() {
                let served = self.serve(next);
                self.unless_broken(served)?;
            }
            let renewed = self.reopen_if_needed();
            self.unless_broken(renewed)?;
        }
        Ok(self.backend.shut_down()?)
    }

    /// Reopens the backend if it needs it and its session can be saved. Sessions do not notice.
    fn reopen_if_needed(&mut self) -> Result<(), Broken> {
        if self.backend.needs_reopening() && self.hold == Hold::No && self.unseat()? {
            self.backend.renew()?;
        }
        Ok(())
    }

    /// The next client to serve.
    fn next(&mut self) -> Option<Waiting> {
        let may = |waiting: &Waiting| self.hold == Hold::No || self.seated == Some(waiting.id);
        let position = self.waiting.iter().position(may)?;
        self.waiting.remove(position)
    }

    fn serve(&mut self, waiting: Waiting) -> Result<(), Broken> {
        let Waiting { id, ref work, .. } = waiting;
        if self.seated != Some(id) && !self.unseat()? {
            self.waiting.push_front(waiting);
            return Ok(());
        }
        let reply = match work {
            Work::LogIn(startup) => self.log_in(id, startup),
            Work::Run(messages) => self.run(id, messages),
        };
        // The send fails if the client has disconnected.
        match reply {
            Ok(reply) => {
                let _ = waiting.reply.send(reply);
                Ok(())
            }
            Err(broken) => {
                let _ = waiting.reply.send(Reply::last(&crash(&broken.0)));
                Err(broken)
            }
        }
    }

    fn log_in(&mut self, id: u32, startup: &Startup) -> Result<Reply, Broken> {
        let others: Vec<&str> = self.sessions.values().map(Session::user).collect();
        Ok(match log_in(&mut self.backend, &self.database, id, startup, &others)? {
            Ok((session, bytes)) => {
                self.sessions.insert(id, session);
                self.seated = Some(id);
                Reply { bytes, last: false }
            }
            Err(refusal) => Reply::last(&refusal),
        })
    }

    fn run(&mut self, id: u32, messages: &[Message]) -> Result<Reply, Broken> {
        let Some(session) = self.sessions.get_mut(&id) else { return Ok(Reply::last(&crash(&self.breakdown))) };
        if self.seated != Some(id) {
            if session.restore(&mut self.backend)?.is_err() {
                self.sessions.remove(&id);
                return Ok(Reply::last(&Refusal::new("57P01", "terminating connection: its role has changed")));
            }
            self.seated = Some(id);
        }
        let mut bytes = Vec::new();
        for group in messages.split_inclusive(Message::is_boundary) {
            let group: Vec<Message> =
                group.iter().map(|message| guarded(message).unwrap_or_else(|| message.clone())).collect();
            group.iter().for_each(|message| session.note(message));
            let reply = self.backend.exchange(&group)?;
            bytes.extend(reply.bytes);
            self.hold = if reply.idle { Hold::No } else { Hold::Open };
            let renewed = group.iter().find_map(|message| renewal(message.sql()?.1));
            if let Some(renewal) = renewed.filter(|_| reply.idle) {
                if renewal == Renewal::Settings {
                    session.save(&mut self.backend)?;
                }
                let _ = session.renew(renewal == Renewal::All, &mut self.backend)?;
            }
        }
        Ok(Reply { bytes, last: false })
    }

    /// Saves the current session, if any, and clears the backend. Returns whether this was
    /// possible.
    fn unseat(&mut self) -> Result<bool, Broken> {
        let Some(id) = self.seated else { return Ok(true) };
        if let Some(session) = self.sessions.get_mut(&id)
            && !session.save(&mut self.backend)?
        {
            self.hold = Hold::Held;
            return Ok(false);
        }
        session::clear(&mut self.backend)?;
        self.seated = None;
        Ok(true)
    }

    fn leave(&mut self, id: u32) -> Result<(), Broken> {
        self.sessions.remove(&id);
        self.waiting.retain(|waiting| waiting.id != id);
        if self.seated == Some(id) {
            self.seated = None;
            self.hold = Hold::No;
            session::end(&mut self.backend)?;
        }
        Ok(())
    }

    /// Sends an error to the clients that have waited for too long.
    fn time_out_waiting_clients(&mut self) {
        let text = match self.hold {
            Hold::Held => "another session has temporary tables, advisory locks, cursors or channels",
            Hold::Open | Hold::No => "another session has a transaction open",
        };
        let refusal = Refusal::new("55P03", format!("the PostgreSQL of a sandbox has one backend, and {text}"));
        while let Some(waiting) = self.waiting.pop_front_if(|waiting| waiting.since.elapsed() >= PATIENCE) {
            let reply = match waiting.work {
                Work::LogIn(_) => Reply::last(&refusal),
                Work::Run(messages) => {
                    let mut bytes = Vec::new();
                    // A client expects one answer per group of messages that it sent.
                    for _ in messages.iter().filter(|message| matches!(message.kind(), b'Q' | b'S' | b'F')) {
                        bytes.extend(refusal.encode(ERROR));
                        answer::ready(&mut bytes);
                    }
                    Reply { bytes, last: false }
                }
            };
            let _ = waiting.reply.send(reply);
        }
    }

    /// Reopens a crashed backend. All sessions end, as when a server process crashes.
    fn unless_broken(&mut self, done: Result<(), Broken>) -> Result<(), PostgresError> {
        let Err(Broken(reason)) = done else { return Ok(()) };
        self.breakdown = reason;
        self.sessions.clear();
        self.seated = None;
        self.hold = Hold::No;
        self.backend.reopen_after_crash()
    }
}

fn crash(reason: &str) -> Refusal {
    let message = format!("terminating connection because the PostgreSQL of the sandbox crashed: {reason}");
    Refusal::new("57P02", message)
}
