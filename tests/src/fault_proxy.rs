//! A proxy between a client and an AWS that injects faults: most fail the first attempt of every call.
//!
//! It speaks just enough HTTP/1.1 to pass requests on. Two requests are attempts of one call when
//! they are the same to the byte in method, path, query, operation and body; so an attempt that is
//! repeated with another idempotency token shows as another call, which fails again.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// The fault that the first attempt of every call has, or all attempts of some calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// All calls are passed on.
    None,
    /// AWS throttles; the call has no effect.
    Throttled,
    /// AWS fails with status 500; the call has no effect.
    FailsBefore,
    /// AWS fails with status 500; the call has its effect.
    FailsAfter,
    /// The connection is closed without an answer; the call has its effect.
    ResetAfter,
    /// The connection is closed in the middle of the answer; the call has its effect.
    Truncated,
    /// Calls with this text in their bodies are never answered, however often they are attempted, and have
    /// no effect. All others are passed on.
    Silent(&'static str),
    /// Calls with this text in their bodies are passed on when [`Proxy::release`] says so, and wait until then.
    Held(&'static str),
    /// One listing is stale, and shows nothing; lookups by name are answered.
    Late(Listing),
    /// The same, the first time that each listing is asked for.
    LateAtFirst(Listing),
}

/// A listing, and how a question by name for the same differs from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// A text of a header, of the path or of the body that only this operation has.
    pub operation: &'static str,
    /// A text that only a question by name has; empty where that is another operation.
    pub by_name: &'static str,
    /// The answer when there is nothing.
    pub empty: &'static str,
}

/// A running proxy. Its threads end with the process.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<BTreeMap<Call, u32>>>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    released: Arc<(Mutex<bool>, Condvar)>,
}

/// A call that was passed on, and the answer of the AWS behind, head and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The call.
    pub call: Call,
    /// The headers of the request, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The answer.
    pub answer: Vec<u8>,
}

/// What makes two requests attempts of one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The service, as the signature names it.
    pub service: String,
    /// Method, path and query.
    pub target: String,
    /// The operation, where a header names it.
    pub operation: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Proxy {
    /// Starts a proxy in front of the AWS at `upstream`.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub fn start(upstream: SocketAddr, fault: Fault) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let proxy = Self { address, seen: Arc::default(), exchanges: Arc::default(), released: Arc::default() };
        let threads = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let proxy = threads.clone();
                // A fault of one connection is what the client must survive.
                thread::spawn(move || proxy.serve(client, upstream, fault).ok());
            }
        });
        Ok(proxy)
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each call was attempted.
    #[must_use]
    pub fn attempts(&self) -> BTreeMap<Call, u32> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was passed on, in its order.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Passes on what was [held](Fault::Held), and holds nothing any more.
    pub fn release(&self) {
        let (released, told) = &*self.released;
        *released.lock().unwrap_or_else(PoisonError::into_inner) = true;
        told.notify_all();
    }

    fn wait_for_release(&self) {
        let (released, told) = &*self.released;
        let released = released.lock().unwrap_or_else(PoisonError::into_inner);
        // The guard is of no more use, and a poisoned one says nothing that matters here.
        drop(told.wait_while(released, |released| !*released));
    }

    /// Passes a request on to the AWS behind.
    fn pass_on(&self, request: &Request, upstream: SocketAddr) -> io::Result<Vec<u8>> {
        let answer = request.pass_on(upstream)?;
        let exchange = Exchange { call: request.call(), headers: request.headers.clone(), answer: answer.clone() };
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(answer)
    }

    fn serve(&self, client: TcpStream, upstream: SocketAddr, fault: Fault) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut client = client;
        while let Some(request) = Request::read(&mut reader)? {
            let call = request.call();
            let first = {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                let attempts = seen.entry(call.clone()).or_default();
                *attempts += 1;
                *attempts == 1
            };
            if matches!(fault, Fault::Held(text) if request.mentions(text)) {
                self.wait_for_release();
            }
            let passes = match fault {
                Fault::None | Fault::Held(_) => true,
                Fault::Silent(text) => !request.mentions(text),
                Fault::Late(listing) => !request.is(listing),
                Fault::LateAtFirst(listing) => !first || !request.is(listing),
                _ => !first,
            };
            if passes {
                client.write_all(&self.pass_on(&request, upstream)?)?;
                continue;
            }
            match fault {
                // Comes back when the client gives up.
                Fault::None | Fault::Held(_) | Fault::Silent(_) => return reader.read(&mut [0]).map(drop),
                Fault::Late(listing) | Fault::LateAtFirst(listing) => client.write_all(&answer(200, listing.empty))?,
                Fault::Throttled => client.write_all(&throttled(&call.service))?,
                Fault::FailsBefore => client.write_all(&answer(500, ""))?,
                Fault::FailsAfter => {
                    self.pass_on(&request, upstream)?;
                    client.write_all(&answer(500, ""))?;
                }
                Fault::ResetAfter => {
                    self.pass_on(&request, upstream)?;
                    return Ok(());
                }
                Fault::Truncated => {
                    let whole = self.pass_on(&request, upstream)?;
                    client.write_all(&truncated(&whole))?;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` when the client has closed it.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { line: line.trim_end().to_owned(), headers, body }))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    fn mentions(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    fn is(&self, listing: Listing) -> bool {
        let has =
            |text: &str| self.line.contains(text) || self.header("x-amz-target").ends_with(text) || self.mentions(text);
        has(listing.operation) && (listing.by_name.is_empty() || !has(listing.by_name))
    }

    fn call(&self) -> Call {
        // Credential=<key>/<date>/<region>/<service>/aws4_request
        let service = self.header("authorization").split('/').nth(3).unwrap_or_default();
        Call {
            service: service.to_owned(),
            target: self.line.trim_end_matches(" HTTP/1.1").to_owned(),
            operation: self.header("x-amz-target").to_owned(),
            body: self.body.clone(),
        }
    }

    /// Sends this to the AWS behind and gives its whole answer.
    fn pass_on(&self, upstream: SocketAddr) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(upstream)?;
        write!(stream, "{}\r\n", self.line)?;
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "connection: close\r\n\r\n")?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        // The server closes after each answer, so the client must not reuse the connection either.
        Ok(answer)
    }
}

/// An answer with its head whole and its body cut in half; a head alone is cut as well.
fn truncated(whole: &[u8]) -> Vec<u8> {
    let head = whole.windows(4).position(|window| window == b"\r\n\r\n").map_or(whole.len(), |at| at + 4);
    let body = whole.len().saturating_sub(head);
    let cut = if body == 0 { head / 2 } else { head + body / 2 };
    whole[..cut].to_vec()
}

/// The response that throttles, in each protocol.
fn throttled(service: &str) -> Vec<u8> {
    match service {
        "ec2" => answer(
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>\
             </Error></Errors><RequestID>1</RequestID></Response>",
        ),
        "s3" => answer(503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"),
        "iam" | "rds" | "elasticloadbalancing" | "sts" => answer(
            400,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
             <RequestId>1</RequestId></ErrorResponse>",
        ),
        _ => answer(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
    }
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Injected\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
