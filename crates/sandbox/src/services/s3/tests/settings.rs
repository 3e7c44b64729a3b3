use super::wire::md5;
use super::{BUCKET, Reply, ask, put, send, version, with_bucket, with_versions};
use crate::dials::{Dials, Lag, Staleness};
use crate::services::Service;
use crate::testing::{Bench, all, pass};

fn get(bench: &Bench, part: &str) -> Result<Reply, String> {
    ask(bench, &format!("GET /{BUCKET}?{part}"))
}

fn set(bench: &Bench, part: &str, body: &str) -> Result<u16, String> {
    send(bench, &format!("PUT /{BUCKET}?{part}"), &[("content-md5", &md5(body))], body).map(|reply| reply.status)
}

fn unset(bench: &Bench, part: &str) -> Result<u16, String> {
    ask(bench, &format!("DELETE /{BUCKET}?{part}")).map(|reply| reply.status)
}

fn refused<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_new_bucket_is_private_encrypted_and_without_acls() {
    let bench = with_bucket();
    let block = get(&bench, "publicAccessBlock").expect("AWS sets it");
    for flag in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
        assert_eq!(block.text(flag).as_deref(), Some("true"), "{flag}");
    }
    let ownership = get(&bench, "ownershipControls").expect("AWS sets it");
    assert_eq!(ownership.text("ObjectOwnership").as_deref(), Some("BucketOwnerEnforced"));
    let encryption = get(&bench, "encryption").expect("AWS sets it");
    assert_eq!(encryption.text("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(get(&bench, "versioning").expect("it is there").text("Status"), None);
}

#[tokio::test(start_paused = true)]
async fn a_public_access_block_can_be_changed_and_removed() {
    let bench = with_bucket();
    let some = "<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls>\
                </PublicAccessBlockConfiguration>";
    assert_eq!(set(&bench, "publicAccessBlock", some), Ok(200));
    let block = get(&bench, "publicAccessBlock").expect("it is set");
    assert_eq!(block.text("BlockPublicAcls").as_deref(), Some("true"));
    assert_eq!(block.text("BlockPublicPolicy").as_deref(), Some("false"));
    let odd = some.replace("TRUE", "maybe");
    assert_eq!(set(&bench, "publicAccessBlock", &odd), refused("MalformedXML"));
    assert_eq!(unset(&bench, "publicAccessBlock"), Ok(204));
    let gone = get(&bench, "publicAccessBlock").map(|reply| reply.status);
    assert_eq!(gone, refused("NoSuchPublicAccessBlockConfiguration"));
}

#[tokio::test(start_paused = true)]
async fn ownership_controls_can_be_changed_and_removed() {
    let bench = with_bucket();
    let body = |ownership: &str| {
        format!("<OwnershipControls><Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule></OwnershipControls>")
    };
    assert_eq!(set(&bench, "ownershipControls", &body("ObjectWriter")), Ok(200));
    let ownership = get(&bench, "ownershipControls").expect("it is set");
    assert_eq!(ownership.text("ObjectOwnership").as_deref(), Some("ObjectWriter"));
    assert_eq!(set(&bench, "ownershipControls", &body("Nobody")), refused("MalformedXML"));
    assert_eq!(set(&bench, "ownershipControls", "<OwnershipControls/>"), refused("MalformedXML"));
    assert_eq!(unset(&bench, "ownershipControls"), Ok(204));
    let gone = get(&bench, "ownershipControls").map(|reply| reply.status);
    assert_eq!(gone, refused("OwnershipControlsNotFoundError"));
}

#[tokio::test(start_paused = true)]
async fn deleting_the_encryption_restores_the_default() {
    let bench = with_bucket();
    let body = |content: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{content}\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        )
    };
    let kms = "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>key</KMSMasterKeyID>";
    assert_eq!(set(&bench, "encryption", &body(kms)), Ok(200));
    let encryption = get(&bench, "encryption").expect("it is set");
    assert_eq!(encryption.text("SSEAlgorithm").as_deref(), Some("aws:kms"));
    assert_eq!(encryption.text("KMSMasterKeyID").as_deref(), Some("key"));
    let own = "<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>key</KMSMasterKeyID>";
    assert_eq!(set(&bench, "encryption", &body(own)), refused("InvalidArgument"));
    assert_eq!(set(&bench, "encryption", &body("<SSEAlgorithm>ROT13</SSEAlgorithm>")), refused("MalformedXML"));
    assert_eq!(unset(&bench, "encryption"), Ok(204));
    let encryption = get(&bench, "encryption").expect("every bucket has a default");
    assert_eq!(encryption.text("SSEAlgorithm").as_deref(), Some("AES256"));
}

#[tokio::test(start_paused = true)]
async fn versioning_can_be_suspended_but_not_removed() {
    let bench = with_bucket();
    let body = |content: &str| format!("<VersioningConfiguration>{content}</VersioningConfiguration>");
    for status in ["Enabled", "Suspended"] {
        assert_eq!(set(&bench, "versioning", &body(&format!("<Status>{status}</Status>"))), Ok(200));
        assert_eq!(get(&bench, "versioning").expect("it is set").text("Status").as_deref(), Some(status));
    }
    assert_eq!(set(&bench, "versioning", &body("<Status>Disabled</Status>")), refused("MalformedXML"));
    assert_eq!(set(&bench, "versioning", &body("")), refused("IllegalVersioningConfigurationException"));
    assert_eq!(set(&bench, "versioning", "<Versioning/>"), refused("MalformedXML"));
    assert_eq!(set(&bench, "versioning", "no XML"), refused("MalformedXML"));
}

fn tags(tags: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.iter().map(tag).collect::<String>())
}

#[tokio::test(start_paused = true)]
async fn put_tags_replaces_all_tags() {
    let bench = with_bucket();
    assert_eq!(get(&bench, "tagging").map(|reply| reply.status), refused("NoSuchTagSet"));
    assert_eq!(set(&bench, "tagging", &tags(&[("a", "1"), ("b", "2")])), Ok(204));
    assert_eq!(set(&bench, "tagging", &tags(&[("c", "")])), Ok(204));
    let answer = get(&bench, "tagging").expect("it has tags");
    assert_eq!((all(&answer.body, "Key"), all(&answer.body, "Value")), (vec!["c".to_owned()], vec![String::new()]));
    assert_eq!(unset(&bench, "tagging"), Ok(204));
    assert_eq!(get(&bench, "tagging").map(|reply| reply.status), refused("NoSuchTagSet"));
}

#[tokio::test(start_paused = true)]
async fn invalid_tags_are_refused_and_change_nothing() {
    let bench = with_bucket();
    assert_eq!(set(&bench, "tagging", &tags(&[("kept", "1")])), Ok(204));
    let numbers: Vec<String> = (0..51).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = numbers.iter().map(|number| (number.as_str(), "")).collect();
    assert_eq!(set(&bench, "tagging", &tags(&many)), refused("BadRequest"));
    assert_eq!(set(&bench, "tagging", &tags(&[("a", "1"), ("a", "2")])), refused("InvalidTag"));
    assert_eq!(set(&bench, "tagging", &tags(&[("aws:a", "1")])), refused("InvalidTag"));
    assert_eq!(set(&bench, "tagging", &tags(&[(&"k".repeat(129), "1")])), refused("InvalidTag"));
    assert_eq!(set(&bench, "tagging", &tags(&[("a", &"v".repeat(257))])), refused("InvalidTag"));
    assert_eq!(set(&bench, "tagging", "<Tagging/>"), refused("MalformedXML"));
    assert_eq!(all(&get(&bench, "tagging").expect("it has tags").body, "Key"), ["kept"]);
    assert_eq!(set(&bench, "tagging", &tags(&many[..50])), Ok(204));
}

#[tokio::test(start_paused = true)]
async fn tags_are_visible_to_the_tagging_api_after_a_lag() {
    let lag = std::time::Duration::from_secs(5);
    let staleness = Staleness::default().with(Service::Tagging, Lag::of(lag));
    let bench = Bench::with(Dials { staleness, ..Dials::default() });
    ask(&bench, &format!("PUT /{BUCKET}")).expect("a new name");
    set(&bench, "tagging", &tags(&[("a", "1")])).expect("good tags");
    assert!(get(&bench, "tagging").is_ok(), "S3 itself knows at once");
    let listed = || {
        let answer = bench.json(Service::Tagging, "GetResources", &serde_json::json!({})).expect("a listing");
        answer["ResourceTagMappingList"].clone()
    };
    assert_eq!(listed(), serde_json::json!([]));
    pass(lag).await;
    assert_eq!(listed()[0]["ResourceARN"], "arn:aws:s3:::saas-acme-data");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_may_be_created_with_tags() {
    let bench = Bench::new();
    let body = "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>1</Value></Tag></Tags>\
                </CreateBucketConfiguration>";
    send(&bench, &format!("PUT /{BUCKET}"), &[], body).expect("good tags");
    assert_eq!(all(&get(&bench, "tagging").expect("it has tags").body, "Key"), ["a"]);
    let response = bench.send(Service::S3, "PUT", "/other", &[], b"<Other/>".to_vec());
    assert_eq!(response.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn object_lock_retains_versions_until_the_retention_ends() {
    let bench = with_bucket();
    let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                <Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    let none = get(&bench, "object-lock").map(|reply| reply.status);
    assert_eq!(none, refused("ObjectLockConfigurationNotFoundError"));
    assert_eq!(set(&bench, "object-lock", lock), refused("InvalidBucketState"));

    let bench = with_versions();
    let before = version(&put(&bench, "before", "free"));
    pass(std::time::Duration::from_secs(1)).await;
    assert_eq!(set(&bench, "object-lock", lock), Ok(200));
    assert_eq!(get(&bench, "object-lock").expect("it is set").text("Days").as_deref(), Some("1"));
    let kept = version(&put(&bench, "kept", "locked"));
    let delete = |key: &str, version: &str| {
        ask(&bench, &format!("DELETE /{BUCKET}/{key}?versionId={version}")).map(|reply| reply.status)
    };
    assert_eq!(delete("before", &before), Ok(204));
    assert_eq!(delete("kept", &kept), refused("AccessDenied"));
    pass(std::time::Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(delete("kept", &kept), Ok(204));
}

#[tokio::test(start_paused = true)]
async fn object_lock_configurations_are_validated() {
    let bench = with_versions();
    let put_lock = |content: &str| {
        set(&bench, "object-lock", &format!("<ObjectLockConfiguration>{content}</ObjectLockConfiguration>"))
    };
    let on = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    assert_eq!(set(&bench, "object-lock", ""), refused("MissingRequestBodyError"));
    for rule in
        ["", "<Mode>GOVERNANCE</Mode>", "<Days>1</Days>", "<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"]
    {
        let rule = format!("<Rule><DefaultRetention>{rule}</DefaultRetention></Rule>");
        assert_eq!(put_lock(&format!("{on}{rule}")), refused("MalformedXML"), "{rule}");
    }
    assert_eq!(put_lock(""), refused("MalformedXML"));
    let key = version(&put(&bench, "key", "x"));
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    let delete =
        || send(&bench, &format!("DELETE /{BUCKET}/key?versionId={key}"), &bypass, "").map(|reply| reply.status);
    assert_eq!(delete(), refused("InvalidArgument"));
    assert_eq!(put_lock(on), Ok(200));
    assert_eq!(delete(), Ok(204));
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    assert_eq!(set(&bench, "versioning", suspend), refused("InvalidBucketState"));
}
