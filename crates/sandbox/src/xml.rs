//! XML as the services write it: elements that contain either text or elements.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An XML element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) content: Content,
}

/// The content of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    Elements(Vec<Element>),
    /// The element is omitted.
    Absent,
}

/// An element that contains text.
pub(crate) fn text(name: &str, text: impl ToString) -> Element {
    Element { name: name.to_owned(), content: Content::Text(text.to_string()) }
}

/// An element that contains text; omitted when there is none.
pub(crate) fn optional(name: &str, content: Option<impl ToString>) -> Element {
    let content = content.map_or(Content::Absent, |content| Content::Text(content.to_string()));
    Element { name: name.to_owned(), content }
}

/// An element that contains elements.
pub(crate) fn element(name: &str, content: impl IntoIterator<Item = Element>) -> Element {
    Element { name: name.to_owned(), content: Content::Elements(content.into_iter().collect()) }
}

/// A list: an element that contains one element named `member` for each entry.
pub(crate) fn list(name: &str, member: &str, members: impl IntoIterator<Item = Vec<Element>>) -> Element {
    element(name, members.into_iter().map(|content| element(member, content)))
}

/// A list of texts.
pub(crate) fn texts<T: ToString>(name: &str, member: &str, members: impl IntoIterator<Item = T>) -> Element {
    element(name, members.into_iter().map(|content| text(member, content)))
}

/// A list of tags. `key` and `value` name the two elements of each.
pub(crate) fn tags(name: &str, member: &str, [key, value]: [&str; 2], tags: &crate::tags::Tags) -> Element {
    list(name, member, tags.iter().map(|(k, v)| vec![text(key, k), text(value, v)]))
}

/// A whole document. The namespace becomes an attribute of the root, which clients ignore.
pub(crate) fn document(root: &Element, namespace: &str) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    write(&mut writer, Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    write_element(&mut writer, root, Some(namespace));
    writer.into_inner()
}

fn write_element(writer: &mut Writer<Vec<u8>>, element: &Element, namespace: Option<&str>) {
    if element.content == Content::Absent {
        return;
    }
    let mut start = BytesStart::new(element.name.as_str());
    if let Some(namespace) = namespace {
        start.push_attribute(("xmlns", namespace));
    }
    write(writer, Event::Start(start));
    match &element.content {
        Content::Text(content) => write(writer, Event::Text(BytesText::new(content))),
        Content::Elements(elements) => elements.iter().for_each(|inner| write_element(writer, inner, None)),
        Content::Absent => {}
    }
    write(writer, Event::End(BytesEnd::new(element.name.as_str())));
}

fn write(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    writer.write_event(event).expect("a vector takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_a_document_is_escaped() {
        let absent = optional("b", None::<&str>);
        let root = element("R", [text("a", "1 < 2 & 3"), absent, texts("set", "item", ["x", "y"])]);
        assert_eq!(
            String::from_utf8_lossy(&document(&root, "urn:n")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><R xmlns=\"urn:n\"><a>1 &lt; 2 &amp; 3</a>\
             <set><item>x</item><item>y</item></set></R>"
        );
    }
}
