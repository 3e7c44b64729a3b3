//! Versioning of buckets.

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

const ROOT: &str = "VersioningConfiguration";

/// Versioning can be suspended, but not disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Versioning {
    Enabled,
    Suspended,
}

/// A bucket whose versioning was never enabled has no status.
pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketVersioning")?;
    let status = bucket.versioning.map(|versioning| xml::text("Status", words::of(&versioning)));
    Ok(answers::document(&xml::element(ROOT, status)))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let now = cloud.now;
    let bucket = access::change(cloud, request, "PutBucketVersioning")?;
    let versioning = request.document(ROOT)?.word("Status").ok_or_else(|| {
        Refusal::new("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    })?;
    if bucket.object_lock.is_some() && versioning != Versioning::Enabled {
        let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be \
                       changed.";
        return Err(Refusal::new("InvalidBucketState", message).status(409));
    }
    bucket.versioning = Some(versioning);
    if versioning == Versioning::Enabled {
        bucket.versioned.get_or_insert(now);
    }
    Ok(answers::done())
}

/// Rejects a request for an object occasionally, shortly after versioning is first enabled: "you
/// might encounter intermittent HTTP 404 `NoSuchKey` errors for requests to objects created or
/// updated after enabling versioning". The object exists, and listings contain it. Source: Amazon
/// S3 API reference, `PutBucketVersioning`, which advises to wait for 15 minutes before writing.
pub(super) fn settle(cloud: &mut Cloud, request: &Request) -> Result<(), Refusal> {
    let Some(bucket) = cloud.s3.buckets.get(&request.bucket) else { return Ok(()) };
    let Some(since) = bucket.versioned.filter(|since| cloud.now.since(*since) < cloud.dials.versioning) else {
        return Ok(());
    };
    let current = bucket.objects.get(&request.key).and_then(|versions| versions.current());
    let is_conditional = request.header("if-match").or(request.header("if-none-match")).is_some();
    let is_newer = current.is_some_and(|(version, _)| version.modified >= since);
    if (is_newer || is_conditional) && cloud.ids.next().is_multiple_of(2) {
        return Err(refusals::no_such_key(&request.key));
    }
    Ok(())
}
