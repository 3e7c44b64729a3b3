//! Reviews for people: for a terminal, as a comment on a pull request, and as a page for a browser.
//!
//! One module puts the facts into words, once; the others only lay them out. Nothing here writes to a stream.

mod html;
mod layout;
mod markdown;
mod page;
mod prose;
mod text;

pub use html::html;
pub use markdown::{COMMENT, markdown};
pub use text::text;
