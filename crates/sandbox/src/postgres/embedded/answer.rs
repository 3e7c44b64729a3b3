//! Answers of the backend, and answers that the proxy sends itself.
//!
//! Source: PostgreSQL documentation, chapter 55.

/// The messages of a backend: kind and body.
pub(super) fn answers(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, [a, b, c, d, ..]) = bytes.split_first().filter(|(_, rest)| rest.len() >= 4)? else { return None };
        let end = (u32::from_be_bytes([*a, *b, *c, *d]) as usize).checked_add(1)?;
        let body = bytes.get(5..end)?;
        bytes = &bytes[end..];
        Some((*kind, body))
    })
}

/// The values of a row, as text.
pub(super) fn row(mut body: &[u8]) -> Vec<Option<String>> {
    let mut values = Vec::new();
    body = body.get(2..).unwrap_or_default();
    while let Some((length, rest)) = body.split_first_chunk::<4>() {
        let (value, rest) = match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) if length <= rest.len() => {
                let (value, rest) = rest.split_at(length);
                (Some(String::from_utf8_lossy(value).into_owned()), rest)
            }
            _ => (None, rest),
        };
        values.push(value);
        body = rest;
    }
    values
}

pub(super) const ERROR: &str = "ERROR";
pub(super) const FATAL: &str = "FATAL";

/// An error of the backend, or one that the proxy creates in the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Parses the error in a message of the backend.
    pub(super) fn read(body: &[u8]) -> Self {
        let field = |wanted: u8| {
            let found = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&wanted));
            found.map(|field| String::from_utf8_lossy(&field[1..]).into_owned()).unwrap_or_default()
        };
        Self { code: field(b'C'), message: field(b'M') }
    }

    /// Encodes it as a message of this severity: [`ERROR`] ends a statement, [`FATAL`] the session.
    pub(super) fn encode(&self, severity: &str) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, text) in [(b'S', severity), (b'V', severity), (b'C', &self.code), (b'M', &self.message)] {
            body.push(kind);
            body.extend(text.as_bytes());
            body.push(0);
        }
        body.push(0);
        let mut bytes = Vec::new();
        message(&mut bytes, b'E', &body);
        bytes
    }
}

/// Appends a message.
pub(super) fn message(to: &mut Vec<u8>, kind: u8, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    to.push(kind);
    to.extend(length.to_be_bytes());
    to.extend(body);
}

/// Appends the message that the session is idle.
pub(super) fn ready(to: &mut Vec<u8>) {
    message(to, b'Z', b"I");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_messages_are_ignored() {
        assert_eq!(answers(b"Z\0\0\0\xff").count(), 0);
        assert_eq!(answers(b"Z\0\0\0\x05I").count(), 1);
        assert_eq!(row(b"\0\x01\0\0\0\x09x"), [None]);
    }

    #[test]
    fn errors_are_encoded_and_parsed() {
        let refusal = Refusal::new("42501", "no");
        let told = refusal.encode(ERROR);
        let (kind, body) = answers(&told).next().expect("one message");
        assert_eq!((kind, Refusal::read(body)), (b'E', refusal));
    }
}
