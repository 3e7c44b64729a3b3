//! Text from outside: plans, specs, AWS, PostgreSQL. It must not control the terminal that shows it.

use std::fmt::{self, Write as _};

/// Whether a character controls a terminal, or changes the direction of the text after it, so that a reader
/// sees something else than what is there.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text in one line, with escapes for control characters.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match is_control(c) {
            true => write!(f, "{}", c.escape_unicode()),
            false => f.write_char(c),
        })
    }
}

/// Escapes control characters in a finished output, except for line breaks, tabs, and the styles of
/// [`super::style`].
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let kept = match c {
            '\u{1b}' => style(rest).unwrap_or(0),
            '\n' | '\t' => 1,
            c if is_control(c) => 0,
            c => c.len_utf8(),
        };
        if kept == 0 {
            escaped.extend(c.escape_unicode());
            rest = &rest[c.len_utf8()..];
        } else {
            escaped.push_str(&rest[..kept]);
            rest = &rest[kept..];
        }
    }
    escaped
}

/// The length of the style sequence that a text begins with: bold, dimmed, underlined, a foreground colour,
/// or a reset. No other one is used, and others could conceal text.
fn style(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find('m')?;
    let is_used = |code: &str| matches!(code, "0" | "1" | "2" | "4" | "31" | "32" | "33" | "35" | "36");
    codes[..end].split(';').all(is_used).then_some("\u{1b}[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::super::style::{ERROR, GREEN, HINT, MAGENTA, RED, WARNING, YELLOW, styled};
    use super::*;

    #[test]
    fn own_styles_and_lines_are_kept() {
        for style in [ERROR, GREEN, HINT, MAGENTA, RED, WARNING, YELLOW] {
            let text = format!("{}\n\tsecond line\n", styled(style, "first line"));
            assert_eq!(escaped(&text), text);
        }
    }

    #[test]
    fn sequences_that_move_conceal_or_reverse_are_escaped() {
        for (text, shown) in [
            ("\u{1b}[2K\rnothing to do", "\\u{1b}[2K\\u{d}nothing to do"),
            ("\u{1b}[8mhidden\u{1b}[0m", "\\u{1b}[8mhidden\u{1b}[0m"),
            ("\u{1b}[31;8mhidden", "\\u{1b}[31;8mhidden"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}1A", "\\u{9b}1A"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("Zürich", "Zürich"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(Plain("a\nb").to_string(), "a\\u{a}b");
    }
}
