//! Placeholder until the checks are merged.
use crate::context::Cx;
use std::collections::BTreeSet;
/// A check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Check {
    /// a
    Caller,
    /// b
    EngineVersion,
}
/// An objection.
#[derive(Debug, thiserror::Error)]
#[error("objection")]
pub struct Objection;
impl Objection {
    /// Whether it is a refusal.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        true
    }
}
pub(crate) async fn preflight(_cx: &Cx<'_>, _skip: &BTreeSet<Check>) -> Result<(), Vec<Objection>> {
    Ok(())
}
