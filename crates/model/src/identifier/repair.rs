//! Suggestions for invalid identifiers.

use super::{EngineVersion, schedule};
use crate::spec::regions;

/// A valid identifier that differs from `text` only in spelling.
pub(super) fn repair(text: &str, is_valid: impl Fn(&str) -> bool) -> Option<String> {
    let trimmed = text.trim();
    let lower = trimmed.to_lowercase();
    let host = lower.split_once("://").map_or(lower.as_str(), |(_, host)| host);
    let host = host.split('/').next().unwrap_or_default().trim_end_matches('.');
    let candidates = [
        trimmed.to_owned(),
        lower_repository(trimmed),
        lower.clone(),
        host.to_owned(),
        kebab(&lower),
        EngineVersion::normalized(trimmed).unwrap_or_default(),
        digits(trimmed),
        class(&lower),
        regions::normalized(&lower).unwrap_or_default().to_owned(),
        // The Region of a zone.
        lower.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned(),
        schedule::nearest_zone(trimmed).unwrap_or_default().to_owned(),
    ];
    candidates.into_iter().find(|candidate| candidate != text && is_valid(candidate))
}

/// Replaces other separators by `-`. The separators of a path are kept.
fn kebab(text: &str) -> String {
    if text.contains('/') {
        return text.to_owned();
    }
    let parts: Vec<&str> = text.split([' ', '_', '.', '-']).filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// An account id written in groups of digits.
fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(|c| !" -".contains(*c)).collect();
    if digits.bytes().all(|c| c.is_ascii_digit()) { digits } else { text.to_owned() }
}

/// `db.r6g.large` for the EC2 type `r6g.large`.
fn class(text: &str) -> String {
    match text.split_once('.') {
        Some((family, _)) if family.bytes().any(|c| c.is_ascii_digit()) => format!("db.{text}"),
        _ => text.to_owned(),
    }
}

/// An image with its repository in lower case and its tag unchanged.
fn lower_repository(text: &str) -> String {
    match text.split_once('@') {
        Some((name, digest)) => {
            let (repository, tag) = match name.rsplit_once(':') {
                Some((repository, tag)) if !tag.contains('/') => (repository, format!(":{tag}")),
                _ => (name, String::new()),
            };
            format!("{}{tag}@{digest}", repository.to_lowercase())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::identifier::{
        AccountId, CostCenter, Domain, EngineVersion, Image, InstanceClass, InvalidIdentifier, Region, TenantId,
    };

    fn suggested<T: std::fmt::Debug>(result: Result<T, InvalidIdentifier>) -> Option<String> {
        result.expect_err("it is invalid").suggestion
    }

    #[test]
    fn misspelled_identifier_gets_a_suggestion() {
        let digest = "a".repeat(64);
        let image = |name: &str| format!("{name}@sha256:{digest}");
        for (suggestion, expected) in [
            (suggested(TenantId::new("Acme_Corp")), "acme-corp"),
            (suggested(TenantId::new(" acme ")), "acme"),
            (suggested(AccountId::new("1234-5678-9012")), "123456789012"),
            (suggested(Domain::new("https://Example.com/")), "example.com"),
            (suggested(Domain::new("example.com.")), "example.com"),
            (suggested(EngineVersion::new("15.04")), "15.4"),
            (suggested(EngineVersion::new("v15.4")), "15.4"),
            (suggested(EngineVersion::new("15.4.1")), "15.4"),
            (suggested(EngineVersion::new("15.4-R1")), "15.4"),
            (suggested(Region::new("useast1")), "us-east-1"),
            (suggested(Region::new("us-east1")), "us-east-1"),
            (suggested(Region::new("us-east")), "us-east-1"),
            (suggested(Region::new("US East 2")), "us-east-2"),
            (suggested(InstanceClass::new("r6g.large")), "db.r6g.large"),
            (suggested(Region::new("us-east-1a")), "us-east-1"),
            (suggested(Region::new("US-East-1")), "us-east-1"),
            (suggested(CostCenter::new(" R&D".replace('&', "+"))), "R+D"),
            (suggested(Image::new(image("Nginx/nginx"))), image("nginx/nginx").as_str()),
            (suggested(Image::new(image("Nginx/nginx:V1"))), image("nginx/nginx:V1").as_str()),
        ] {
            assert_eq!(suggestion.as_deref(), Some(expected));
        }
    }

    #[test]
    fn ambiguous_identifier_gets_no_suggestion() {
        assert_eq!(suggested(TenantId::new("admin")), None);
        assert_eq!(suggested(TenantId::new("äcme")), None);
        assert_eq!(suggested(EngineVersion::new("latest")), None);
        assert_eq!(suggested(EngineVersion::new("15")), None, "which of its minor versions?");
        assert_eq!(
            suggested(Image::new(format!("a_b.example.com/x@sha256:{}", "a".repeat(64)))),
            None,
            "the dots of a host name are kept"
        );
        assert_eq!(suggested(CostCenter::new("R&D")), None);
    }
}
