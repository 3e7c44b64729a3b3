//! The parameters of a call, whatever protocol they came in.
//!
//! A number is a text in one protocol and a number in another, and a list has another element
//! around its members in each. Here it is one tree with forgiving accessors.

use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::tags::Tags;

/// A structure of parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Input(Value);

impl Input {
    /// The body of a call in JSON.
    pub(crate) fn from_json(value: Value) -> Self {
        Self(value)
    }

    /// The body of a call in the query protocols: `Filter.1.Value.2=x` is a path through structures
    /// and lists.
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
        Self(root)
    }

    /// A text, a number or a truth value as text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    /// A text that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<&str, Refusal> {
        self.text(key).ok_or_else(|| Refusal::missing(key))
    }

    /// A whole number, from a number or its text.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        let value = self.0.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A number with a fraction, from a number or its text.
    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        let value = self.0.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A truth value, from one or its text.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.0.get(key)?;
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// A structure inside; an empty one when it is not there.
    pub(crate) fn inner(&self, key: &str) -> Self {
        Self(self.0.get(key).cloned().unwrap_or_default())
    }

    /// Whether there is anything under this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    /// The structures of a list.
    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        self.members(key).iter().cloned().map(Self).collect()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.members(key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The texts of a structure whose keys are free.
    pub(crate) fn map(&self, key: &str) -> Tags {
        let map = self.0.get(key).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// Tags as a list of structures with `Key` and `Value`, or `key` and `value`.
    pub(crate) fn tags(&self, key: &str) -> Tags {
        let word =
            |tag: &Self, upper: &str, lower: &str| tag.text(upper).or_else(|| tag.text(lower)).map(str::to_owned);
        self.list(key)
            .iter()
            .filter_map(|tag| Some((word(tag, "Key", "key")?, word(tag, "Value", "value").unwrap_or_default())))
            .collect()
    }

    /// The tree as it came, for what is only stored and given back.
    pub(crate) const fn raw(&self) -> &Value {
        &self.0
    }

    fn members(&self, key: &str) -> &[Value] {
        match self.0.get(key) {
            Some(Value::Array(members)) => members,
            // `Filters.Filter.1`: the list of a query has one more name around its members.
            Some(Value::Object(around)) if around.len() == 1 => {
                around.values().next().and_then(Value::as_array).map_or(&[], Vec::as_slice)
            }
            _ => &[],
        }
    }
}

/// Turns structures whose keys are all numbers into lists, inside out.
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
    use super::*;

    #[test]
    fn a_query_is_a_tree() {
        let input = Input::from_query(
            b"VpcId=vpc-1&Filter.1.Name=a&Filter.1.Value.1=x&Filter.1.Value.2=y&Filter.10.Name=c&Filter.2.Name=b",
        );
        assert_eq!(input.text("VpcId"), Some("vpc-1"));
        let filters = input.list("Filter");
        assert_eq!(filters.iter().filter_map(|filter| filter.text("Name")).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(filters[0].texts("Value"), ["x", "y"]);
    }

    #[test]
    fn a_list_may_have_a_name_around_its_members() {
        let input = Input::from_query(b"Tags.member.1.Key=k&Tags.member.1.Value=v&Groups.Group.1=g&Size=3&Yes=true");
        assert_eq!(input.tags("Tags"), Tags::from([("k".to_owned(), "v".to_owned())]));
        assert_eq!(input.texts("Groups"), ["g"]);
        assert_eq!((input.number("Size"), input.flag("Yes")), (Some(3), Some(true)));
    }

    #[test]
    fn a_text_that_must_be_there() {
        assert!(Input::default().required("VpcId").is_err_and(|refusal| refusal.is_missing_parameter()));
    }
}
