//! Reads TOML tables into values with their locations, and collects problems.
//!
//! Nothing here returns early: a value that cannot be read is reported as a problem and returned as
//! [`Field::Invalid`], so that one run reports all problems.

mod conflicts;
mod document;
mod explain;
mod field;
mod header;
mod keys;
mod lines;
mod section;
mod syntax;
mod tables;
mod values;

pub(crate) use self::document::Document;
pub(crate) use self::field::{At, Explained, Field};
pub(crate) use self::keys::{Key, Keys, Presence, path};
pub(crate) use self::section::Section;
