//! The tags of a bucket, which are always replaced as a whole.

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;
use crate::tags;

const ROOT: &str = "Tagging";

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketTagging")?;
    if bucket.tags.is_empty() {
        return Err(refusals::not_set("NoSuchTagSet", "The TagSet does not exist"));
    }
    Ok(answers::document(&xml::element(ROOT, [xml::tags("TagSet", "Tag", ["Key", "Value"], &bucket.tags)])))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketTagging")?;
    request.vouch()?;
    let set = request.document(ROOT)?.list("TagSet");
    bucket.tags = read(&set, "System tags cannot be added/updated by requester")?;
    Ok(answers::no_content())
}

pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "PutBucketTagging")?.tags = Tags::new();
    Ok(answers::no_content())
}

/// The message for two tags with one key.
pub(super) const DUPLICATE: &str = "Cannot provide multiple Tags with the same key";

/// The characters permitted in keys and values of tags. Source: AWS Billing and Cost Management
/// User Guide, "User-defined tag restrictions".
fn is_taggable(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
}

/// Reads and validates tags.
///
/// The limits are checked tag by tag, and the number of tags last. `reserved` is the message for
/// keys that AWS reserves. Source: AWS Billing and Cost Management User Guide, "User-defined tag
/// restrictions"; Amazon S3 API reference, PutBucketTagging.
pub(super) fn read(set: &[Input], reserved: &str) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for tag in set {
        let (key, value) = (tag.required("Key")?, tag.required("Value")?);
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refusals::invalid_tag(reserved, key));
        }
        if !key.chars().all(is_taggable) {
            return Err(refusals::invalid_tag("The TagKey you have provided is invalid", key));
        }
        if !value.chars().all(is_taggable) {
            let refusal = refusals::invalid_tag("The TagValue you have provided is invalid", key);
            return Err(refusal.detail("TagValue", value));
        }
        let single = Tags::from([(key.to_owned(), value.to_owned())]);
        if let Some(fault) = tags::fault(&single) {
            return Err(refusals::new("InvalidTag", fault));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(refusals::invalid_tag(DUPLICATE, key));
        }
    }
    if tags.len() > tags::MOST {
        return Err(refusals::new("BadRequest", format!("Bucket tag count cannot be greater than {}", tags::MOST)));
    }
    Ok(tags)
}
