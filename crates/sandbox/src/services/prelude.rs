//! The types that every operation uses: the cloud and the input, the answer or the error, the
//! collections of resources, and the descriptor of a service.

pub(super) use serde::{Deserialize, Serialize};
pub(super) use serde_json::{Value, json};

pub(super) use super::consistency::Consistency;
pub(super) use super::{Descriptor, Errors, JsonOperation, Protocol, XmlOperation};
pub(super) use crate::clock::Time;
pub(super) use crate::cloud::Cloud;
pub(super) use crate::eventual::Eventual;
pub(super) use crate::input::Input;
pub(super) use crate::inventory::Item;
pub(super) use crate::latency::Latency;
pub(super) use crate::refusal::{Refusal, ensure};
pub(super) use crate::tags::Tags;
pub(super) use crate::words::{self, Words};
pub(super) use crate::xml::{self, Element};
