"""S3: versions of objects, keys of every kind, and parts of objects."""

from datetime import datetime, timezone

from talk import ACCOUNT, Talk

BUCKET = "a-bucket-of-versions"
OURS = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}
KEY = OURS | {"Key": "key"}
LONG_AGO, TO_COME = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc)
# That of the text `second`.
TAG = '"a9f0e61a137d86aa9db53465e0801612"'


def versions(talk: Talk) -> None:
    """Two versions and a delete marker, each of which can be read and deleted by itself."""
    s3 = talk.s3
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(**OURS, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(**KEY, Body=b"first")["VersionId"]
    second = s3.put_object("once more", **KEY, Body=b"second", Metadata={"who": "acme"})["VersionId"]
    s3.get_object("the first version", **KEY, VersionId=first)
    s3.head_object("the second version", **KEY, VersionId=second)
    s3.get_object("no such version", **KEY, VersionId="nonsense")
    s3.get_object("a part", **KEY, Range="bytes=1-3")
    s3.get_object("the end", **KEY, Range="bytes=-2")
    s3.get_object("beyond its end", **KEY, Range="bytes=100-")
    s3.get_object("if it changed since long ago", **KEY, IfModifiedSince=LONG_AGO)
    s3.get_object("if it changed since a day to come", **KEY, IfModifiedSince=TO_COME)
    s3.get_object("unless it changed since long ago", **KEY, IfUnmodifiedSince=LONG_AGO)
    s3.get_object("unless it changed since a day to come", **KEY, IfUnmodifiedSince=TO_COME)
    s3.get_object("the same by its tag", **KEY, IfMatch=TAG, IfUnmodifiedSince=LONG_AGO)
    marker = s3.delete_object(**KEY)["VersionId"]
    s3.head_object("behind a marker", **KEY)
    s3.get_object("the marker", **KEY, VersionId=marker)
    s3.list_objects_v2("behind a marker", **OURS)
    s3.list_object_versions("all three", **OURS)
    s3.delete_object("the marker", **KEY, VersionId=marker)
    s3.get_object("in front again", **KEY)
    s3.delete_object("the second version", **KEY, VersionId=second)
    s3.get_object("the first in front", **KEY)
    s3.delete_object("no such version", **KEY, VersionId="null")
    every_kind_of_key(talk)
    s3.delete_object("the first version", **KEY, VersionId=first)
    for one in s3.list_object_versions("what is left", **OURS).get("Versions", []):
        s3.delete_object("what is left", **OURS, Key=one["Key"], VersionId=one["VersionId"])
    s3.put_bucket_versioning("suspended", **OURS, VersioningConfiguration={"Status": "Suspended"})
    s3.get_bucket_versioning("suspended", **OURS)
    s3.delete_bucket(**OURS)


def every_kind_of_key(talk: Talk) -> None:
    s3 = talk.s3
    for key in ["a/b/c", "a/b d", "a+b", "ä/ö", "a%2Fb", "A", "~", "a&<b>'\""]:
        s3.put_object(f"of the key {key}", **OURS, Key=key, Body=key.encode())
        s3.get_object(f"of the key {key}", **OURS, Key=key)
    s3.list_objects_v2("of every kind", **OURS)
    s3.list_objects_v2("encoded", **OURS, EncodingType="url", Prefix="a")
    s3.list_objects_v2("by folder", **OURS, Delimiter="/")
    s3.list_objects_v2("in a folder", **OURS, Prefix="a/", Delimiter="/")
    s3.list_objects_v2("with owners", **OURS, FetchOwner=True, Prefix="A")
    s3.list_objects_v2("no more than none", **OURS, MaxKeys=0)
    s3.list_object_versions("in a folder", **OURS, Prefix="a/", Delimiter="/")
