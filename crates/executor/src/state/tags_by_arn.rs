//! The memory of the tag index.

use std::collections::BTreeMap;

use tokio::sync::OnceCell;

use crate::state::observed::Tags;

/// The tags of all resources with the platform's tag, by ARN. Listed on first use.
#[derive(Debug, Default)]
pub(crate) struct TagIndex(pub(super) OnceCell<BTreeMap<String, Tags>>);
