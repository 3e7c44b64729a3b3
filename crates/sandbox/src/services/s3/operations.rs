//! The operations of S3. The API model has the requests that call them.

use super::{
    bucket, bucket_policy, delete_object, encryption, get_object, list_objects, list_versions, object_lock, ownership,
    public_access, put_object, tagging, uploads, versioning,
};
use crate::services::RestOperation;
use crate::services::consistency::Consistency;

/// An operation and its implementation.
pub(crate) struct Operation {
    /// Its name in the AWS SDKs.
    pub(crate) name: &'static str,
    consistency: Option<Consistency>,
    pub(crate) perform: RestOperation,
}

/// Source: Amazon S3 User Guide, "Amazon S3 data consistency model": objects are strongly consistent,
/// configurations of buckets are not, and "if you delete a bucket and immediately list all buckets,
/// the deleted bucket might still appear in the list".
const STRONG: Option<Consistency> = Some(Consistency::Strong);
const EVENTUAL: Option<Consistency> = Some(Consistency::Eventual);
/// An operation that changes something.
const CHANGE: Option<Consistency> = None;

/// The operations that the sandbox implements.
pub(super) const ALL: &[Operation] = &[
    row("AbortMultipartUpload", CHANGE, uploads::abort),
    row("CreateBucket", CHANGE, bucket::create),
    row("CreateMultipartUpload", CHANGE, uploads::create),
    row("DeleteBucket", CHANGE, bucket::delete),
    row("DeleteBucketEncryption", CHANGE, encryption::delete),
    row("DeleteBucketOwnershipControls", CHANGE, ownership::delete),
    row("DeleteBucketPolicy", CHANGE, bucket_policy::delete),
    row("DeleteBucketTagging", CHANGE, tagging::delete),
    row("DeleteObject", CHANGE, delete_object::one),
    row("DeleteObjects", CHANGE, delete_object::many),
    row("DeletePublicAccessBlock", CHANGE, public_access::delete),
    row("GetBucketEncryption", EVENTUAL, encryption::get),
    row("GetBucketLocation", STRONG, bucket::location),
    row("GetBucketOwnershipControls", EVENTUAL, ownership::get),
    row("GetBucketPolicy", EVENTUAL, bucket_policy::get),
    row("GetBucketTagging", EVENTUAL, tagging::get),
    row("GetBucketVersioning", EVENTUAL, versioning::get),
    row("GetObject", STRONG, get_object::get),
    row("GetObjectLockConfiguration", EVENTUAL, object_lock::get),
    row("GetPublicAccessBlock", EVENTUAL, public_access::get),
    row("HeadBucket", STRONG, bucket::head),
    row("HeadObject", STRONG, get_object::head),
    row("ListBuckets", EVENTUAL, bucket::list),
    row("ListMultipartUploads", STRONG, uploads::list),
    row("ListObjectVersions", STRONG, list_versions::list),
    row("ListObjectsV2", STRONG, list_objects::list),
    row("PutBucketEncryption", CHANGE, encryption::put),
    row("PutBucketOwnershipControls", CHANGE, ownership::put),
    row("PutBucketPolicy", CHANGE, bucket_policy::put),
    row("PutBucketTagging", CHANGE, tagging::put),
    row("PutBucketVersioning", CHANGE, versioning::put),
    row("PutObject", CHANGE, put_object::put),
    row("PutObjectLockConfiguration", CHANGE, object_lock::put),
    row("PutPublicAccessBlock", CHANGE, public_access::put),
];

const fn row(name: &'static str, consistency: Option<Consistency>, perform: RestOperation) -> Operation {
    Operation { name, consistency, perform }
}

/// The consistency of an operation that reads.
pub(super) fn consistency(operation: &str) -> Option<Consistency> {
    ALL.iter().find(|known| known.name == operation)?.consistency
}
