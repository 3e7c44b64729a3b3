//! The few styles there are. Text is styled always; whoever writes it to a stream that wants no
//! colour takes them out again.

use anstyle::{AnsiColor, Style};

/// No style.
pub const PLAIN: Style = Style::new();
/// What a block is about.
pub const BOLD: Style = Style::new().bold();
/// What is under way.
pub const DIM: Style = Style::new().dimmed();
/// What is well, or added.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// What to look at, or what is changed.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// What is replaced.
pub const MAGENTA: Style = AnsiColor::Magenta.on_default();
/// What is wrong, or removed.
pub const RED: Style = AnsiColor::Red.on_default();
/// The word `error:`.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The word `warning:`.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word `hint:`.
pub const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// A text in a style.
#[must_use]
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
