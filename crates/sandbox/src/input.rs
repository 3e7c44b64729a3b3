//! The parameters of a call, independent of the protocol.
//!
//! A number is a string in one protocol and a number in another, and each protocol wraps the members of
//! a list differently. This module represents the parameters as one tree with lenient accessors;
//! [`crate::model`] has validated their types before.
//!
//! The tree records which members an operation reads, so that [`Input::unread`] can report members of a
//! request that no operation reads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::tags::Tags;

/// A structure of parameters.
#[derive(Clone, Default)]
pub(crate) struct Input {
    value: Value,
    /// The path of the structure in the input of the call: member names without list positions.
    place: String,
    /// The members that were read; `None` when the structure did not come with a call.
    reads: Option<Rc<RefCell<Reads>>>,
}

/// The paths that an operation has read, whether they were present or not.
#[derive(Clone, Default)]
struct Reads {
    members: BTreeSet<String>,
    /// Members that were read with everything in them.
    whole: BTreeSet<String>,
    /// Whether the protocol wraps the members of a list in one more element.
    wrapped: bool,
}

impl fmt::Debug for Input {
    /// Prints only the names: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.value.as_object().into_iter().flat_map(Map::keys)).finish()
    }
}

impl Input {
    /// The JSON input of a call.
    pub(crate) fn received(value: Value) -> Self {
        Self { value, place: String::new(), reads: Some(Rc::default()) }
    }

    /// Parameters that were stored, or derived from others.
    pub(crate) fn from_json(value: Value) -> Self {
        Self { value, ..Self::default() }
    }

    /// Parses the body of a call in the query protocols: `Filter.1.Value.2=x` is a path through
    /// structures and lists.
    pub(crate) fn from_query(body: &[u8]) -> Self {
        let mut root = Value::Object(Map::new());
        for (path, value) in form_urlencoded::parse(body) {
            let mut place = &mut root;
            for step in path.split('.') {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let Value::Object(map) = place else { break };
                place = map.entry(step.to_owned()).or_insert(Value::Null);
            }
            *place = Value::String(value.into_owned());
        }
        lists(&mut root);
        // These two parameters select the operation.
        let members = ["Action", "Version"].map(str::to_owned).into();
        let reads = Reads { wrapped: true, members, ..Reads::default() };
        Self { value: root, place: String::new(), reads: Some(Rc::new(RefCell::new(reads))) }
    }

    /// A string; numbers and booleans of the query protocols are strings, too.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// A required string.
    pub(crate) fn required(&self, key: &str) -> Result<&str, Refusal> {
        self.text(key).ok_or_else(|| Refusal::missing(key))
    }

    /// An integer, from a number or its string.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// An integer of a smaller type; the API model has checked its range.
    pub(crate) fn int<N: TryFrom<i64>>(&self, key: &str) -> Option<N> {
        N::try_from(self.number(key)?).ok()
    }

    /// An integer within a range.
    ///
    /// # Errors
    /// When it is outside the range, with a message that says so.
    pub(crate) fn within<N: TryFrom<i64>>(&self, key: &str, range: RangeInclusive<i64>) -> Result<Option<N>, String> {
        let Some(number) = self.number(key) else { return Ok(None) };
        let sound = N::try_from(number).ok().filter(|_| range.contains(&number));
        let (least, most) = range.into_inner();
        sound.map(Some).ok_or_else(|| format!("{key} must be from {least} to {most}, and not {number}."))
    }

    /// A floating-point number, from a number or its string.
    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        let value = self.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A boolean, from a boolean or its string.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok())
    }

    /// A value of an enumeration; `None` also for a value that is not modelled.
    pub(crate) fn word<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_value(self.get(key)?.clone()).ok()
    }

    /// A nested structure; empty when it is absent.
    pub(crate) fn inner(&self, key: &str) -> Self {
        self.part(key, self.get(key).cloned().unwrap_or_default())
    }

    /// Whether a value is present under this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| !value.is_null())
    }

    /// The structures in a list.
    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        self.members(key).iter().map(|member| self.part(key, member.clone())).collect()
    }

    /// The strings in a list.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.members(key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The strings of a map.
    pub(crate) fn map(&self, key: &str) -> Tags {
        self.take(key);
        let map = self.value.get(key).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// Tags: a list of structures with `Key` and `Value`, or `key` and `value`.
    pub(crate) fn tags(&self, key: &str) -> Tags {
        let word =
            |tag: &Self, upper: &str, lower: &str| tag.text(upper).or_else(|| tag.text(lower)).map(str::to_owned);
        self.list(key)
            .iter()
            .filter_map(|tag| Some((word(tag, "Key", "key")?, word(tag, "Value", "value").unwrap_or_default())))
            .collect()
    }

    /// The unchanged value under a key, to be stored and returned later.
    pub(crate) fn kept(&self, key: &str) -> Option<Value> {
        self.take(key);
        self.value.get(key).filter(|value| !value.is_null()).cloned()
    }

    /// The whole unchanged input, to be stored and returned later.
    pub(crate) fn keep(&self) -> Value {
        if let Some(reads) = &self.reads {
            reads.borrow_mut().whole.insert(self.place.clone());
        }
        self.value.clone()
    }

    /// The raw tree, for comparing and measuring. This does not count as reading its members.
    pub(crate) const fn raw(&self) -> &Value {
        &self.value
    }

    /// The paths of members that were sent and not read.
    pub(crate) fn unread(&self) -> Vec<String> {
        let mut unread = BTreeSet::new();
        if let Some(reads) = &self.reads {
            reads.borrow().missed(&self.value, "", &mut unread);
        }
        unread.into_iter().collect()
    }

    /// The paths of members that were read. An asterisk follows those that were read as a whole.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> Vec<String> {
        let Some(reads) = &self.reads else { return Vec::new() };
        let reads = reads.borrow();
        // A repeated call is compared with the first as a whole, which does not count as reading.
        let whole = reads.whole.iter().filter(|place| !place.is_empty()).map(|place| format!("{place}*"));
        reads.members.iter().cloned().chain(whole).collect()
    }

    /// Records that a member was read through its carrier: a header or a query parameter.
    pub(crate) fn look(&self, carrier: &str) {
        if let Some(reads) = &self.reads {
            reads.borrow_mut().members.insert(carrier.to_ascii_lowercase());
        }
    }

    /// Whether a member was read through its carrier.
    pub(crate) fn was_read(&self, carrier: &str) -> bool {
        self.reads.as_ref().is_some_and(|reads| reads.borrow().members.contains(&carrier.to_ascii_lowercase()))
    }

    fn get(&self, key: &str) -> Option<&Value> {
        if let Some(reads) = &self.reads {
            reads.borrow_mut().members.insert(place(&self.place, key));
        }
        self.value.get(key)
    }

    fn take(&self, key: &str) {
        if let Some(reads) = &self.reads {
            reads.borrow_mut().whole.insert(place(&self.place, key));
        }
    }

    fn part(&self, key: &str, value: Value) -> Self {
        let place = if self.reads.is_some() { place(&self.place, key) } else { String::new() };
        Self { value, place, reads: self.reads.clone() }
    }

    fn members(&self, key: &str) -> &[Value] {
        match self.get(key) {
            Some(Value::Array(members)) => members,
            // `Filters.Filter.1`: in the query protocol one more name wraps the list.
            Some(Value::Object(around)) if around.len() == 1 => {
                around.values().next().and_then(Value::as_array).map_or(&[], Vec::as_slice)
            }
            _ => &[],
        }
    }
}

impl Reads {
    fn missed(&self, value: &Value, at: &str, missed: &mut BTreeSet<String>) {
        if self.whole.contains(at) {
            return;
        }
        match value {
            Value::Array(members) => members.iter().for_each(|member| self.missed(member, at, missed)),
            Value::Object(around) if self.wrapped && around.len() == 1 && around.values().all(Value::is_array) => {
                around.values().for_each(|members| self.missed(members, at, missed));
            }
            Value::Object(members) => {
                for (key, value) in members.iter().filter(|(_, value)| !value.is_null() && !is_off(value)) {
                    let at = place(at, key);
                    if self.members.contains(&at) || self.whole.contains(&at) {
                        self.missed(value, &at, missed);
                    } else {
                        missed.insert(at);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a value requests nothing: a flag that is off.
pub(crate) fn is_off(value: &Value) -> bool {
    *value == Value::Bool(false) || value.as_str() == Some("false")
}

fn place(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

/// Turns structures whose keys are all numbers into lists, innermost first.
fn lists(value: &mut Value) {
    let Value::Object(map) = value else { return };
    map.values_mut().for_each(lists);
    let mut members: Vec<(u32, Value)> = Vec::with_capacity(map.len());
    for (key, member) in map.iter() {
        let Ok(position) = key.parse() else { return };
        members.push((position, member.clone()));
    }
    if !members.is_empty() {
        members.sort_by_key(|(position, _)| *position);
        *value = Value::Array(members.into_iter().map(|(_, member)| member).collect());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_parsed_into_a_tree() {
        let input = Input::from_query(
            b"VpcId=vpc-1&Filter.1.Name=a&Filter.1.Value.1=x&Filter.1.Value.2=y&Filter.10.Name=c&Filter.2.Name=b",
        );
        assert_eq!(input.text("VpcId"), Some("vpc-1"));
        let filters = input.list("Filter");
        assert_eq!(filters.iter().filter_map(|filter| filter.text("Name")).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(filters[0].texts("Value"), ["x", "y"]);
    }

    #[test]
    fn a_wrapped_list_is_read_as_a_list() {
        let input = Input::from_query(b"Tags.member.1.Key=k&Tags.member.1.Value=v&Groups.Group.1=g&Size=3&Yes=true");
        assert_eq!(input.tags("Tags"), Tags::from([("k".to_owned(), "v".to_owned())]));
        assert_eq!(input.texts("Groups"), ["g"]);
        assert_eq!((input.number("Size"), input.flag("Yes")), (Some(3), Some(true)));
    }

    #[test]
    fn unread_members_are_reported() {
        let input = Input::received(json!({
            "name": "n", "size": 3, "tags": [{"key": "k", "value": "v"}], "network": {"subnets": ["s"], "public": true},
            "kept": {"a": {"b": 1}}, "nothing": null,
        }));
        assert_eq!(input.unread(), ["kept", "name", "network", "size", "tags"]);
        input.text("name");
        input.list("tags")[0].text("key");
        input.inner("network").texts("subnets");
        assert!(input.kept("kept").is_some() && input.number("other").is_none());
        assert_eq!(input.unread(), ["network.public", "size", "tags.value"]);
        let query = Input::from_query(b"Action=A&Tags.member.1.Key=k&Tags.member.1.Value=v");
        assert_eq!(query.list("Tags")[0].text("Value"), Some("v"));
        assert_eq!(query.unread(), ["Tags.Key"]);
    }

    #[test]
    fn debug_output_omits_values() {
        assert_eq!(format!("{:?}", Input::received(json!({"SecretString": "hidden"}))), "{\"SecretString\"}");
    }

    #[test]
    fn a_missing_required_string_is_an_error() {
        assert!(Input::default().required("VpcId").is_err_and(|refusal| refusal.is_missing_parameter()));
    }
}
