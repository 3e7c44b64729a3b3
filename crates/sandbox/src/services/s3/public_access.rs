//! The public access block of a bucket.

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

const ROOT: &str = "PublicAccessBlockConfiguration";

/// The flags.
pub(super) const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/// Whether public policies are rejected.
pub(super) fn blocks_policies(flags: Option<[bool; 4]>) -> bool {
    flags.is_some_and(|[_, _, block_public_policy, _]| block_public_policy)
}

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketPublicAccessBlock")?;
    let message = "The public access block configuration was not found";
    let not_set = || refusals::not_set("NoSuchPublicAccessBlockConfiguration", message);
    let flags = bucket.public_access_block.ok_or_else(not_set)?;
    let content = FLAGS.iter().zip(flags).map(|(name, flag)| xml::text(name, flag));
    Ok(answers::document(&xml::element(ROOT, content)))
}

/// A flag that is not given is off.
pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketPublicAccessBlock")?;
    let document = request.document(ROOT)?;
    bucket.public_access_block = Some(FLAGS.map(|name| document.flag(name).unwrap_or_default()));
    Ok(answers::done())
}

pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "PutBucketPublicAccessBlock")?.public_access_block = None;
    Ok(answers::no_content())
}
