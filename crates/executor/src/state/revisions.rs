//! Resources that cannot be changed, only followed by another revision.

use saas_model::Kind;

/// Whether an update of this kind creates a new identity and leaves the old one.
pub(crate) const fn renewed_by_update(kind: Kind) -> bool {
    matches!(kind, Kind::TaskDefinition)
}
