//! Bucket policies.

use super::{Answer, Request, access, answers, policy, public_access, refusals};
use crate::services::prelude::*;

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketPolicy")?;
    let not_set = || refusals::not_set("NoSuchBucketPolicy", "The bucket policy does not exist");
    let text = bucket.policy.as_ref().ok_or_else(not_set)?;
    let answer = Answer::new(policy::as_given_back(text, cloud.account.partition()).into());
    Ok(answers::with(answer, [("content-type", "application/json")]))
}

/// A caller can lock itself out; then only the account's root user can help.
/// Source: Amazon S3 API reference, PutBucketPolicy.
pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "PutBucketPolicy")?;
    let content = request.content()?;
    let malformed = |_| Refusal::new("MalformedPolicy", "This policy is no text");
    let text = std::str::from_utf8(&content.bytes).map_err(malformed)?;
    let wanted = policy::validate(cloud, &request.bucket, text)?;
    if public_access::blocks_policies(bucket.public_access_block) && policy::is_public(&wanted) {
        return Err(refusals::access_denied(
            "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the \
             BlockPublicPolicy setting in S3 Block Public Access.",
        ));
    }
    access::change(cloud, request, "PutBucketPolicy")?.policy = Some(text.to_owned());
    Ok(answers::no_content())
}

/// Succeeds also for a bucket without a policy.
pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "DeleteBucketPolicy")?.policy = None;
    Ok(answers::no_content())
}
