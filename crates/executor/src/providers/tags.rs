//! Tags as the SDKs represent them. Each SDK has a type of its own for a key and a value.

use crate::state::observed::Tags;

/// The tag type of an SDK.
pub(crate) trait SdkTag: Sized {
    /// A tag with this key and value.
    fn of(key: &str, value: &str) -> Self;

    /// Its key and its value; `None` without a key.
    fn into_pair(self) -> Option<(String, String)>;
}

/// Converts tags for an SDK.
pub(crate) fn to_sdk<T: SdkTag>(tags: &Tags) -> Vec<T> {
    tags.iter().map(|(key, value)| T::of(key, value)).collect()
}

/// Converts tags that an SDK returns.
pub(crate) fn from_sdk<T: SdkTag>(tags: Option<Vec<T>>) -> Tags {
    tags.unwrap_or_default().into_iter().filter_map(T::into_pair).collect()
}

/// Implements the trait for types whose key and value are optional.
macro_rules! optional {
    ($($sdk:ident)*) => {
        $(
            impl SdkTag for $sdk::types::Tag {
                fn of(key: &str, value: &str) -> Self {
                    Self::builder().key(key).value(value).build()
                }

                fn into_pair(self) -> Option<(String, String)> {
                    Some((self.key?, self.value.unwrap_or_default()))
                }
            }
        )*
    };
}

/// Implements the trait for types whose key and value are required.
macro_rules! required {
    ($($sdk:ident)*) => {
        $(
            impl SdkTag for $sdk::types::Tag {
                fn of(key: &str, value: &str) -> Self {
                    Self::builder().key(key).value(value).build().expect("key and value are given")
                }

                fn into_pair(self) -> Option<(String, String)> {
                    Some((self.key, self.value))
                }
            }
        )*
    };
}

optional! { aws_sdk_ec2 aws_sdk_ecs aws_sdk_elasticloadbalancingv2 aws_sdk_rds aws_sdk_secretsmanager }
required! { aws_sdk_iam aws_sdk_resourcegroupstagging aws_sdk_s3 aws_sdk_scheduler }
