"""Exceptions of S3."""

from exceptions.exception import differs, invents, lacks, refuses, says_otherwise

API = "Amazon S3 API reference, "

EXCEPTIONS = [
    *refuses(
        {
            "s3.get_public_access_block, of a new bucket": "NoSuchPublicAccessBlockConfiguration 404",
            "s3.get_bucket_ownership_controls, of a new bucket": "OwnershipControlsNotFoundError 404",
        },
        "Amazon S3 User Guide, Blocking public access: on for all new buckets, and ACLs off, since April 2023",
        "moto has the defaults of before",
    ),
    *refuses(
        {
            "s3.get_bucket_encryption, of a new bucket": "ServerSideEncryptionConfigurationNotFoundError 404",
            "s3.get_bucket_encryption, reset": "ServerSideEncryptionConfigurationNotFoundError 404",
        },
        f"{API}DeleteBucketEncryption: it resets the encryption to SSE-S3, the default since January 2023",
        "moto has the defaults of before",
    ),
    *lacks(
        "s3.create_bucket",
        ["BucketArn"],
        f"{API}CreateBucket, x-amz-bucket-arn",
        "moto does not know the header",
    ),
    *lacks(
        "s3.*_object",
        ["ServerSideEncryption"],
        f"{API}PutObject: every object is encrypted since January 2023",
        "moto has the defaults of before",
    ),
    *lacks(
        "s3.*_object*",
        ["*ChecksumType"],
        f"{API}PutObject, ChecksumType; Object, ChecksumType",
        "moto does not know the field",
    ),
    *lacks(
        "s3.list_object_versions",
        ["EncodingType", "Versions.*.ChecksumAlgorithm"],
        f"{API}ListObjectVersions",
        "boto3 asks for the encoding, and S3 says that it is so",
    ),
    *invents(
        "s3.*",
        ["*.Owner.DisplayName", "Owner.DisplayName", "*.Initiator.DisplayName"],
        f"{API}Owner, DisplayName: it is returned no more since November 2025",
        "moto has a name for it",
    ),
    *differs(
        "s3.*",
        {"*Owner.ID": ("*", "0000*"), "*.Initiator.ID": ("*", "0000*")},
        f"{API}Owner, ID: the canonical user, one for the whole account",
        "moto has several for one account",
    ),
    *invents(
        "s3.delete_objects",
        ["Deleted"],
        f"{API}DeleteObjects, Quiet: only errors are in the answer",
        "moto does not look at it",
    ),
    *lacks(
        "s3.delete_objects",
        ["Deleted.*.DeleteMarker", "Deleted.*.DeleteMarkerVersionId"],
        f"{API}DeletedObject, and the example of DeleteObjects that deletes a marker",
        "moto does not say that it was a delete marker which was deleted",
    ),
    *lacks(
        "s3.list_multipart_uploads",
        ["Prefix"],
        f"{API}ListMultipartUploads, example",
        "moto leaves out what is empty",
    ),
    *says_otherwise(
        {"s3.get_object, no such version": ("NoSuchVersion 404", "InvalidArgument 400")},
        "github.com/versity/versitygw, pull request 1638",
        "S3 knows an id that it has never given by its form",
    ),
    *says_otherwise(
        {"s3.get_object, the marker": ("NoSuchVersion 404", "MethodNotAllowed 405")},
        f"{API}GetObject: where the version is a delete marker, the answer is 405",
        "in moto a marker is no version",
    ),
    *lacks(
        "s3.delete_object, the marker",
        ["DeleteMarker"],
        f"{API}DeleteObject, x-amz-delete-marker",
        "moto does not say that it was a delete marker which was deleted",
    ),
    *refuses(
        {"s3.get_object, the same by its tag": "PreconditionFailed 412"},
        f"{API}GetObject, If-Unmodified-Since: what If-Match says goes before it",
        "moto looks at both",
    ),
    *lacks(
        "s3.head_bucket",
        ["AccessPointAlias", "BucketArn"],
        "crates/sandbox/truth/s3.json, s3-142",
        "moto does not know the headers",
    ),
    *lacks("s3.list_buckets", ["Buckets.*.BucketArn"], "crates/sandbox/truth/s3.json, s3-161", "moto does not say it"),
    *lacks(
        "s3.list_multipart_uploads",
        ["NextKeyMarker", "NextUploadIdMarker"],
        "crates/sandbox/truth/s3.json, s3-157",
        "moto has no markers where all uploads are on one page",
    ),
]
