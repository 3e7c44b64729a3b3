//! One file a kind of resource: how it is found, read, made, changed and removed.

pub(crate) mod ec2;
mod security_group;
mod vpc;

pub(crate) use secret::secret_value;
