//! Lists of secrets, and their filters.
//!
//! Source: AWS Secrets Manager API, `ListSecrets`, `Filter`; AWS Secrets Manager User Guide, "Find
//! secrets".

use convert_case::Boundary;
use serde_json::Value as Json;

use super::check;
use super::secret::Secret;
use crate::paging;
use crate::services::prelude::*;

/// A filter: at least one of the values must match.
pub(super) struct Filter {
    attribute: Attribute,
    values: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Attribute {
    Name,
    Description,
    TagKey,
    TagValue,
    PrimaryRegion,
    OwningService,
    All,
}

impl Filter {
    fn of(input: &Input) -> Result<Self, Refusal> {
        let attribute = input.word("Key").ok_or_else(|| check::invalid("filters.key", "not be null"))?;
        ensure!(input.has("Values"), check::invalid("filters.values", "not be null"));
        Ok(Self { attribute, values: input.texts("Values") })
    }

    pub(super) fn matches(&self, secret: &Secret) -> bool {
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !self.fits(secret, value),
            None => self.fits(secret, value),
        })
    }

    fn fits(&self, secret: &Secret, value: &str) -> bool {
        let description = secret.description.as_deref().unwrap_or_default();
        match self.attribute {
            Attribute::Name => secret.name.starts_with(value),
            // All its words, in any order: recorded by moto,
            // `test_with_filter_with_value_with_multiple`.
            Attribute::Description => words_are_prefixes(&words(description), value),
            Attribute::TagKey => secret.tags.keys().any(|key| key.starts_with(value)),
            Attribute::TagValue => secret.tags.values().any(|tag| tag.starts_with(value)),
            // No secret is replicated, and no service owns one.
            Attribute::PrimaryRegion | Attribute::OwningService => false,
            Attribute::All => {
                let texts = [secret.name.as_str(), description].into_iter();
                let tags = secret.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
                // All words must match the same text: recorded by moto, `test_with_all_filter`.
                texts.chain(tags).any(|text| words_are_prefixes(&words(text), value))
            }
        }
    }
}

/// Whether each word of a value is a prefix of one of these words. False for a value without words.
fn words_are_prefixes(found: &[String], value: &str) -> bool {
    let wanted = words(value);
    !wanted.is_empty() && wanted.iter().all(|word| found.iter().any(|found| found.starts_with(word)))
}

/// The words of a text, in lower case. Words end between letters and digits, between a lower-case and
/// an upper-case letter, before the last of several upper-case letters if a lower-case letter follows,
/// and at all other characters.
/// Source: recorded by moto, `test_with_all_filter_special_characters`: `COMPANYthings` is `COMPAN`
/// and `Ythings`.
fn words(text: &str) -> Vec<String> {
    let boundaries = [&Boundary::digits()[..], &[Boundary::LowerUpper, Boundary::Acronym]].concat();
    let parts: Vec<&str> = text.split(|character: char| !character.is_alphanumeric()).collect();
    let words = parts.iter().flat_map(|part| convert_case::split(part, &boundaries));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The filters of a request, all of which must match.
pub(super) fn filters(input: &Input) -> Result<Vec<Filter>, Refusal> {
    input.list("Filters").iter().map(Filter::of).collect()
}

pub(super) fn list_secrets(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let size = input.int("MaxResults").unwrap_or(100);
    let filters = filters(input)?;
    let deleted_too = input.flag("IncludePlannedDeletion").unwrap_or(false);
    let mut secrets: Vec<(String, &Secret)> = cloud
        .secrets
        .secrets
        .values()
        .filter(|secret| !secret.is_being_removed() && (deleted_too || secret.deletion.is_none()))
        .filter(|secret| filters.iter().all(|filter| filter.matches(secret)))
        .map(|secret| (place(input, secret), secret))
        .collect();
    secrets.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (secrets, next) = paging::page(secrets, input.text("NextToken"), size, "InvalidNextTokenException")?;
    let secrets: Vec<Json> = secrets.into_iter().map(|secret| secret.entry("SecretVersionsToStages")).collect();
    Ok(json!({"SecretList": secrets, "NextToken": next}))
}

/// A unique key that sorts secrets in the requested order.
fn place(input: &Input, secret: &Secret) -> String {
    let time = match input.text("SortBy") {
        Some("last-accessed-date") => Some(secret.accessed.unwrap_or_default()),
        Some("last-changed-date") => Some(secret.changed),
        Some("name") => None,
        _ => Some(secret.created),
    };
    let place = match time {
        Some(time) => format!("{:020} {}", time.as_millis(), secret.arn),
        None => secret.name.clone(),
    };
    if input.text("SortOrder") != Some("desc") {
        return place;
    }
    // All characters are ASCII. If one key is a prefix of another, the longer one sorts first.
    let mirrored = place.bytes().map(|byte| char::from(127u8.saturating_sub(byte)));
    mirrored.chain(['\u{7f}']).collect()
}
