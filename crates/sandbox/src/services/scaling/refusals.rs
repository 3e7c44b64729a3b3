//! How Application Auto Scaling says no.

use crate::refusal::Refusal;

pub(super) fn validation(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new("ObjectNotFoundException", message)
}
