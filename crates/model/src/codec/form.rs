//! The canonical form shared by all files: the writer, and the ways in which bytes can deviate from the
//! form.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::digest::{Digest, Domain};

/// Writes MessagePack; structs are maps.
pub(crate) struct Writer {
    buffer: Vec<u8>,
}

const IN_MEMORY: &str = "writing to memory cannot fail";

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { buffer: Vec::with_capacity(bytes) }
    }

    /// All bytes written so far.
    pub(crate) fn written(&self) -> &[u8] {
        &self.buffer
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    pub(crate) fn map(&mut self, len: u32) {
        rmp::encode::write_map_len(&mut self.buffer, len).expect(IN_MEMORY);
    }

    pub(crate) fn array(&mut self, len: usize) {
        let len = u32::try_from(len).expect("a plan has fewer than 2^32 nodes");
        rmp::encode::write_array_len(&mut self.buffer, len).expect(IN_MEMORY);
    }

    pub(crate) fn key(&mut self, key: &str) {
        rmp::encode::write_str(&mut self.buffer, key).expect(IN_MEMORY);
    }

    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let mut serializer = rmp_serde::Serializer::new(&mut self.buffer).with_struct_map();
        value.serialize(&mut serializer).expect("the types of this crate serialize into memory");
    }

    pub(crate) fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        self.key(key);
        self.value(value);
    }

    /// Writes a digest and returns the offset of its first byte.
    pub(crate) fn digest(&mut self, digest: Digest) -> usize {
        rmp::encode::write_bin(&mut self.buffer, digest.as_bytes()).expect(IN_MEMORY);
        self.buffer.len() - Digest::LEN
    }

    /// The bytes, with the digest of everything else in place of the digest at `id_at`.
    pub(crate) fn sealed(self, id_at: usize, domain: Domain) -> (Vec<u8>, Digest) {
        let mut bytes = self.buffer;
        let id = domain.hasher().update(&bytes[..id_at]).update(&bytes[id_at + Digest::LEN..]).finish();
        bytes[id_at..id_at + Digest::LEN].copy_from_slice(id.as_bytes());
        (bytes, id)
    }
}

/// The ways in which bytes are not a file of a format, before their content is checked.
#[derive(Debug)]
pub(crate) enum FormatError {
    /// A later version of saas wrote it.
    NewerFormat(u64),
    /// An earlier version of saas wrote it.
    OlderFormat(u64),
    /// It is not a MessagePack map with the keys of the file.
    Malformed(String),
    /// Bytes follow the end of the file.
    Trailing(usize),
}

/// Reads a file whose format version is the first entry, under `key`. What another version writes after
/// it may not decode.
pub(crate) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    key: &str,
    format: u32,
    stated: impl Fn(&T) -> u64,
) -> Result<T, FormatError> {
    match leading_number(bytes, key) {
        Some(found) if found > u64::from(format) => return Err(FormatError::NewerFormat(found)),
        Some(found) if (1..u64::from(format)).contains(&found) => return Err(FormatError::OlderFormat(found)),
        _ => {}
    }
    let mut rest = bytes;
    let file = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest))
        .map_err(|error| FormatError::Malformed(in_words(bytes, &error)))?;
    if stated(&file) != u64::from(format) {
        return Err(FormatError::Malformed(format!("format {} does not exist", stated(&file))));
    }
    if rest.is_empty() { Ok(file) } else { Err(FormatError::Trailing(rest.len())) }
}

/// Why bytes cannot be read, for those who did not write them: what usually happens to a file has a word.
fn in_words(bytes: &[u8], error: &rmp_serde::decode::Error) -> String {
    use rmp_serde::decode::Error::{InvalidDataRead, InvalidMarkerRead};
    let is_text = |text: &str| text.chars().all(|c| !c.is_control() || c.is_whitespace());
    match error {
        _ if bytes.is_empty() => "the file is empty".to_owned(),
        _ if std::str::from_utf8(bytes).is_ok_and(is_text) => "the file is text".to_owned(),
        InvalidDataRead(_) | InvalidMarkerRead(_) => {
            format!("the file is truncated after {} bytes", bytes.len())
        }
        other => other.to_string(),
    }
}

/// The number under `key` if that is the first key of a map.
pub(crate) fn leading_number(mut bytes: &[u8], key: &str) -> Option<u64> {
    rmp::decode::read_map_len(&mut bytes).ok()?;
    let len = rmp::decode::read_str_len(&mut bytes).ok()? as usize;
    let rest = bytes.strip_prefix(key.as_bytes()).filter(|_| len == key.len())?;
    rmp::decode::read_int(&mut { rest }).ok()
}

/// The first difference from the canonical bytes: the byte found and the byte expected.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) offset: usize,
    pub(crate) found: String,
    pub(crate) canonical: String,
}

pub(crate) fn difference(bytes: &[u8], canonical: &[u8]) -> Option<Difference> {
    let common = bytes.iter().zip(canonical).position(|(found, canonical)| found != canonical);
    let shorter = || (bytes.len() != canonical.len()).then(|| bytes.len().min(canonical.len()));
    let offset = common.or_else(shorter)?;
    let show = |bytes: &[u8]| bytes.get(offset).map_or("the end".to_owned(), |byte| format!("{byte:#04x}"));
    Some(Difference { offset, found: show(bytes), canonical: show(canonical) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Why these bytes are no file of format 1.
    fn malformed(bytes: &[u8]) -> String {
        match read(bytes, "format", 1, |file: &BTreeMap<String, u64>| file["format"]) {
            Err(FormatError::Malformed(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn common_file_corruptions_have_their_own_messages() {
        assert_eq!(malformed(b""), "the file is empty");
        assert_eq!(malformed("[platform]\nname = \"\u{e4}\"\n".as_bytes()), "the file is text");
        let whole = rmp_serde::to_vec(&BTreeMap::from([("format", 1_000_000_u64)])).expect("it can be written");
        for end in 2..whole.len() {
            assert_eq!(malformed(&whole[..end]), format!("the file is truncated after {end} bytes"));
        }
    }
}
