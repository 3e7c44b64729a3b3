//! XML that clients send.

use roxmltree::{Document, Node};

use super::refusals;
use crate::refusal::Refusal;
use crate::tags::{self, Tags};

/// Reads a document with this root element.
pub(super) fn read<'a>(content: &'a [u8], root: &str) -> Result<Document<'a>, Refusal> {
    let text = std::str::from_utf8(content).map_err(|_| refusals::malformed_xml())?;
    let document = Document::parse(text).map_err(|_| refusals::malformed_xml())?;
    if document.root_element().tag_name().name() == root { Ok(document) } else { Err(refusals::malformed_xml()) }
}

/// The elements of a name in an element.
pub(super) fn children<'a, 'input>(node: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The first element of a name in an element.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    children(node, name).next()
}

/// The text of the first element of a name in an element.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).map(|child| child.text().unwrap_or_default())
}

/// A truth value in an element; `None` when it is not there.
pub(super) fn flag(node: Node<'_, '_>, name: &str) -> Result<Option<bool>, Refusal> {
    let flag = text(node, name).map(|text| match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(refusals::malformed_xml()),
    });
    flag.transpose()
}

/// What is said of two tags with one key.
pub(super) const DUPLICATE: &str = "Cannot provide multiple Tags with the same key";

/// What keys and values of tags are made of. Source: AWS Billing and Cost Management User Guide,
/// "User-defined tag restrictions".
fn is_taggable(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
}

/// Tags, each an element `Tag` with a key and a value in it.
///
/// The limits are checked tag by tag, and their number last. `reserved` is what is said of a key of
/// AWS's own. Source: AWS Billing and Cost Management User Guide, "User-defined tag restrictions";
/// Amazon S3 API reference, PutBucketTagging.
pub(super) fn tags(set: Node<'_, '_>, reserved: &str) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for tag in children(set, "Tag") {
        let (Some(key), Some(value)) = (text(tag, "Key"), text(tag, "Value")) else {
            return Err(refusals::malformed_xml());
        };
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
