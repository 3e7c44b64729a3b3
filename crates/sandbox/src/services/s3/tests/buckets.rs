use std::collections::BTreeSet;
use std::time::Duration;

use super::{BUCKET, ask, put, send, set_versioning, version, with_bucket, with_versions};
use crate::dials::Dials;
use crate::testing::{Bench, all, item, pass};
use crate::timing::Pace;

fn in_region(region: &str) -> Bench {
    let bench = Bench::new();
    bench.cloud(|cloud| region.clone_into(&mut cloud.account.region));
    bench
}

fn configuration(location: &str) -> String {
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
    )
}

#[tokio::test(start_paused = true)]
async fn recreating_an_owned_bucket_succeeds_only_in_us_east_1() {
    let bench = with_bucket();
    assert_eq!(ask(&bench, &format!("PUT /{BUCKET}")).expect("its own").header("location"), Some("/saas-acme-data"));
    let bench = in_region("eu-west-1");
    let create = || send(&bench, "PUT /bucket", &[], &configuration("eu-west-1")).map(|reply| reply.status);
    assert_eq!(create(), Ok(200));
    assert_eq!(create(), Err("BucketAlreadyOwnedByYou".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn recreating_an_owned_bucket_with_tags_is_refused_and_keeps_its_tags() {
    let bench = Bench::new();
    let tagged = |value: &str| {
        format!(
            "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>{value}</Value></Tag></Tags></CreateBucketConfiguration>"
        )
    };
    send(&bench, "PUT /bucket", &[], &tagged("first")).expect("a new name");
    let again = send(&bench, "PUT /bucket", &[], &tagged("second")).expect_err("it is there");
    assert_eq!(again, "BucketAlreadyOwnedByYou");
    ask(&bench, "PUT /bucket").expect("without tags it is fine");
    assert_eq!(ask(&bench, "GET /bucket?tagging").expect("it has tags").text("Value").as_deref(), Some("first"));
}

#[tokio::test(start_paused = true)]
async fn a_name_owned_by_another_account_is_refused() {
    let bench = Bench::new();
    bench.cloud(|cloud| cloud.s3.foreign.insert("taken".to_owned()));
    assert_eq!(ask(&bench, "PUT /taken").expect_err("it is taken"), "BucketAlreadyExists");
    assert_eq!(ask(&bench, "GET /taken?tagging").expect_err("it is theirs"), "AccessDenied");
    assert_eq!(ask(&bench, "HEAD /taken").expect_err("it is theirs"), "403");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_bucket_name_is_refused() {
    let bench = Bench::new();
    assert_eq!(ask(&bench, "PUT /Capital").expect_err("no such name"), "InvalidBucketName");
    let namespace = [("x-amz-bucket-namespace", "account-regional")];
    assert_eq!(send(&bench, "PUT /bucket", &namespace, "").expect_err("no such name there"), "InvalidBucketName");
    send(&bench, "PUT /b-123456789012-us-east-1-an", &namespace, "").expect("a name of this namespace");
}

#[tokio::test(start_paused = true)]
async fn the_location_must_match_the_endpoint() {
    let bench = in_region("eu-west-1");
    let refused = |bench: &Bench, body: &str| send(bench, "PUT /bucket", &[], body).expect_err("another region");
    assert_eq!(refused(&bench, ""), "IllegalLocationConstraintException");
    assert_eq!(refused(&bench, &configuration("eu-central-1")), "IllegalLocationConstraintException");
    assert_eq!(refused(&bench, &configuration("nowhere")), "InvalidLocationConstraint");
    send(&bench, "PUT /bucket", &[], &configuration("eu-west-1")).expect("this region");
    let location = ask(&bench, "GET /bucket?location").expect("it is there");
    assert_eq!(location.text("LocationConstraint").as_deref(), Some("eu-west-1"));
    let bench = in_region("us-east-1");
    assert_eq!(refused(&bench, &configuration("us-east-1")), "InvalidLocationConstraint");
    assert_eq!(refused(&bench, &configuration("eu-west-1")), "IllegalLocationConstraintException");
}

#[tokio::test(start_paused = true)]
async fn a_public_acl_for_a_new_bucket_is_refused() {
    let bench = Bench::new();
    let create = |headers: &[(&str, &str)]| send(&bench, "PUT /bucket", headers, "").map(|reply| reply.status);
    assert_eq!(create(&[("x-amz-acl", "public-read")]), Err("InvalidBucketAclWithObjectOwnership".to_owned()));
    let headers = [("x-amz-acl", "public-read"), ("x-amz-object-ownership", "ObjectWriter")];
    assert_eq!(create(&headers), Err("InvalidBucketAclWithBlockPublicAccessError".to_owned()));
    assert_eq!(create(&[("x-amz-object-ownership", "Nobody")]), Err("InvalidArgument".to_owned()));
    assert_eq!(create(&[("x-amz-acl", "private")]), Ok(200));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_versions_or_delete_markers_is_not_deleted() {
    let bench = with_versions();
    let made = version(&put(&bench, "key", "a"));
    let delete = || ask(&bench, &format!("DELETE /{BUCKET}")).map(|reply| reply.status);
    assert_eq!(delete(), Err("BucketNotEmpty".to_owned()));
    let marker = version(&ask(&bench, &format!("DELETE /{BUCKET}/key")).expect("it may be deleted"));
    ask(&bench, &format!("DELETE /{BUCKET}/key?versionId={made}")).expect("it may be deleted");
    assert_eq!(delete(), Err("BucketNotEmpty".to_owned()));
    ask(&bench, &format!("DELETE /{BUCKET}/key?versionId={marker}")).expect("it may be deleted");
    assert_eq!(delete(), Ok(204));
    assert!(bench.inventory().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_upload_does_not_prevent_deleting_a_bucket() {
    let bench = with_bucket();
    ask(&bench, &format!("POST /{BUCKET}/key?uploads")).expect("anybody may");
    assert_eq!(ask(&bench, &format!("DELETE /{BUCKET}")).expect("it is empty").status, 204);
    assert!(bench.inventory().is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_operation_fails_on_a_missing_bucket() {
    let bench = Bench::new();
    for line in [
        "GET /none?tagging",
        "GET /none?list-type=2",
        "GET /none?versions",
        "GET /none?uploads",
        "GET /none/key",
        "PUT /none/key",
        "PUT /none?policy",
        "DELETE /none",
        "DELETE /none/key",
        "POST /none?delete",
    ] {
        assert_eq!(ask(&bench, line).expect_err("no such bucket"), "NoSuchBucket", "{line}");
    }
    assert_eq!(ask(&bench, "HEAD /none").expect_err("no such bucket"), "404");
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_deleted_bucket_is_temporarily_unavailable() {
    let bench = with_bucket();
    ask(&bench, &format!("DELETE /{BUCKET}")).expect("it is empty");
    assert_eq!(ask(&bench, &format!("PUT /{BUCKET}")).expect_err("it is held"), "OperationAborted");
    pass(Duration::from_secs(59)).await;
    assert_eq!(ask(&bench, &format!("PUT /{BUCKET}")).expect_err("it is held"), "OperationAborted");
    pass(Duration::from_secs(1)).await;
    ask(&bench, &format!("PUT /{BUCKET}")).expect("it is free");
    bench.cloud(|cloud| cloud.pace = Pace::Instant);
    ask(&bench, &format!("DELETE /{BUCKET}")).expect("it is empty");
    ask(&bench, &format!("PUT /{BUCKET}")).expect("nothing takes time");
}

#[tokio::test(start_paused = true)]
async fn the_bucket_names_dial_extends_how_long_a_deleted_name_is_taken() {
    let bench = Bench::with(Dials { bucket_names: Duration::from_secs(45 * 60), ..Dials::default() });
    let create = || ask(&bench, &format!("PUT /{BUCKET}")).map(|reply| reply.status);
    assert_eq!(create(), Ok(200));
    ask(&bench, &format!("DELETE /{BUCKET}")).expect("it is empty");
    assert_eq!(create(), Err("OperationAborted".to_owned()));
    for minutes in [1, 43] {
        pass(Duration::from_secs(60 * minutes)).await;
        assert_eq!(create(), Err("BucketAlreadyExists".to_owned()));
        assert_eq!(ask(&bench, &format!("HEAD /{BUCKET}")).expect_err("there is none"), "404");
    }
    pass(Duration::from_secs(60)).await;
    assert_eq!(create(), Ok(200));
}

#[tokio::test(start_paused = true)]
async fn the_conflicts_dial_makes_concurrent_changes_conflict() {
    let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let outcomes = |bench: &Bench, line: &str, headers: &[(&str, &str)], body: &str| -> BTreeSet<Option<String>> {
        (0..40).map(|_| send(bench, line, headers, body).err()).collect()
    };
    let code = |code: &str| Some(code.to_owned());
    let bench = with_bucket();
    assert_eq!(outcomes(&bench, &format!("PUT /{BUCKET}?versioning"), &[], versioning), [None].into());
    bench.cloud(|cloud| cloud.dials.conflicts = 2);
    let changed = outcomes(&bench, &format!("PUT /{BUCKET}?versioning"), &[], versioning);
    assert_eq!(changed, [None, code("OperationAborted")].into());
    let written = outcomes(&bench, &format!("PUT /{BUCKET}/key"), &[], "content");
    assert_eq!(written, [None].into(), "an unconditional write meets no other");
    let conditional = (0..40)
        .map(|number| send(&bench, &format!("PUT /{BUCKET}/{number}"), &[("if-none-match", "*")], "content").err());
    assert_eq!(conditional.collect::<BTreeSet<_>>(), [None, code("ConditionalRequestConflict")].into());
}

#[tokio::test(start_paused = true)]
async fn buckets_are_listed_by_prefix_and_in_pages() {
    let bench = Bench::new();
    for name in ["saas-a", "saas-b", "saas-c", "other"] {
        ask(&bench, &format!("PUT /{name}")).expect("a new name");
    }
    let plain = ask(&bench, "GET /").expect("anybody may");
    assert_eq!(all(&plain.body, "Name"), ["other", "saas-a", "saas-b", "saas-c"]);
    assert_eq!(plain.text("BucketRegion"), None);
    let page = ask(&bench, "GET /?prefix=saas-&max-buckets=2").expect("anybody may");
    assert_eq!(all(&page.body, "Name"), ["saas-a", "saas-b"]);
    assert_eq!(page.text("BucketRegion").as_deref(), Some("us-east-1"));
    let token = page.text("ContinuationToken").expect("there is more");
    let page = ask(&bench, &format!("GET /?prefix=saas-&max-buckets=2&continuation-token={token}")).expect("a token");
    assert_eq!(all(&page.body, "Name"), ["saas-c"]);
    assert_eq!(page.text("ContinuationToken"), None);
    for line in ["GET /?max-buckets=0", "GET /?max-buckets=10001", "GET /?continuation-token=x"] {
        assert_eq!(ask(&bench, line).expect_err("no such page"), "InvalidArgument", "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bucket_quota_is_enforced() {
    let bench = with_bucket();
    bench.cloud(|cloud| {
        let bucket = cloud.s3.buckets.values().next().cloned().expect("it was just made");
        cloud.s3.buckets.extend((1..10_000).map(|number| (format!("bucket-{number}"), bucket.clone())));
    });
    assert_eq!(ask(&bench, "PUT /one-more").expect_err("they are too many"), "TooManyBuckets");
}

#[tokio::test(start_paused = true)]
async fn existing_resources_are_in_the_inventory() {
    let bench = with_versions();
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    // The operation requires the digest of the tags.
    let md5 = super::wire::md5(tags);
    send(&bench, &format!("PUT /{BUCKET}?tagging"), &[("content-md5", &md5)], tags).expect("good tags");
    let made = version(&put(&bench, "dir/key", "a"));
    let marker = version(&ask(&bench, &format!("DELETE /{BUCKET}/dir/key")).expect("it may be deleted"));
    ask(&bench, &format!("POST /{BUCKET}/up?uploads")).expect("anybody may");
    let inventory = bench.inventory();
    let bucket = item(&inventory, "s3:bucket", BUCKET).expect("it is there");
    assert_eq!(bucket.get("k").map(String::as_str), Some("v"));
    assert!(item(&inventory, "s3:object-version", &format!("{BUCKET}/dir/key@{made}")).is_some());
    assert!(item(&inventory, "s3:delete-marker", &format!("{BUCKET}/dir/key@{marker}")).is_some());
    assert!(inventory.iter().any(|item| item.kind == "s3:multipart-upload"));
    assert_eq!(inventory.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_saved_account_is_restored_with_its_contents() {
    let bench = with_bucket();
    put(&bench, "key", "content");
    set_versioning(&bench, "Enabled");
    bench.cloud(|cloud| {
        let text = serde_json::to_string(cloud).expect("the state is JSON");
        *cloud = serde_json::from_str(&text).expect("it was just written");
        assert!(!format!("{cloud:?}").contains("content\""), "the state shows no content");
    });
    assert_eq!(ask(&bench, &format!("GET /{BUCKET}/key")).expect("it is there").body, "content");
}
