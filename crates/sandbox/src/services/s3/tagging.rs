//! The tags of a bucket, which are always written all at once.

use super::{Answer, Request, access, answers, document, refusals};
use crate::cloud::Cloud;
use crate::refusal::Refusal;
use crate::tags::Tags;
use crate::xml;

const ROOT: &str = "Tagging";

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketTagging")?;
    if bucket.tags.is_empty() {
        return Err(refusals::new("NoSuchTagSet", "The TagSet does not exist").status(404));
    }
    Ok(answers::document(&xml::element(ROOT, [xml::tags("TagSet", "Tag", ["Key", "Value"], &bucket.tags)])))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketTagging")?;
    let content = request.vouched_content()?;
    let document = document::read(&content.bytes, ROOT)?;
    let set = document::child(document.root_element(), "TagSet").ok_or_else(refusals::malformed_xml)?;
    bucket.tags = document::tags(set, "System tags cannot be added/updated by requester")?;
    Ok(answers::no_content())
}

pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "PutBucketTagging")?.tags = Tags::new();
    Ok(answers::no_content())
}
