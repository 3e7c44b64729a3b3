use aws_smithy_types::base64;
use md5::{Digest, Md5};

use super::{BUCKET, ask, send, with_bucket};
use crate::testing::Bench;

/// The header `Content-MD5` of a body.
pub(super) fn md5(body: &str) -> String {
    base64::encode(Md5::digest(body.as_bytes()))
}

fn put(bench: &Bench, headers: &[(&str, &str)], body: &str) -> Result<String, String> {
    send(bench, &format!("PUT /{BUCKET}/key"), headers, body)?;
    ask(bench, &format!("GET /{BUCKET}/key")).map(|reply| reply.body)
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_decoded_and_its_trailer_verified() {
    let bench = with_bucket();
    let headers = |length: &'static str| {
        [
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("content-encoding", "gzip,aws-chunked"),
            ("x-amz-decoded-content-length", length),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
        ]
    };
    let body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    assert_eq!(put(&bench, &headers("5"), body), Ok("hello".to_owned()));
    let enabled = [("x-amz-checksum-mode", "ENABLED")];
    let read = send(&bench, &format!("GET /{BUCKET}/key"), &enabled, "").expect("it is there");
    assert_eq!(read.header("x-amz-checksum-crc32"), Some("NhCmhg=="));
    assert_eq!(read.header("content-encoding"), Some("gzip"));
    let wrong = body.replace("NhCmhg==", "AAAAAA==");
    assert_eq!(put(&bench, &headers("5"), &wrong), Err("BadDigest".to_owned()));
    assert_eq!(put(&bench, &headers("6"), body), Err("IncompleteBody".to_owned()));
    assert_eq!(put(&bench, &headers("5"), "5\r\nhello\r\n0\r\n\r\n"), Err("MalformedTrailerError".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_checksum_is_refused() {
    let bench = with_bucket();
    let right = md5("hello");
    for (header, value, expected) in [
        ("content-md5", right.as_str(), Ok("hello".to_owned())),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==", Err("BadDigest".to_owned())),
        ("content-md5", "no digest", Err("InvalidDigest".to_owned())),
        ("x-amz-checksum-crc32", "NhCmhg==", Ok("hello".to_owned())),
        ("x-amz-checksum-crc32", "AAAAAA==", Err("BadDigest".to_owned())),
        ("x-amz-checksum-crc32c", "AAAAAA==", Err("BadDigest".to_owned())),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", Err("BadDigest".to_owned())),
    ] {
        assert_eq!(put(&bench, &[(header, value)], "hello"), expected, "{header} {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn batch_deletions_and_tagging_require_a_checksum() {
    let bench = with_bucket();
    let refused = |line: &str, body: &str| send(&bench, line, &[], body).expect_err("nothing vouches for it");
    let delete = "<Delete><Object><Key>a</Key></Object></Delete>";
    assert_eq!(refused(&format!("POST /{BUCKET}?delete"), delete), "InvalidRequest");
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    assert_eq!(refused(&format!("PUT /{BUCKET}?tagging"), tags), "InvalidRequest");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_expected_bucket_owner_is_refused() {
    let bench = with_bucket();
    for line in ["GET /saas-acme-data?policy", "GET /saas-acme-data/key", "DELETE /saas-acme-data"] {
        let with =
            |owner: &str| send(&bench, line, &[("x-amz-expected-bucket-owner", owner)], "").map(|reply| reply.status);
        assert_eq!(with("999999999999"), Err("AccessDenied".to_owned()), "{line}");
        assert_eq!(with("somebody"), Err("InvalidBucketOwnerAWSAccountID".to_owned()), "{line}");
        assert!(!matches!(with("123456789012"), Err(code) if code == "AccessDenied"), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_head_requests_have_no_body() {
    let bench = with_bucket();
    assert_eq!(ask(&bench, &format!("HEAD /{BUCKET}/none")).expect_err("it is not there"), "404");
    assert_eq!(ask(&bench, &format!("GET /{BUCKET}/none")).expect_err("it is not there"), "NoSuchKey");
}
