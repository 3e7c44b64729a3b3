//! The messages of clients, as far as a proxy between client and backend must interpret them.
//!
//! Source: PostgreSQL documentation, chapter 55.

use std::io::{self, BufRead, BufReader, Read};

use super::answer;

/// The maximum length of a startup packet.
/// Source: `MAX_STARTUP_PACKET_LENGTH` in PostgreSQL's `libpq/pqcomm.h`.
const LONGEST_STARTUP: usize = 10_000;
/// The maximum length of a message: more than a rehearsal needs.
const LONGEST_MESSAGE: usize = 64 << 20;
/// The maximum number of messages per turn, so that a client that sends endlessly does not block
/// the others.
const MESSAGES_A_TURN: usize = 512;

/// The first packet of a client.
pub(super) enum Opening {
    /// It requests encryption.
    Encryption,
    /// It requests the cancellation of another connection's query.
    Cancel,
    /// It logs in.
    Startup(Startup),
}

/// The startup packet.
#[derive(Clone, Debug, Default)]
pub(super) struct Startup {
    /// Whether it requests a newer protocol than 3.0.
    pub(super) newer: bool,
    parameters: Vec<(String, String)>,
}

impl Startup {
    /// The role.
    pub(super) fn user(&self) -> &str {
        self.parameter("user").unwrap_or_default()
    }

    /// The database; by default the one with the role's name.
    pub(super) fn database(&self) -> &str {
        self.parameter("database").filter(|name| !name.is_empty()).unwrap_or_else(|| self.user())
    }

    fn parameter(&self, wanted: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// The requested protocol extensions. None is supported.
    pub(super) fn extensions(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("_pq_."))
    }

    /// The session parameters that the client sets: those of `options` first.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let mut settings = options(self.parameter("options").unwrap_or_default());
        let own = self.parameters.iter().filter(|(name, _)| {
            !matches!(name.as_str(), "user" | "database" | "options" | "replication") && !name.starts_with("_pq_.")
        });
        settings.extend(own.cloned());
        settings
    }

    pub(super) fn wants_replication(&self) -> bool {
        self.parameter("replication").is_some_and(|value| !matches!(value, "false" | "off" | "no" | "0"))
    }
}

/// The parameters in command-line options: `-c name=value` and `--name=value`, where a backslash
/// escapes the next character.
fn options(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, words.last_mut()) {
            ('\\', Some(word)) => word.extend(characters.next()),
            (character, Some(word)) if !character.is_whitespace() => word.push(character),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    let mut settings = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c").filter(|rest| !rest.is_empty()))
        {
            Some(rest) => Some(rest.to_owned()),
            None if word == "-c" => words.next(),
            None => None,
        };
        if let Some((name, value)) = setting.as_deref().and_then(|setting| setting.split_once('=')) {
            settings.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

/// Reads the first packet of a client.
pub(super) fn opening(stream: &mut impl Read) -> io::Result<Opening> {
    const CANCEL: u32 = 80_877_102;
    const TLS: u32 = 80_877_103;
    const GSS: u32 = 80_877_104;
    let length = number(stream)? as usize;
    if !(8..=LONGEST_STARTUP).contains(&length) {
        return Err(malformed());
    }
    let code = number(stream)?;
    let mut rest = vec![0; length - 8];
    stream.read_exact(&mut rest)?;
    match code {
        TLS | GSS => Ok(Opening::Encryption),
        CANCEL => Ok(Opening::Cancel),
        code if code >> 16 == 3 => startup(&rest, code & 0xffff != 0).map(Opening::Startup),
        _ => Err(malformed()),
    }
}

fn startup(text: &[u8], newer: bool) -> io::Result<Startup> {
    let texts: Vec<String> = text
        .split(|byte| *byte == 0)
        .map(|text| String::from_utf8(text.to_vec()).map_err(|_| malformed()))
        .collect::<io::Result<_>>()?;
    let parameters = texts
        .chunks_exact(2)
        .take_while(|pair| !pair[0].is_empty())
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect();
    Ok(Startup { newer, parameters })
}

fn number(stream: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not PostgreSQL's protocol")
}

/// A message of a client, in its encoded form.
#[derive(Clone, Debug)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// Encodes a message.
    pub(super) fn new(kind: u8, body: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(body.len() + 5);
        answer::message(&mut bytes, kind, body);
        Self(bytes)
    }

    /// A simple query.
    pub(super) fn query(sql: &str) -> Self {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        Self::new(b'Q', &body)
    }

    /// Prepares a statement whose parameters have the types with these ids.
    pub(super) fn parse(name: &[u8], sql: &[u8], types: &[u32]) -> Self {
        let count = u16::try_from(types.len()).unwrap_or(u16::MAX);
        let mut body = [name, b"\0", sql, b"\0", &count.to_be_bytes()].concat();
        body.extend(types.iter().take(count.into()).flat_map(|id| id.to_be_bytes()));
        Self::new(b'P', &body)
    }

    pub(super) fn sync() -> Self {
        Self::new(b'S', &[])
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[0]
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn body(&self) -> &[u8] {
        &self.0[5..]
    }

    /// The statement name and the SQL of a message that contains SQL.
    pub(super) fn sql(&self) -> Option<(&[u8], &str)> {
        let mut texts = self.body().split(|byte| *byte == 0);
        let name = match self.kind() {
            b'Q' => &[][..],
            b'P' => texts.next()?,
            _ => return None,
        };
        Some((name, std::str::from_utf8(texts.next()?).ok()?))
    }

    /// The same message with other SQL, which has no parameters.
    pub(super) fn with_sql(&self, sql: &str) -> Self {
        match self.sql() {
            Some((name, _)) if self.kind() == b'P' => Self::parse(name, sql.as_bytes(), &[]),
            _ => Self::query(sql),
        }
    }

    /// Whether the client expects an answer after it.
    pub(super) fn is_boundary(&self) -> bool {
        matches!(self.kind(), b'Q' | b'S' | b'H' | b'F')
    }
}

/// Messages that a client sent together.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) messages: Vec<Message>,
    /// Whether the client closes the connection afterwards.
    pub(super) last: bool,
}

/// Reads messages until the client expects an answer, and complete groups that have already
/// arrived.
pub(super) fn sent(reader: &mut BufReader<impl Read>) -> io::Result<Sent> {
    let mut sent = Sent::default();
    loop {
        if reader.fill_buf()?.is_empty() {
            return Ok(Sent { last: true, ..sent });
        }
        let mut head = [0; 5];
        reader.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(malformed());
        }
        let mut bytes = head.to_vec();
        bytes.resize(length + 1, 0);
        reader.read_exact(&mut bytes[5..])?;
        let message = Message(bytes);
        match message.kind() {
            b'X' => return Ok(Sent { last: true, ..sent }),
            // Like a server, ignores copy messages outside of a copy.
            b'd' | b'c' | b'f' => continue,
            b'Q' | b'P' | b'B' | b'D' | b'E' | b'C' | b'S' | b'H' | b'F' => {}
            _ => return Err(malformed()),
        }
        let boundary = message.is_boundary();
        sent.messages.push(message);
        if boundary && (sent.messages.len() >= MESSAGES_A_TURN || !has_message(reader.buffer())) {
            return Ok(sent);
        }
    }
}

/// Whether these bytes begin with a complete message.
fn has_message(bytes: &[u8]) -> bool {
    match bytes {
        [_, a, b, c, d, rest @ ..] => rest.len() + 4 >= u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_parsed_like_command_line_arguments() {
        let read = options(r"-c jit=off --statement-timeout=5s  -capplication_name=a\ b\\c -x -c");
        let expected = [("jit", "off"), ("statement_timeout", "5s"), ("application_name", r"a b\c")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn messages_that_arrive_together_form_one_batch() {
        let mut bytes = Message::query("SELECT 1").0;
        bytes.extend(Message::parse(b"", b"SELECT 2", &[23]).0);
        bytes.extend(Message::sync().0);
        let whole = bytes.len();
        bytes.extend(&Message::query("SELECT 3").0[..7]);
        let mut reader = BufReader::new(&bytes[..]);
        let sent = sent(&mut reader).expect("three whole messages");
        assert_eq!(sent.messages.iter().map(Message::kind).collect::<Vec<_>>(), *b"QPS");
        assert_eq!(bytes.len() - reader.buffer().len(), whole);
    }

    #[test]
    fn unsupported_protocols_are_refused() {
        assert!(opening(&mut &b"GET / HTTP/1.1\r\n\r\n"[..]).is_err());
        assert!(sent(&mut BufReader::new(&b"Q\xff\xff\xff\xff"[..])).is_err());
    }
}
