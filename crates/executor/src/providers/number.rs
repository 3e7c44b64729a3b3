//! Numbers as the SDKs have them: signed, and often missing.

/// A number as the SDKs take it. Every number of the model is far below what the type holds.
pub(crate) fn to_i32(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A number as the model has it; `None` where it is missing, or out of range.
pub(crate) fn from_i32<T: TryFrom<i32>>(number: Option<i32>) -> Option<T> {
    number.and_then(|number| number.try_into().ok())
}
