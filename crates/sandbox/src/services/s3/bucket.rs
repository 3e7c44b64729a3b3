//! Buckets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::encryption::Encryption;
use super::object::{Version, Versions};
use super::object_lock::ObjectLock;
use super::ownership::{self, ENFORCED};
use super::uploads::Upload;
use super::versioning::Versioning;
use super::{Answer, Request, access, answers, conflicts, name, refusals, tagging, timing};
use crate::paging;
use crate::services::prelude::*;

/// The maximum number of buckets per account. Source: Amazon S3 User Guide, "General purpose bucket
/// quotas".
const MOST: usize = 10_000;

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) created: Time,
    pub(super) tags: Tags,
    /// The flags, in the order of [`super::public_access::FLAGS`].
    pub(super) public_access_block: Option<[bool; 4]>,
    pub(super) ownership: Option<String>,
    pub(super) encryption: Encryption,
    /// `None` until it is first enabled.
    pub(super) versioning: Option<Versioning>,
    /// `None` until it is first enabled.
    #[serde(default)]
    pub(super) object_lock: Option<ObjectLock>,
    /// When versioning was first enabled.
    pub(super) versioned: Option<Time>,
    pub(super) policy: Option<String>,
    pub(super) objects: BTreeMap<String, Versions>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    /// A bucket with the defaults since 2023: public access blocked, ACLs disabled, encrypted.
    /// Source: Amazon S3 User Guide, "Default settings for new S3 buckets FAQ".
    fn new(created: Time, ownership: &str, tags: Tags) -> Self {
        Self {
            created,
            tags,
            public_access_block: Some([true; 4]),
            ownership: Some(ownership.to_owned()),
            encryption: Encryption::default(),
            versioning: None,
            object_lock: None,
            versioned: None,
            policy: None,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }

    /// All versions and delete markers, sorted by key, the latest version of a key first.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&str, &Version)> {
        self.objects.iter().flat_map(|(key, versions)| versions.latest_first().map(move |one| (key.as_str(), one)))
    }
}

pub(super) fn create(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let name = &request.bucket;
    let in_own_namespace = request.header("x-amz-bucket-namespace") == Some("account-regional");
    name::check(name, &cloud.account, in_own_namespace)?;
    request.content()?;
    let configuration = request.input.inner("CreateBucketConfiguration");
    let tags = new_tags(&configuration.list("Tags"))?;
    check_location(configuration.text("LocationConstraint"), &cloud.account.region)?;
    let ownership = request.header("x-amz-object-ownership").unwrap_or(ENFORCED);
    if !ownership::is_known(ownership) {
        let message = format!("Invalid x-amz-object-ownership header: {ownership}");
        return Err(refusals::invalid_argument(message).detail("ArgumentName", "x-amz-object-ownership"));
    }
    check_acl(request.header("x-amz-acl"), ownership)?;
    ensure!(!cloud.s3.foreign.contains(name), taken());
    let (location, arn) = (format!("/{name}"), cloud.account.bucket_arn(name));
    let answer = answers::with(answers::done(), [("location", location.as_str()), ("x-amz-bucket-arn", &arn)]);
    if cloud.s3.buckets.contains_key(name) {
        // Source: Amazon S3 API reference, CreateBucket, `BucketAlreadyOwnedByYou`: in us-east-1
        // this is not an error, for compatibility. It is one if the call has tags, which an
        // existing bucket does not get: recorded by LocalStack,
        // `test_create_bucket_with_tags_us_east_1_idempotency`.
        if cloud.account.region == "us-east-1" && tags.is_empty() {
            return Ok(answer);
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Refusal::new("BucketAlreadyOwnedByYou", message).status(409));
    }
    let free_for = cloud.s3.freed.get(name).map(|freed| cloud.now.since(*freed));
    ensure!(free_for.is_none_or(|time| time >= cloud.pace.stretch(timing::NAME_HELD)), conflicts::aborted());
    ensure!(free_for.is_none_or(|time| time >= cloud.dials.bucket_names), taken());
    let message = "You have attempted to create more buckets than allowed";
    ensure!(cloud.s3.buckets.len() < MOST, Refusal::new("TooManyBuckets", message));
    cloud.s3.freed.remove(name);
    cloud.s3.buckets.insert(name.clone(), Bucket::new(cloud.now, ownership, tags));
    Ok(answer)
}

/// The tags of a new bucket. For a duplicate key, S3 returns an internal error: recorded by
/// LocalStack, `test_create_bucket_with_tags_exc`.
fn new_tags(set: &[Input]) -> Result<Tags, Refusal> {
    let reserved = "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \
                    \"aws:\" from your tag keys and try again.";
    tagging::read(set, reserved).map_err(|refusal| {
        if refusal.message != tagging::DUPLICATE {
            return refusal;
        }
        Refusal::new("InternalError", "We encountered an internal error. Please try again.").status(500)
    })
}

/// Another account owns the name, or a deleted bucket had it and it is not available yet.
/// Source of the latter: aws/aws-cli#2593, panther-labs/panther#1614.
fn taken() -> Refusal {
    let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                   system. Please select a different name and try again.";
    Refusal::new("BucketAlreadyExists", message).status(409)
}

/// The location constraint must be the Region, except in us-east-1, where it must be absent.
/// Source: Amazon S3 API reference, CreateBucket, `LocationConstraint`.
fn check_location(location: Option<&str>, region: &str) -> Result<(), Refusal> {
    let illegal = |what: &str| {
        let message = format!(
            "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        Err(Refusal::new("IllegalLocationConstraintException", message))
    };
    match location {
        None | Some("") if region == "us-east-1" => Ok(()),
        None | Some("") => illegal("unspecified"),
        Some(location) if location == region && region != "us-east-1" => Ok(()),
        Some("EU") if region == "eu-west-1" => Ok(()),
        Some(location) if REGION.is_match(location) && location != region => illegal(location),
        Some(location) => {
            let message = "The specified location-constraint is not valid";
            Err(Refusal::new("InvalidLocationConstraint", message).detail("LocationConstraint", location))
        }
    }
}

/// The form of a Region's name.
static REGION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^([a-z]{2}(-[a-z]+)+-[0-9]|EU)$").expect("it is a regular expression"));

/// A new bucket accepts ACLs only without the ownership `BucketOwnerEnforced`, and public ACLs
/// never. Source: Amazon S3 API reference, CreateBucket, "Permissions".
fn check_acl(acl: Option<&str>, ownership: &str) -> Result<(), Refusal> {
    match acl {
        None | Some("private") => Ok(()),
        Some("public-read" | "public-read-write" | "authenticated-read") if ownership == ENFORCED => {
            let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
            Err(Refusal::new("InvalidBucketAclWithObjectOwnership", message))
        }
        Some("public-read" | "public-read-write") => {
            let message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
            Err(Refusal::new("InvalidBucketAclWithBlockPublicAccessError", message))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn head(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::look(cloud, request, "ListBucket")?;
    let arn = cloud.account.bucket_arn(&request.bucket);
    let headers = [
        ("x-amz-bucket-region", cloud.account.region.as_str()),
        ("x-amz-bucket-arn", &arn),
        ("x-amz-access-point-alias", "false"),
    ];
    Ok(answers::with(answers::done(), headers))
}

pub(super) fn location(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::look(cloud, request, "GetBucketLocation")?;
    let region = cloud.account.region.as_str();
    // The location of us-east-1 is empty.
    let region = if region == "us-east-1" { "" } else { region };
    Ok(answers::document(&xml::text("LocationConstraint", region)))
}

pub(super) fn list(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let size = request.parameter("max-buckets").and_then(|size| size.parse().ok()).unwrap_or(MOST);
    let prefix = request.parameter("prefix").unwrap_or_default();
    let region = cloud.account.region.as_str();
    let is_here = request.parameter("bucket-region").is_none_or(|wanted| wanted == region);
    // Source: Amazon S3 API reference, ListBuckets, `BucketRegion`: it is returned if the request
    // has at least one parameter.
    let detailed = ["max-buckets", "prefix", "bucket-region", "continuation-token"];
    let detailed = detailed.iter().any(|name| request.parameter(name).is_some());
    let buckets =
        cloud.s3.buckets.iter().filter(|(name, _)| is_here && name.starts_with(prefix)).map(|(name, bucket)| {
            let mut content = vec![
                xml::text("Name", name),
                xml::text("CreationDate", bucket.created.iso()),
                xml::text("BucketArn", cloud.account.bucket_arn(name)),
            ];
            if detailed {
                content.push(xml::text("BucketRegion", region));
            }
            (name.clone(), content)
        });
    let (page, token) = paging::page(buckets, request.parameter("continuation-token"), size, "InvalidArgument")?;
    let mut content = vec![answers::owner(cloud, "Owner"), xml::list("Buckets", "Bucket", page)];
    content.extend(request.parameter("prefix").map(|prefix| xml::text("Prefix", prefix)));
    content.extend(token.map(|token| xml::text("ContinuationToken", token)));
    Ok(answers::document(&xml::element("ListAllMyBucketsResult", content)))
}

/// Versions and delete markers prevent the deletion of a bucket; unfinished uploads are deleted
/// with it.
/// Source: Amazon S3 API reference, DeleteBucket.
pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "DeleteBucket")?;
    if bucket.versions().next().is_some() {
        let message = if bucket.versioning.is_some() {
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        } else {
            "The bucket you tried to delete is not empty"
        };
        return Err(Refusal::new("BucketNotEmpty", message).status(409));
    }
    cloud.s3.buckets.remove(&request.bucket);
    cloud.s3.freed.insert(request.bucket.clone(), cloud.now);
    Ok(answers::no_content())
}
