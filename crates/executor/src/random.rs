//! Random numbers of the operating system.

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Fills `bytes` with random numbers.
///
/// # Errors
/// When the operating system provides none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::Failed {
        what: "generating a secret value".into(),
        reason: format!("the operating system provides no random numbers: {error}"),
    })
}

/// A text of `length` characters of an alphabet, all equally likely.
///
/// # Errors
/// When the operating system provides no random numbers.
pub(crate) fn text(alphabet: &[u8], length: usize) -> Result<Zeroizing<String>> {
    let letters = u8::try_from(alphabet.len()).unwrap_or(u8::MAX);
    // Greater bytes would make the first letters of the alphabet more likely.
    let usable = u8::MAX - (u8::MAX % letters + 1) % letters;
    let mut text = Zeroizing::new(String::with_capacity(length));
    let mut bytes = Zeroizing::new([0; 64]);
    while text.len() < length {
        fill(bytes.as_mut())?;
        let left = length - text.len();
        let drawn = bytes.iter().filter(|byte| **byte <= usable).take(left);
        text.extend(drawn.map(|byte| char::from(alphabet[usize::from(byte % letters)])));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_length_and_all_letters_of_the_alphabet() {
        let text = text(b"abc", 1000).expect("random numbers");
        assert_eq!(text.len(), 1000);
        assert!(text.bytes().all(|byte| b"abc".contains(&byte)));
        assert!(b"abc".iter().all(|letter| text.bytes().filter(|byte| byte == letter).count() > 200));
    }
}
