//! The few styles there are. Text is styled always; whoever writes it to a stream that wants no
//! colour takes them out again.

use anstyle::{AnsiColor, Style};

#[cfg(feature = "aws")]
pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
#[cfg(feature = "aws")]
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const MAGENTA: Style = AnsiColor::Magenta.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
#[cfg(feature = "aws")]
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
#[cfg(feature = "aws")]
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
#[cfg(feature = "aws")]
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
