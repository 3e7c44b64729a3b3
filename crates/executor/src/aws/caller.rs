//! The identity of the caller.

/// The identity of the caller, from STS.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}
