//! The observed state: what AWS lists, late listings, copies, and incomplete resources.

pub(crate) mod absence;
pub mod blocker;
pub(crate) mod completeness;
pub(crate) mod consistency;
pub(crate) mod duplicates;
pub mod exposure;
pub mod external_values;
pub mod foreign;
pub mod incomplete;
pub(crate) mod labels;
pub(crate) mod observe;
pub mod observed;
pub(crate) mod out_of_reach;
pub(crate) mod provenance;
pub(crate) mod selection;
pub(crate) mod tag_index;
pub(crate) mod tags_by_arn;
pub(crate) mod unlabelled;
pub(crate) mod vanished;
