use super::{BUCKET, Reply, ask, put, version, with_bucket, with_versions};
use crate::testing::{Bench, all};

fn list(bench: &Bench, query: &str) -> Reply {
    ask(bench, &format!("GET /{BUCKET}?{query}")).expect("anybody may list")
}

fn refusal(bench: &Bench, query: &str) -> String {
    ask(bench, &format!("GET /{BUCKET}?{query}")).expect_err("there is no such listing")
}

fn with_keys(keys: &[&str]) -> Bench {
    let bench = with_bucket();
    keys.iter().for_each(|key| drop(put(&bench, key, "content")));
    bench
}

#[tokio::test(start_paused = true)]
async fn objects_are_listed_in_pages() {
    let bench = with_keys(&["a", "b", "c"]);
    let page = list(&bench, "list-type=2&max-keys=2");
    assert_eq!(all(&page.body, "Key"), ["a", "b"]);
    assert_eq!((page.text("IsTruncated").as_deref(), page.text("KeyCount").as_deref()), (Some("true"), Some("2")));
    let token = page.text("NextContinuationToken").expect("there is more");
    let page = list(&bench, &format!("list-type=2&max-keys=2&continuation-token={token}"));
    assert_eq!((all(&page.body, "Key"), page.text("NextContinuationToken")), (vec!["c".to_owned()], None));
    assert_eq!(all(&list(&bench, "list-type=2&start-after=a").body, "Key"), ["b", "c"]);
    let none = list(&bench, "list-type=2&max-keys=0");
    assert_eq!((all(&none.body, "Key").len(), none.text("IsTruncated").as_deref()), (0, Some("false")));
}

#[tokio::test(start_paused = true)]
async fn a_page_has_at_most_a_thousand_keys() {
    let keys: Vec<String> = (0..1_001).map(|number| format!("{number:04}")).collect();
    let bench = with_keys(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    for query in ["list-type=2", "list-type=2&max-keys=5000"] {
        let page = list(&bench, query);
        assert_eq!((all(&page.body, "Key").len(), page.text("IsTruncated").as_deref()), (1_000, Some("true")));
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_grouped_at_a_delimiter() {
    let bench = with_keys(&["a/1", "a/2", "b", "c/1", "d"]);
    let page = list(&bench, "list-type=2&delimiter=/&max-keys=2");
    assert_eq!(
        (all(&page.body, "Prefix"), all(&page.body, "Key")),
        (vec![String::new(), "a/".into()], vec!["b".into()])
    );
    let token = page.text("NextContinuationToken").expect("there is more");
    let page = list(&bench, &format!("list-type=2&delimiter=/&continuation-token={token}"));
    assert_eq!(
        (all(&page.body, "Prefix"), all(&page.body, "Key")),
        (vec![String::new(), "c/".into()], vec!["d".into()])
    );
    let inside = list(&bench, "list-type=2&delimiter=/&prefix=a/");
    assert_eq!(all(&inside.body, "Key"), ["a/1", "a/2"]);
}

#[tokio::test(start_paused = true)]
async fn deleted_objects_are_not_listed() {
    let bench = with_versions();
    put(&bench, "key", "a");
    ask(&bench, &format!("DELETE /{BUCKET}/key")).expect("it may be deleted");
    assert!(all(&list(&bench, "list-type=2").body, "Key").is_empty());
}

#[tokio::test(start_paused = true)]
async fn keys_are_encoded_if_requested() {
    let bench = with_keys(&["a%20b%2B%C3%BC"]);
    assert_eq!(all(&list(&bench, "list-type=2").body, "Key"), ["a b+ü"]);
    let encoded = list(&bench, "list-type=2&encoding-type=url");
    assert_eq!(all(&encoded.body, "Key"), ["a%20b%2B%C3%BC"]);
    assert_eq!(encoded.text("EncodingType").as_deref(), Some("url"));
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed_by_key_and_latest_first() {
    let bench = with_versions();
    let first = version(&put(&bench, "a", "1"));
    let second = version(&put(&bench, "a", "22"));
    let marker = version(&ask(&bench, &format!("DELETE /{BUCKET}/a")).expect("it may be deleted"));
    let other = version(&put(&bench, "b", "1"));
    let answer = list(&bench, "versions");
    assert_eq!(all(&answer.body, "VersionId"), [&marker, &second, &first, &other].map(String::clone));
    assert_eq!(all(&answer.body, "IsLatest"), ["true", "false", "false", "true"]);
    assert_eq!(all(&answer.body, "Size"), ["2", "1", "1"]);
    assert_eq!(all(&answer.body, "DeleteMarker").len(), 1);
    assert_eq!(all(&list(&bench, "versions&prefix=b").body, "VersionId"), [other]);
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed_in_pages() {
    let bench = with_versions();
    let mut made: Vec<String> = (0..3).map(|_| version(&put(&bench, "a", "1"))).collect();
    made.reverse();
    made.push(version(&put(&bench, "b", "1")));
    let mut query = "versions&max-keys=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = list(&bench, &query);
        let ids = all(&page.body, "VersionId");
        assert_eq!(ids.len(), 1);
        seen.extend(ids);
        let Some(key) = page.text("NextKeyMarker") else { break };
        let id = page.text("NextVersionIdMarker").expect("it goes with the key");
        query = format!("versions&max-keys=1&key-marker={key}&version-id-marker={id}");
    }
    assert_eq!(seen, made);
    let behind = list(&bench, "versions&key-marker=a");
    assert_eq!(all(&behind.body, "VersionId"), made[3..]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_version_id_marker_hides_no_version() {
    let bench = with_versions();
    let older = version(&put(&bench, "a", "1"));
    let newer = version(&put(&bench, "a", "2"));
    ask(&bench, &format!("DELETE /{BUCKET}/a?versionId={newer}")).expect("it may be deleted");
    let page = list(&bench, &format!("versions&key-marker=a&version-id-marker={newer}"));
    assert_eq!(all(&page.body, "VersionId"), [older]);
}

#[tokio::test(start_paused = true)]
async fn invalid_listing_parameters_are_refused() {
    let bench = with_bucket();
    for query in [
        "list-type=3",
        "list-type=2&max-keys=-1",
        "list-type=2&max-keys=many",
        "list-type=2&encoding-type=rot13",
        "list-type=2&continuation-token=x",
        "versions&version-id-marker=null",
        "versions&key-marker=a&version-id-marker=nonsense",
        "versions&max-keys=-1",
        "uploads&max-uploads=x",
    ] {
        assert_eq!(refusal(&bench, query), "InvalidArgument", "{query}");
    }
}
