//! Reviews for people: for a terminal, and as a comment on a pull request.
//!
//! One module puts the facts into words, once; the others only lay them out. Nothing here writes to a stream.

mod layout;
mod markdown;
mod page;
mod text;

pub use markdown::{COMMENT, markdown};
pub use text::text;
