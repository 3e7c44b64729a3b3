//! Merges two branches' specs, as a merge driver of Git does.
//!
//! A spec is merged by table, by key, and by tenant id, so that two branches that each add a tenant merge. What neither
//! side changed keeps its spelling, its comments and its place. A key that both sides changed to different values, and
//! a table that one side removed and the other changed, are conflicts: the text has both sides between the markers of
//! Git, and [`Conflict`] names the values.
//!
//! Locks are merged by [`StoredLock::merged`](saas_model::lock::StoredLock::merged).

mod order;
mod table;
mod tables;

use std::fmt;

use self::table::Table;

/// The result of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The merged text; with conflict markers if there are conflicts.
    pub text: String,
    /// The conflicts, in the order of the text.
    pub conflicts: Vec<Conflict>,
}

/// What both sides changed differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The key or the table.
    pub at: String,
    /// Our value; `None` if our side removed it.
    pub ours: Option<String>,
    /// Their value; `None` if their side removed it.
    pub theirs: Option<String>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "removed".to_owned());
        write!(f, "{}: {} (ours), {} (theirs)", self.at, side(&self.ours), side(&self.theirs))
    }
}

/// A side of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The common ancestor.
    Base,
    /// The branch that is merged into.
    Ours,
    /// The branch that is merged.
    Theirs,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "the common ancestor",
            Self::Ours => "our side",
            Self::Theirs => "their side",
        })
    }
}

/// Why a spec cannot be merged by key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmergeable {
    /// A side is not TOML.
    #[error("{0} is not TOML")]
    NotToml(Side),
    /// A side has a table twice, such as two tenants with the same id.
    #[error("{side} has {name} twice")]
    Duplicate {
        /// The side.
        side: Side,
        /// The table.
        name: String,
    },
    /// The sides write the same table in ways that exclude each other, such as `[a]` and `a = {}`.
    #[error("the two sides write the same table in different forms")]
    Forms,
}

/// Merges two specs, whose common ancestor is `base`; it is empty if both sides added the file. Conflict markers have
/// `marker` characters (7 in Git, unless an attribute says otherwise).
///
/// # Errors
/// If a side is not TOML or cannot be merged by key: then it can only be merged line by line.
pub fn spec(base: &str, ours: &str, theirs: &str, marker: usize) -> Result<Merged, Unmergeable> {
    let read = |text, side| {
        toml_span::parse(text).map_err(|_| Unmergeable::NotToml(side))?;
        Table::of(text).map_err(|name| Unmergeable::Duplicate { side, name })
    };
    let (base, ours, theirs) = (read(base, Side::Base)?, read(ours, Side::Ours)?, read(theirs, Side::Theirs)?);
    let merged = tables::merge(&base, &ours, &theirs, marker);
    if merged.conflicts.is_empty() && toml_span::parse(&merged.text).is_err() {
        return Err(Unmergeable::Forms);
    }
    Ok(merged)
}

#[cfg(test)]
mod tests;
