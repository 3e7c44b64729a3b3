//! The observed state: what AWS lists, late listings, copies, and incomplete resources.

pub(crate) mod absence;
pub(crate) mod consistency;
pub mod incomplete;
pub mod observed;
pub(crate) mod out_of_reach;
pub(crate) mod provenance;
pub(crate) mod rivals;
pub(crate) mod tag_index;
pub(crate) mod unlabelled;
pub(crate) mod vanished;
