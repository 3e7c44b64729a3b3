//! The errors of Application Auto Scaling.

use crate::refusal::Refusal;

pub(super) fn validation(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new("ObjectNotFoundException", message)
}
