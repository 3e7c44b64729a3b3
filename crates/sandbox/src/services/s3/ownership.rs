//! The object ownership of a bucket.

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

const ROOT: &str = "OwnershipControls";

/// The bucket's owner owns all objects, and ACLs are disabled.
pub(super) const ENFORCED: &str = "BucketOwnerEnforced";

/// Whether there is such an ownership setting.
pub(super) fn is_known(ownership: &str) -> bool {
    [ENFORCED, "BucketOwnerPreferred", "ObjectWriter"].contains(&ownership)
}

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketOwnershipControls")?;
    let not_set =
        || refusals::not_set("OwnershipControlsNotFoundError", "The bucket ownership controls were not found");
    let ownership = bucket.ownership.as_ref().ok_or_else(not_set)?;
    let rule = xml::element("Rule", [xml::text("ObjectOwnership", ownership)]);
    Ok(answers::document(&xml::element(ROOT, [rule])))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketOwnershipControls")?;
    let rules = request.document(ROOT)?.list("Rule");
    let [rule] = rules.as_slice() else { return Err(refusals::malformed_xml()) };
    let ownership = rule.text("ObjectOwnership").filter(|ownership| is_known(ownership));
    let ownership = ownership.ok_or_else(refusals::malformed_xml)?;
    bucket.ownership = Some(ownership.to_owned());
    Ok(answers::done())
}

pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "PutBucketOwnershipControls")?.ownership = None;
    Ok(answers::no_content())
}
