//! The encoding of the files that users write: UTF-8, as TOML requires.

use crate::problem::{Problem, Problems};

/// Decodes `bytes`. `file` is the file's name in messages.
///
/// # Errors
/// When the bytes are not UTF-8. The problem names the encoding where it can be detected, and says how
/// to convert the file.
pub fn decode(file: &str, bytes: &[u8]) -> Result<String, Box<Problems>> {
    if let Some(text) = utf_16(bytes) {
        let problem = Problem {
            message: "the file is UTF-16, but TOML must be UTF-8".to_owned(),
            span: (0, 0).into(),
            label: "here".to_owned(),
            help: Some("save it as UTF-8; in PowerShell, redirect with `Out-File -Encoding utf8`".to_owned()),
        };
        return Err(Box::new(Problems::new(file, &text, vec![problem])));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let problem = Problem {
                message: format!("the byte 0x{byte:02X} is not UTF-8: the file is in another encoding"),
                // The replacement character that is shown is three bytes long.
                span: (at, char::REPLACEMENT_CHARACTER.len_utf8()).into(),
                label: "here".to_owned(),
                help: Some("save the file as UTF-8; it may be Windows-1252 or Latin-1".to_owned()),
            };
            Err(Box::new(Problems::new(file, &String::from_utf8_lossy(bytes), vec![problem])))
        }
    }
}

/// The text if it is UTF-16: with a byte order mark, or with a zero next to each of its first two
/// letters.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let (bytes, little) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (rest, true),
        [0xFE, 0xFF, rest @ ..] => (rest, false),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (bytes, true),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => (bytes, false),
        _ => return None,
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> =
        pairs.iter().map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }).collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn utf_8_is_unchanged_with_and_without_byte_order_mark() {
        for text in ["", "a", "version = 1\n", "\u{feff}version = 1\n", "name = \"ö\"\n"] {
            assert_eq!(decode("saas.toml", text.as_bytes()).expect("it is UTF-8"), text);
        }
    }

    #[test]
    fn utf_16_is_rejected_by_name() {
        let text = "[platform]\nname = \"beta\"\n";
        let marked = format!("\u{feff}{text}");
        for bytes in [encoded(&marked, true), encoded(&marked, false), encoded(text, true), encoded(text, false)] {
            let problems = decode("saas.toml", &bytes).expect_err("it is UTF-16");
            assert!(problems.problems[0].message.contains("UTF-16"), "{problems:?}");
        }
    }

    #[test]
    fn other_encodings_are_rejected_at_the_first_invalid_byte() {
        let problems = decode("saas.toml", b"# caf\xE9\n").expect_err("it is Latin-1");
        assert!(problems.problems[0].message.contains("0xE9"), "{problems:?}");
        assert_eq!(problems.problems[0].span.offset(), 5);
    }
}
