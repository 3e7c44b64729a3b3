"""S3: buckets with what is set on them."""

import json
from typing import Any

from talk import ACCOUNT, Talk

from scripts.stage import tags

BUCKET = "a-bucket-of-acme"
OURS = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}
ALL_FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]


def storage(talk: Talk) -> None:
    """A bucket is made, locked down setting by setting, and deleted when it is empty."""
    s3 = talk.s3
    s3.head_bucket("unknown", Bucket=BUCKET)
    s3.create_bucket(Bucket=BUCKET)
    s3.create_bucket("again", Bucket=BUCKET)
    s3.head_bucket(Bucket=BUCKET)
    s3.get_bucket_location(Bucket=BUCKET)
    s3.list_buckets()
    for setting in ["public_access_block", "bucket_ownership_controls", "bucket_encryption", "bucket_versioning"]:
        getattr(s3, f"get_{setting}")("of a new bucket", **OURS)
        getattr(s3, f"get_{setting}")("of no bucket", Bucket="no-such-bucket-here")
    for setting in ["bucket_policy", "bucket_tagging"]:
        getattr(s3, f"get_{setting}")("of a new bucket", **OURS)
        getattr(s3, f"get_{setting}")("of no bucket", Bucket="no-such-bucket-here")
    settings(talk)
    policy(talk)
    s3.put_object(Bucket=BUCKET, Key="a/key", Body=b"text")
    s3.delete_bucket("that is not empty", **OURS)
    s3.delete_object(Bucket=BUCKET, Key="a/key")
    s3.delete_bucket("with a deleted object", **OURS)
    found = s3.list_object_versions(**OURS)
    every = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found["Versions"] + found["DeleteMarkers"]]
    s3.delete_objects(**OURS, Delete={"Objects": every, "Quiet": True})
    s3.list_object_versions("emptied", **OURS)
    s3.delete_bucket(**OURS)
    s3.delete_bucket("again", **OURS)


def settings(talk: Talk) -> None:
    s3 = talk.s3
    s3.put_public_access_block(**OURS, PublicAccessBlockConfiguration={flag: True for flag in ALL_FLAGS})
    s3.get_public_access_block(**OURS)
    controls: dict[str, Any] = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(**OURS, OwnershipControls=controls)
    s3.get_bucket_ownership_controls(**OURS)
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(**OURS, ServerSideEncryptionConfiguration=encryption)
    s3.get_bucket_encryption(**OURS)
    s3.put_bucket_versioning(**OURS, VersioningConfiguration={"Status": "Enabled"})
    s3.get_bucket_versioning(**OURS)
    s3.put_bucket_tagging(**OURS, Tagging={"TagSet": tags(digest="one")})
    s3.get_bucket_tagging(**OURS)
    s3.put_bucket_tagging("others", **OURS, Tagging={"TagSet": tags()})
    s3.get_bucket_tagging("others", **OURS)
    s3.put_bucket_tagging("twice the same key", **OURS, Tagging={"TagSet": tags() + tags()})
    s3.put_bucket_tagging("of no bucket", Bucket="no-such-bucket-here", Tagging={"TagSet": tags()})
    s3.delete_bucket_encryption(**OURS)
    s3.get_bucket_encryption("reset", **OURS)


def policy(talk: Talk) -> None:
    s3 = talk.s3
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutBucketTagging",
        "Resource": f"arn:aws:s3:::{BUCKET}",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    whole = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(**OURS, Policy=json.dumps(whole))
    s3.get_bucket_policy(**OURS)
    s3.put_bucket_policy("of no bucket", Bucket="no-such-bucket-here", Policy=json.dumps(whole))
    s3.delete_bucket_policy(**OURS)
    s3.delete_bucket_policy("again", **OURS)
    s3.get_bucket_policy("deleted", **OURS)
