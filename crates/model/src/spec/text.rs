//! Texts with placeholders, such as `https://{tenant.host}`.
//!
//! A placeholder is a name in braces. `{{name}}` stands for the text `{name}`, and braces around anything
//! else are text too, so that JSON needs no escapes.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use strum::{IntoEnumIterator, VariantNames};

use crate::suggest::nearest;
use crate::toml::Explained;

/// A value that a text of the spec can contain. The set is closed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::VariantNames,
)]
pub enum Placeholder {
    /// The id of the tenant.
    #[serde(rename = "tenant.id")]
    #[strum(serialize = "tenant.id")]
    TenantId,
    /// The host name of the tenant: `<tenant>.<domain>`.
    #[serde(rename = "tenant.host")]
    #[strum(serialize = "tenant.host")]
    TenantHost,
    /// The URL of that host, with the scheme that the load balancer serves.
    #[serde(rename = "tenant.url")]
    #[strum(serialize = "tenant.url")]
    TenantUrl,
    /// The tenant's bucket.
    #[serde(rename = "tenant.bucket")]
    #[strum(serialize = "tenant.bucket")]
    TenantBucket,
    /// The tenant's schema in the database.
    #[serde(rename = "tenant.schema")]
    #[strum(serialize = "tenant.schema")]
    TenantSchema,
    /// The database role that the tenant's application logs in as.
    #[serde(rename = "tenant.database_user")]
    #[strum(serialize = "tenant.database_user")]
    TenantDatabaseUser,
    /// The name of the service or job.
    #[serde(rename = "service.name")]
    #[strum(serialize = "service.name")]
    ServiceName,
    /// The host name of the database.
    #[serde(rename = "database.host")]
    #[strum(serialize = "database.host")]
    DatabaseHost,
    /// The port of the database.
    #[serde(rename = "database.port")]
    #[strum(serialize = "database.port")]
    DatabasePort,
    /// The name of the database.
    #[serde(rename = "database.name")]
    #[strum(serialize = "database.name")]
    DatabaseName,
    /// The name of the platform.
    #[serde(rename = "platform.name")]
    #[strum(serialize = "platform.name")]
    PlatformName,
    /// The environment of the platform.
    #[serde(rename = "platform.environment")]
    #[strum(serialize = "platform.environment")]
    PlatformEnvironment,
    /// The domain of the platform.
    #[serde(rename = "platform.domain")]
    #[strum(serialize = "platform.domain")]
    PlatformDomain,
    /// The Region of the platform.
    #[serde(rename = "platform.region")]
    #[strum(serialize = "platform.region")]
    PlatformRegion,
    /// The AWS account of the platform.
    #[serde(rename = "platform.account")]
    #[strum(serialize = "platform.account")]
    PlatformAccount,
}

impl Placeholder {
    /// Every placeholder.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// A text with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text {
    segments: Vec<TextSegment>,
}

/// A segment of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextSegment {
    /// A literal string, not empty.
    Literal(String),
    /// A value that the planner fills in.
    Placeholder(Placeholder),
}

/// A text has a placeholder that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no placeholder `{{{name}}}`")]
pub struct UnknownPlaceholder {
    /// The name in the braces.
    pub name: String,
}

impl Explained for UnknownPlaceholder {
    fn cure(&self) -> Option<String> {
        if self.name == "database.password" {
            let help = "no secret is in a spec or a plan: write `{ database = \"password\" }` for the variable under `secrets`";
            return Some(help.to_owned());
        }
        let names = Placeholder::VARIANTS.iter().copied();
        let meant = match nearest(&self.name, names) {
            Some(meant) => format!("did you mean `{{{meant}}}`?"),
            None => {
                let all: Vec<String> = Placeholder::VARIANTS.iter().map(|name| format!("`{{{name}}}`")).collect();
                format!("there are {}", all.join(", "))
            }
        };
        Some(format!("{meant} The text `{{{0}}}` itself is written `{{{{{0}}}}}`", self.name))
    }
}

impl Text {
    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[TextSegment] {
        &self.segments
    }

    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.segments.iter().filter_map(|segment| match segment {
            TextSegment::Literal(_) => None,
            TextSegment::Placeholder(placeholder) => Some(*placeholder),
        })
    }

    /// The text with the longest value of each placeholder, where that is a name of the spec.
    ///
    /// # Errors
    /// The first placeholder that is something else, such as a host name.
    pub(super) fn longest(&self) -> Result<String, Placeholder> {
        /// The longest id of a tenant, and name of a platform, an environment or a service.
        const NAME: &str = "xxxxxxxxxxxxxxxxxxxxxxxx";
        let segment = |segment: &TextSegment| match segment {
            TextSegment::Literal(text) => Ok(text.clone()),
            TextSegment::Placeholder(
                Placeholder::TenantId
                | Placeholder::ServiceName
                | Placeholder::PlatformName
                | Placeholder::PlatformEnvironment,
            ) => Ok(NAME.to_owned()),
            TextSegment::Placeholder(Placeholder::PlatformRegion) => Ok("us-east-1".to_owned()),
            TextSegment::Placeholder(Placeholder::PlatformAccount) => Ok("0".repeat(12)),
            TextSegment::Placeholder(other) => Err(*other),
        };
        self.segments.iter().map(segment).collect()
    }

    fn push(&mut self, text: &str) {
        match self.segments.last_mut() {
            _ if text.is_empty() => {}
            Some(TextSegment::Literal(last)) => last.push_str(text),
            _ => self.segments.push(TextSegment::Literal(text.to_owned())),
        }
    }
}

impl FromStr for Text {
    type Err = UnknownPlaceholder;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parsed = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            parsed.push(before);
            if let Some((name, after)) = from.strip_prefix("{{").and_then(name_in_braces)
                && let Some(after) = after.strip_prefix('}')
            {
                parsed.push(&format!("{{{name}}}"));
                rest = after;
            } else if let Some((name, after)) = from.strip_prefix('{').and_then(name_in_braces) {
                let placeholder = name.parse().map_err(|_| UnknownPlaceholder { name: name.to_owned() })?;
                parsed.segments.push(TextSegment::Placeholder(placeholder));
                rest = after;
            } else {
                parsed.push("{");
                rest = &from[1..];
            }
        }
        parsed.push(rest);
        Ok(parsed)
    }
}

/// Splits `name}rest`; `None` when the text before the brace is no name.
fn name_in_braces(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('}')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_.-".contains(&c));
    is_name.then_some((name, rest))
}

/// Writes the text as it is in a spec.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| match segment {
            TextSegment::Literal(text) => {
                let mut rest = text.as_str();
                while let Some(at) = rest.find('{') {
                    f.write_str(&rest[..at])?;
                    rest = match name_in_braces(&rest[at + 1..]) {
                        Some((name, after)) => {
                            write!(f, "{{{{{name}}}}}")?;
                            after
                        }
                        None => {
                            f.write_str("{")?;
                            &rest[at + 1..]
                        }
                    };
                }
                f.write_str(rest)
            }
            TextSegment::Placeholder(placeholder) => write!(f, "{{{placeholder}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segments(text: &str) -> Vec<TextSegment> {
        text.parse::<Text>().expect("its placeholders exist").segments
    }

    fn literal(text: &str) -> TextSegment {
        TextSegment::Literal(text.to_owned())
    }

    #[test]
    fn placeholders_are_found() {
        let id = TextSegment::Placeholder(Placeholder::TenantId);
        assert_eq!(segments("app-{tenant.id}-x"), [literal("app-"), id.clone(), literal("-x")]);
        assert_eq!(segments("{tenant.id}{tenant.id}"), [id.clone(), id]);
        assert_eq!(segments(""), []);
        for placeholder in Placeholder::all() {
            assert_eq!(segments(&format!("{{{placeholder}}}")), [TextSegment::Placeholder(placeholder)]);
        }
    }

    #[test]
    fn other_braces_are_text() {
        for text in ["{}", "{\"a\": {\"b\": 1}}", "a{", "}", "{ tenant.id }", "{0}", "{ä}", "{{", "{{}}"] {
            assert_eq!(segments(text), [literal(text)], "{text}");
        }
        assert_eq!(segments("{{tenant.id}}"), [literal("{tenant.id}")]);
    }

    #[test]
    fn names_have_a_longest_value() {
        let text: Text = "jobs-{tenant.id}".parse().expect("it exists");
        assert_eq!(text.longest().map(|text| text.len()), Ok(5 + 24));
        let text: Text = "{database.host}".parse().expect("it exists");
        assert_eq!(text.longest(), Err(Placeholder::DatabaseHost));
    }

    #[test]
    fn unknown_placeholder_is_rejected_with_a_suggestion() {
        let error = "{tenant.hots}".parse::<Text>().expect_err("there is none");
        assert_eq!(error.to_string(), "there is no placeholder `{tenant.hots}`");
        let cure = error.cure().expect("there is one of that spelling");
        assert_eq!(cure, "did you mean `{tenant.host}`? The text `{tenant.hots}` itself is written `{{tenant.hots}}`");
        let cure = "{colour}".parse::<Text>().expect_err("there is none").cure().expect("there is help");
        assert!(cure.starts_with("there are `{tenant.id}`, "), "{cure}");
    }

    proptest! {
        #[test]
        fn written_text_reads_back(text in "([a-z{}\" ]|\\{tenant.id\\}|\\{\\{x\\}\\}){0,12}") {
            if let Ok(parsed) = text.parse::<Text>() {
                prop_assert_eq!(parsed.to_string().parse::<Text>(), Ok(parsed), "{}", text);
            }
        }
    }
}
