use std::time::Duration;

use super::wire::md5;
use super::{BUCKET, ask, put, send, set_versioning, version, with_bucket, with_versions};
use crate::dials::Dials;
use crate::services::Service;
use crate::testing::{Bench, all, first, pass};

const HELLO: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const OTHER: &str = "\"00000000000000000000000000000000\"";

fn write(bench: &Bench, headers: &[(&str, &str)]) -> Result<u16, String> {
    send(bench, &format!("PUT /{BUCKET}/key"), headers, "hello").map(|reply| reply.status)
}

fn delete(bench: &Bench, query: &str, etag: &str) -> Result<u16, String> {
    send(bench, &format!("DELETE /{BUCKET}/key{query}"), &[("if-match", etag)], "").map(|reply| reply.status)
}

fn refused<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test(start_paused = true)]
async fn only_the_first_write_of_a_new_key_succeeds() {
    let bench = with_bucket();
    assert_eq!(write(&bench, &[("if-none-match", "*")]), Ok(200));
    assert_eq!(write(&bench, &[("if-none-match", "*")]), refused("PreconditionFailed"));
    assert_eq!(ask(&bench, &format!("DELETE /{BUCKET}/key")).map(|reply| reply.status), Ok(204));
    assert_eq!(write(&bench, &[("if-none-match", "*")]), Ok(200));
}

#[tokio::test(start_paused = true)]
async fn a_delete_marker_counts_as_absent() {
    let bench = with_versions();
    put(&bench, "key", "hello");
    ask(&bench, &format!("DELETE /{BUCKET}/key")).expect("it may be deleted");
    assert_eq!(write(&bench, &[("if-match", HELLO)]), refused("NoSuchKey"));
    assert_eq!(delete(&bench, "", "*"), refused("NoSuchKey"));
    assert_eq!(write(&bench, &[("if-none-match", "*")]), Ok(200));
    assert_eq!(write(&bench, &[("if-none-match", "*")]), refused("PreconditionFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_write_with_if_match_requires_the_current_entity_tag() {
    let bench = with_bucket();
    assert_eq!(write(&bench, &[("if-match", HELLO)]), refused("NoSuchKey"));
    put(&bench, "key", "hello");
    assert_eq!(write(&bench, &[("if-match", OTHER)]), refused("PreconditionFailed"));
    assert_eq!(write(&bench, &[("if-match", HELLO)]), Ok(200));
    assert_eq!(write(&bench, &[("if-match", HELLO.trim_matches('"'))]), Ok(200));
}

#[tokio::test(start_paused = true)]
async fn unsupported_conditions_are_refused() {
    let bench = with_versions();
    let made = version(&put(&bench, "key", "hello"));
    for headers in
        [&[("if-none-match", HELLO)][..], &[("if-match", "*")], &[("if-match", HELLO), ("if-none-match", "*")]]
    {
        assert_eq!(write(&bench, headers), refused("NotImplemented"), "{headers:?}");
    }
    assert_eq!(delete(&bench, &format!("?versionId={made}"), HELLO), refused("NotImplemented"));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_with_if_match_requires_the_current_entity_tag() {
    let bench = with_bucket();
    assert_eq!(delete(&bench, "", "*"), refused("NoSuchKey"));
    assert_eq!(delete(&bench, "", HELLO), refused("NoSuchKey"));
    put(&bench, "key", "hello");
    assert_eq!(delete(&bench, "", OTHER), refused("PreconditionFailed"));
    assert_eq!(delete(&bench, "", HELLO), Ok(204));
    put(&bench, "key", "hello");
    assert_eq!(delete(&bench, "", "*"), Ok(204));
}

#[tokio::test(start_paused = true)]
async fn batch_deletions_evaluate_conditions_per_object() {
    let bench = with_bucket();
    put(&bench, "key", "hello");
    put(&bench, "other", "hello");
    let body = format!(
        "<Delete><Object><Key>key</Key><ETag>{OTHER}</ETag></Object>\
         <Object><Key>other</Key><ETag>{HELLO}</ETag></Object></Delete>"
    );
    let headers = [("content-md5", &*md5(&body))];
    let answer = send(&bench, &format!("POST /{BUCKET}?delete"), &headers, &body).expect("the call succeeds");
    assert_eq!(answer.text("Code").as_deref(), Some("PreconditionFailed"));
    assert_eq!(all(&answer.body, "Deleted").len(), 1);
    assert!(ask(&bench, &format!("GET /{BUCKET}/key")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_creates_no_version() {
    let bench = with_bucket();
    set_versioning(&bench, "Enabled");
    put(&bench, "key", "hello");
    assert_eq!(write(&bench, &[("if-none-match", "*")]), refused("PreconditionFailed"));
    assert_eq!(bench.inventory().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_read_may_be_conditional() {
    let bench = with_bucket();
    put(&bench, "key", "hello");
    let read = |headers: &[(&str, &str)]| {
        send(&bench, &format!("GET /{BUCKET}/key"), headers, "").map(|reply| (reply.status, reply.body))
    };
    assert_eq!(read(&[("if-none-match", HELLO)]), Ok((304, String::new())));
    assert_eq!(read(&[("if-none-match", OTHER)]), Ok((200, "hello".to_owned())));
    assert_eq!(read(&[("if-match", HELLO)]), Ok((200, "hello".to_owned())));
    assert_eq!(read(&[("if-match", OTHER)]), refused("PreconditionFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_read_may_require_a_change_since_a_date() {
    const BEFORE: &str = "Wed, 31 Dec 2025 23:59:59 GMT";
    const THEN: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
    let bench = with_bucket();
    put(&bench, "key", "hello");
    let read = |headers: &[(&str, &str)]| {
        send(&bench, &format!("GET /{BUCKET}/key"), headers, "").map(|reply| (reply.status, reply.body))
    };
    let whole = || Ok((200, "hello".to_owned()));
    let nothing = || Ok((304, String::new()));
    assert_eq!(read(&[("if-modified-since", BEFORE)]), whole());
    assert_eq!(read(&[("if-modified-since", THEN)]), nothing());
    assert_eq!(read(&[("if-unmodified-since", THEN)]), whole());
    assert_eq!(read(&[("if-unmodified-since", BEFORE)]), refused("PreconditionFailed"));
    // An entity tag takes precedence over a date, and an invalid date is ignored.
    assert_eq!(read(&[("if-match", HELLO), ("if-unmodified-since", BEFORE)]), whole());
    assert_eq!(read(&[("if-none-match", HELLO), ("if-modified-since", BEFORE)]), nothing());
    assert_eq!(read(&[("if-none-match", OTHER), ("if-modified-since", THEN)]), whole());
    assert_eq!(read(&[("if-modified-since", "today")]), whole());
}

/// Only intermittently, and only shortly after versioning is enabled.
#[tokio::test(start_paused = true)]
async fn objects_are_temporarily_missing_after_versioning_is_first_enabled() {
    let bench = Bench::with(Dials { versioning: Duration::from_secs(900), ..Dials::default() });
    ask(&bench, &format!("PUT /{BUCKET}")).expect("a new name");
    put(&bench, "old", "a");
    set_versioning(&bench, "Suspended");
    pass(Duration::from_secs(5)).await;
    set_versioning(&bench, "Enabled");
    let etag = put(&bench, "new", "a").header("etag").expect("it has one").to_owned();
    let count = |line: &str, headers: &[(&str, &str)]| {
        let answers: Vec<_> = (0..60).map(|_| send(&bench, line, headers, "a").map(|_| ())).collect();
        let hidden = answers.iter().filter(|answer| **answer == Err("NoSuchKey".to_owned())).count();
        let rest = answers.iter().filter(|answer| answer.is_ok() || **answer == Err("PreconditionFailed".to_owned()));
        assert_eq!(hidden + rest.count(), 60, "nothing else is answered: {answers:?}");
        hidden
    };
    let (get, write) = (format!("GET /{BUCKET}/new"), format!("PUT /{BUCKET}/new"));
    assert!((10..50).contains(&count(&get, &[])));
    assert!((10..50).contains(&count(&write, &[("if-match", &etag)])));
    assert!((10..50).contains(&count(&write, &[("if-none-match", "*")])), "nothing is written over what is hidden");
    assert_eq!(count(&format!("GET /{BUCKET}/old"), &[]), 0, "what was written before is shown");
    let listed = ask(&bench, &format!("GET /{BUCKET}?versions")).expect("anybody may");
    assert!(listed.body.contains("<Key>new</Key>"), "a listing shows it");
    pass(Duration::from_secs(900)).await;
    set_versioning(&bench, "Suspended");
    set_versioning(&bench, "Enabled");
    assert_eq!(count(&get, &[]) + count(&write, &[("if-match", &etag)]), 0, "it is the first enabling that counts");
}

/// As recorded by LocalStack, `test_s3_preconditions`.
#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_condition_the_header_and_the_key() {
    let bench = with_versions();
    put(&bench, "key", "hello");
    let element = |line: &str, headers: &[(&str, &str)], name: &str| {
        let (method, key) = line.split_once(' ').expect("a method and a key");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let answer = bench.send(Service::S3, method, &format!("/{BUCKET}/{key}"), &headers, b"hello".to_vec());
        first(&String::from_utf8_lossy(answer.body()), name)
    };
    for (line, headers, name, value) in [
        ("PUT key", vec![("if-none-match", "*")], "Condition", "If-None-Match"),
        ("PUT key", vec![("if-match", OTHER)], "Condition", "If-Match"),
        ("PUT key", vec![("if-none-match", OTHER)], "Header", "If-None-Match"),
        ("PUT key", vec![("if-match", OTHER), ("if-none-match", "*")], "Header", "If-Match,If-None-Match"),
        ("PUT none", vec![("if-match", OTHER)], "Key", "none"),
        ("GET none", vec![], "Key", "none"),
    ] {
        assert_eq!(element(line, &headers, name).as_deref(), Some(value), "{line} {headers:?}");
    }
    let marker = version(&ask(&bench, &format!("DELETE /{BUCKET}/key")).expect("it may be deleted"));
    let line = format!("GET key?versionId={marker}");
    assert_eq!(element(&line, &[], "ResourceType").as_deref(), Some("DeleteMarker"));
}
