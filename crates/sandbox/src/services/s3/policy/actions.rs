//! The actions of S3, and whether they apply to buckets or objects.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! S3".

use super::wildcard;

use crate::words::Words;

const ON_BUCKETS: Words = Words(
    "CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration \
     DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac \
     GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration \
     GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy \
     GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning \
     GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration \
     GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket \
     ListBucketMultipartUploads ListBucketVersions ListTagsForResource PutAccelerateConfiguration \
     PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification \
     PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock \
     PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration \
     PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration \
     PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataInventoryTableConfiguration \
     UpdateBucketMetadataJournalTableConfiguration",
);

const ON_OBJECTS: Words = Words(
    "AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion \
     DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention \
     GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes \
     GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication \
     ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold \
     PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject \
     ReplicateTags RestoreObject UpdateObjectEncryption",
);

/// The resource types that the actions of a pattern apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) on_buckets: bool,
    pub(super) on_objects: bool,
}

/// The resource types for a pattern such as `s3:Get*`; `None` if no action matches.
pub(super) fn taken(pattern: &str) -> Option<Taken> {
    let pattern = pattern.to_ascii_lowercase();
    if pattern == "*" {
        return Some(Taken { on_buckets: true, on_objects: true });
    }
    let pattern = pattern.strip_prefix("s3:")?;
    let any = |names: Words| names.iter().any(|name| wildcard::fits(pattern, &name.to_ascii_lowercase()));
    let taken = Taken { on_buckets: any(ON_BUCKETS), on_objects: any(ON_OBJECTS) };
    (taken.on_buckets || taken.on_objects).then_some(taken)
}
