"""S3: objects, of which the lease and the receipts are made, so above all writes with conditions."""

from talk import ACCOUNT, Talk

BUCKET = "a-control-bucket"
OURS = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}
LEASE = OURS | {"Key": "lease.json"}


def objects(talk: Talk) -> None:
    """An object is written only where it is absent, or unchanged; listings; versions; uploads."""
    s3 = talk.s3
    s3.get_object("in no bucket", **LEASE)
    s3.put_object("in no bucket", **LEASE, Body=b"one")
    s3.list_objects_v2("of no bucket", **OURS)
    s3.create_bucket(Bucket=BUCKET)
    conditional(talk, "without versions")
    s3.put_bucket_versioning(**OURS, VersioningConfiguration={"Status": "Enabled"})
    conditional(talk, "with versions")
    listings(talk)
    uploads(talk)
    for number in range(20):
        found = talk.s3.list_object_versions(f"look {number}", **OURS, MaxKeys=3)
        every = found.get("Versions", []) + found.get("DeleteMarkers", [])
        if not every:
            break
        chosen = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in every]
        s3.delete_objects(f"after look {number}", **OURS, Delete={"Objects": chosen})
    s3.delete_bucket(**OURS)


def conditional(talk: Talk, remark: str) -> None:
    s3 = talk.s3
    s3.get_object(f"that is not there, {remark}", **LEASE)
    s3.head_object(f"that is not there, {remark}", **LEASE)
    s3.put_object(f"unless it changed, but it is not there, {remark}", **LEASE, Body=b"one", IfMatch='"0"')
    first = s3.put_object(
        f"unless it is there, {remark}", **LEASE, Body=b"one", IfNoneMatch="*", ContentType="application/json"
    )
    s3.put_object(f"unless it is there, and it is, {remark}", **LEASE, Body=b"two", IfNoneMatch="*")
    s3.get_object(f"as it was written, {remark}", **LEASE)
    second = s3.put_object(f"unless it changed, {remark}", **LEASE, Body=b"two", IfMatch=first["ETag"])
    s3.put_object(f"unless it changed, and it did, {remark}", **LEASE, Body=b"three", IfMatch=first["ETag"])
    s3.head_object(f"as it was changed, {remark}", **LEASE)
    s3.get_object(f"unless it is the same, {remark}", **LEASE, IfNoneMatch=second["ETag"])
    s3.get_object(f"if it is another, {remark}", **LEASE, IfMatch=first["ETag"])
    s3.delete_object(remark, **LEASE)
    s3.delete_object(f"again, {remark}", **LEASE)
    s3.get_object(f"that is deleted, {remark}", **LEASE)
    s3.put_object(f"unless it is there, and it is deleted, {remark}", **LEASE, Body=b"four", IfNoneMatch="*")
    s3.delete_object(f"at the end, {remark}", **LEASE)


def listings(talk: Talk) -> None:
    s3 = talk.s3
    for number in range(5):
        s3.put_object(**OURS, Key=f"receipts/{number}", Body=b"x")
    s3.put_object(**OURS, Key="receipts/with blank+plus", Body=b"x")
    s3.list_objects_v2(**OURS, Prefix="receipts/")
    first = s3.list_objects_v2("a page", **OURS, Prefix="receipts/", MaxKeys=4)
    s3.list_objects_v2("the next page", **OURS, Prefix="receipts/", ContinuationToken=first["NextContinuationToken"])
    s3.list_objects_v2("after a key", **OURS, Prefix="receipts/", StartAfter="receipts/3")
    s3.list_objects_v2("by folder", **OURS, Delimiter="/")
    s3.list_objects_v2("nothing", **OURS, Prefix="nothing/")


def uploads(talk: Talk) -> None:
    s3 = talk.s3
    s3.list_multipart_uploads("none", **OURS)
    upload = s3.create_multipart_upload(**OURS, Key="large")["UploadId"]
    s3.list_multipart_uploads(**OURS)
    s3.abort_multipart_upload(**OURS, Key="large", UploadId=upload)
    s3.abort_multipart_upload("again", **OURS, Key="large", UploadId=upload)
