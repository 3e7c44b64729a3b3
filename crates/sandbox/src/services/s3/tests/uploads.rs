use std::time::Duration;

use super::{BUCKET, ask, with_bucket};
use crate::testing::{Bench, all, pass};

fn begin(bench: &Bench, key: &str) -> String {
    let answer = ask(bench, &format!("POST /{BUCKET}/{key}?uploads")).expect("anybody may");
    answer.text("UploadId").expect("it has an id")
}

#[tokio::test(start_paused = true)]
async fn uploads_are_listed_in_pages() {
    let bench = with_bucket();
    let mut begun = Vec::new();
    for key in ["b", "a", "b"] {
        begun.push((key.to_owned(), begin(&bench, key)));
        pass(Duration::from_secs(1)).await;
    }
    // Uploads of one key remain in the order of their creation.
    begun.sort_by(|one, other| one.0.cmp(&other.0));
    let mut query = "uploads&max-uploads=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = ask(&bench, &format!("GET /{BUCKET}?{query}")).expect("anybody may");
        seen.extend(all(&page.body, "Key").into_iter().zip(all(&page.body, "UploadId")));
        let key = page.text("NextKeyMarker").expect("it is told on every page");
        if page.text("IsTruncated").as_deref() == Some("false") {
            assert_eq!(key, "b");
            break;
        }
        let id = page.text("NextUploadIdMarker").expect("it goes with the key");
        query = format!("uploads&max-uploads=1&key-marker={key}&upload-id-marker={id}");
    }
    assert_eq!(seen, begun);
    let other = format!("GET /{BUCKET}?uploads&key-marker=a&upload-id-marker={}", begun[1].1);
    assert_eq!(ask(&bench, &other).map(|reply| reply.status), Err("InvalidArgument".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_aborted_once() {
    let bench = with_bucket();
    let id = begin(&bench, "key");
    let abort = |key: &str| ask(&bench, &format!("DELETE /{BUCKET}/{key}?uploadId={id}")).map(|reply| reply.status);
    assert_eq!(abort("other"), Err("NoSuchUpload".to_owned()));
    assert_eq!(abort("key"), Ok(204));
    assert_eq!(abort("key"), Err("NoSuchUpload".to_owned()));
    assert_eq!(bench.inventory().len(), 1);
}
