//! The tags of a bucket, which are always replaced as a whole.

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;
use crate::tags;

const ROOT: &str = "Tagging";

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketTagging")?;
    ensure!(!bucket.tags.is_empty(), refusals::not_set("NoSuchTagSet", "The TagSet does not exist"));
    Ok(answers::document(&xml::element(ROOT, [xml::tags("TagSet", "Tag", ["Key", "Value"], &bucket.tags)])))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketTagging")?;
    request.require_checksum()?;
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
        ensure!(!key.to_ascii_lowercase().starts_with("aws:"), refusals::invalid_tag(reserved, key));
        ensure!(key.chars().all(is_taggable), refusals::invalid_tag("The TagKey you have provided is invalid", key));
        if !value.chars().all(is_taggable) {
            let refusal = refusals::invalid_tag("The TagValue you have provided is invalid", key);
            return Err(refusal.detail("TagValue", value));
        }
        let single = Tags::from([(key.to_owned(), value.to_owned())]);
        if let Some(fault) = tags::fault(&single) {
            return Err(Refusal::new("InvalidTag", fault));
        }
        ensure!(tags.insert(key.to_owned(), value.to_owned()).is_none(), refusals::invalid_tag(DUPLICATE, key));
    }
    let message = format!("Bucket tag count cannot be greater than {}", tags::MOST);
    ensure!(tags.len() <= tags::MOST, Refusal::new("BadRequest", message));
    Ok(tags)
}
