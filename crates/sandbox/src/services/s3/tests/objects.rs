use super::wire::md5;
use super::{BUCKET, Reply, ask, put, send, set_versioning, version, with_bucket, with_versions};
use crate::testing::{Bench, all};

fn get(bench: &Bench, key: &str) -> Result<String, String> {
    ask(bench, &format!("GET /{BUCKET}/{key}")).map(|reply| reply.body)
}

fn delete(bench: &Bench, key: &str) -> Reply {
    ask(bench, &format!("DELETE /{BUCKET}/{key}")).expect("it may be deleted")
}

#[tokio::test(start_paused = true)]
async fn an_object_is_returned_unchanged() {
    let bench = with_bucket();
    let headers = [("content-type", "text/plain"), ("x-amz-meta-color", "blue"), ("cache-control", "no-cache")];
    let made = send(&bench, &format!("PUT /{BUCKET}/a%20b/%C3%BC"), &headers, "hello").expect("anybody may write");
    assert_eq!(made.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(made.header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(made.header("x-amz-version-id"), None);
    let read = ask(&bench, &format!("GET /{BUCKET}/a%20b/%C3%BC")).expect("it is there");
    assert_eq!((read.body.as_str(), read.header("content-type")), ("hello", Some("text/plain")));
    assert_eq!(read.header("x-amz-meta-color"), Some("blue"));
    assert_eq!(read.header("cache-control"), Some("no-cache"));
    assert_eq!(read.header("last-modified"), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    let head = ask(&bench, &format!("HEAD /{BUCKET}/a%20b/%C3%BC")).expect("it is there");
    assert_eq!((head.body.as_str(), head.header("content-length")), ("", Some("5")));
}

#[tokio::test(start_paused = true)]
async fn a_range_of_an_object_is_returned() {
    let bench = with_bucket();
    put(&bench, "key", "second");
    let line = format!("GET /{BUCKET}/key");
    let part = |range: &str| send(&bench, &line, &[("range", range), ("x-amz-checksum-mode", "ENABLED")], "");
    for (range, text, content_range) in
        [("bytes=1-3", "eco", "bytes 1-3/6"), ("bytes=4-99", "nd", "bytes 4-5/6"), ("bytes=-2", "nd", "bytes 4-5/6")]
    {
        let given = part(range).expect("it is within the object");
        assert_eq!((given.status, given.body.as_str()), (206, text), "{range}");
        assert_eq!(given.header("content-range"), Some(content_range));
        assert_eq!(given.header("content-length"), Some(text.len().to_string().as_str()));
        assert_eq!(given.header("x-amz-checksum-crc64nvme"), None);
    }
    for range in ["bytes=6-", "bytes=-0"] {
        assert_eq!(part(range).map(|reply| reply.status), Err("InvalidRange".to_owned()), "{range}");
    }
    // Several ranges and invalid ranges are ignored.
    for range in ["bytes=0-1,3-4", "bytes=3-1", "lines=1-2"] {
        let whole = part(range).expect("the whole object");
        assert_eq!((whole.status, whole.body.as_str()), (200, "second"), "{range}");
    }
    let head = send(&bench, &format!("HEAD /{BUCKET}/key"), &[("range", "bytes=1-3")], "").expect("it is there");
    assert_eq!((head.status, head.header("content-length")), (206, Some("3")));
}

#[tokio::test(start_paused = true)]
async fn overwriting_without_versioning_discards_the_old_object() {
    let bench = with_bucket();
    put(&bench, "key", "old");
    put(&bench, "key", "new");
    assert_eq!(get(&bench, "key"), Ok("new".to_owned()));
    assert_eq!(delete(&bench, "key").header("x-amz-delete-marker"), None);
    assert_eq!(get(&bench, "key"), Err("NoSuchKey".to_owned()));
    assert_eq!(delete(&bench, "key").status, 204);
    assert_eq!(bench.inventory().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn versions_are_kept_beneath_a_delete_marker() {
    let bench = with_versions();
    let old = version(&put(&bench, "key", "old"));
    let new = version(&put(&bench, "key", "new"));
    let deleted = delete(&bench, "key");
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    let marker = version(&deleted);
    assert_eq!(get(&bench, "key"), Err("NoSuchKey".to_owned()));
    assert_eq!(get(&bench, &format!("key?versionId={old}")), Ok("old".to_owned()));
    assert_eq!(get(&bench, &format!("key?versionId={marker}")), Err("MethodNotAllowed".to_owned()));
    let undeleted = delete(&bench, &format!("key?versionId={marker}"));
    assert_eq!(undeleted.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(get(&bench, "key"), Ok("new".to_owned()));
    let removed = delete(&bench, &format!("key?versionId={new}"));
    assert_eq!((removed.header("x-amz-delete-marker"), version(&removed)), (None, new));
    assert_eq!(get(&bench, "key"), Ok("old".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn missing_and_malformed_version_ids_are_distinguished() {
    let bench = with_versions();
    let gone = version(&put(&bench, "key", "a"));
    for _ in 0..2 {
        assert_eq!(delete(&bench, &format!("key?versionId={gone}")).status, 204);
    }
    assert_eq!(get(&bench, &format!("key?versionId={gone}")), Err("NoSuchVersion".to_owned()));
    for never in ["short".to_owned(), String::new(), "x".repeat(32)] {
        let line = format!("{BUCKET}/key?versionId={never}");
        assert_eq!(get(&bench, &format!("key?versionId={never}")), Err("InvalidArgument".to_owned()));
        let deleted = ask(&bench, &format!("DELETE /{line}")).map(|reply| reply.status);
        assert_eq!(deleted, Err("InvalidArgument".to_owned()), "{never}");
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_a_missing_key_creates_a_delete_marker_if_versioned() {
    let bench = with_versions();
    assert_eq!(delete(&bench, "never").header("x-amz-delete-marker"), Some("true"));
    let listed = ask(&bench, &format!("GET /{BUCKET}?versions")).expect("anybody may");
    assert_eq!(all(&listed.body, "DeleteMarker").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_bucket_has_one_version_without_an_id() {
    let bench = with_bucket();
    put(&bench, "key", "before");
    set_versioning(&bench, "Enabled");
    let kept = version(&put(&bench, "key", "kept"));
    assert_eq!(get(&bench, "key?versionId=null"), Ok("before".to_owned()));
    set_versioning(&bench, "Suspended");
    assert_eq!(put(&bench, "key", "after").header("x-amz-version-id"), None);
    assert_eq!(get(&bench, "key?versionId=null"), Ok("after".to_owned()));
    let deleted = delete(&bench, "key");
    assert_eq!((deleted.header("x-amz-delete-marker"), version(&deleted).as_str()), (Some("true"), "null"));
    assert_eq!(get(&bench, "key?versionId=null"), Err("MethodNotAllowed".to_owned()));
    assert_eq!(get(&bench, &format!("key?versionId={kept}")), Ok("kept".to_owned()));
    let listed = ask(&bench, &format!("GET /{BUCKET}?versions")).expect("anybody may");
    assert_eq!(all(&listed.body, "VersionId"), ["null".to_owned(), kept]);
}

fn delete_many(bench: &Bench, body: &str) -> Result<Reply, String> {
    send(bench, &format!("POST /{BUCKET}?delete"), &[("content-md5", &md5(body))], body)
}

#[tokio::test(start_paused = true)]
async fn several_objects_are_deleted_in_one_call() {
    let bench = with_versions();
    let made = version(&put(&bench, "a", "1"));
    put(&bench, "b", "2");
    let body = format!(
        "<Delete><Object><Key>a</Key><VersionId>{made}</VersionId></Object><Object><Key>b</Key></Object></Delete>"
    );
    let answer = delete_many(&bench, &body).expect("they may be deleted");
    assert_eq!(all(&answer.body, "Key"), ["a", "b"]);
    assert_eq!(all(&answer.body, "VersionId"), [made]);
    let marker = answer.text("DeleteMarkerVersionId").expect("one got a marker");
    let body =
        format!("<Delete><Quiet>true</Quiet><Object><Key>b</Key><VersionId>{marker}</VersionId></Object></Delete>");
    assert_eq!(all(&delete_many(&bench, &body).expect("it may be deleted").body, "Deleted").len(), 0);
    assert_eq!(get(&bench, "b"), Ok("2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn at_most_1000_objects_are_deleted_in_one_call() {
    let bench = with_bucket();
    let body = |count: usize| {
        let objects: String = (0..count).map(|number| format!("<Object><Key>{number}</Key></Object>")).collect();
        format!("<Delete>{objects}</Delete>")
    };
    assert!(delete_many(&bench, &body(1_000)).is_ok());
    for body in [body(1_001), body(0), "<Delete><Object/></Delete>".to_owned(), "<Other/>".to_owned()] {
        assert_eq!(delete_many(&bench, &body).expect_err("S3 refuses it"), "MalformedXML");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_objects_are_refused() {
    let bench = with_bucket();
    let put = |key: &str, headers: &[(&str, &str)]| {
        send(&bench, &format!("PUT /{BUCKET}/{key}"), headers, "").map(|reply| reply.status)
    };
    assert_eq!(put(&"k".repeat(1_025), &[]), Err("KeyTooLongError".to_owned()));
    assert_eq!(put(&"k".repeat(1_024), &[]), Ok(200));
    assert_eq!(put("key", &[("x-amz-acl", "public-read")]), Err("AccessControlListNotSupported".to_owned()));
    assert_eq!(put("key", &[("x-amz-acl", "bucket-owner-full-control")]), Ok(200));
    let algorithm = [("x-amz-server-side-encryption", "ROT13")];
    assert_eq!(put("key", &algorithm), Err("InvalidEncryptionAlgorithmError".to_owned()));
    let long = "v".repeat(2_049);
    assert_eq!(put("key", &[("x-amz-meta-a", long.as_str())]), Err("MetadataTooLarge".to_owned()));
}
