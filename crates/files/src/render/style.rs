//! The styles. Text is always styled; the caller strips the styles for streams without colour.

use anstyle::{AnsiColor, Style};

/// No style.
pub const PLAIN: Style = Style::new();
/// Headings.
pub const BOLD: Style = Style::new().bold();
/// Steps in progress.
pub const DIM: Style = Style::new().dimmed();
/// Success and additions.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Changes, and findings that need attention.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Replacements.
pub const MAGENTA: Style = AnsiColor::Magenta.on_default();
/// Failures and removals.
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
