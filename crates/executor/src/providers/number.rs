//! Conversions of the SDKs' numbers, which are signed and often missing.

/// Converts a number of the model for the SDKs. Every number of the model is far below the type's maximum.
pub(crate) fn to_i32(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Converts a number of the SDKs for the model; `None` when it is missing or out of range.
pub(crate) fn from_i32<T: TryFrom<i32>>(number: Option<i32>) -> Option<T> {
    number.and_then(|number| number.try_into().ok())
}
