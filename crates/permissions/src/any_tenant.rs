//! Names and ARNs of one tenant as patterns for every tenant.

use saas_model::arn::Arn;
use saas_model::identifier::PlatformName;

/// An ARN, or another text, with `*` in the place of the tenant. The platform's name stays, also where it is the
/// tenant's. A name that was truncated may not have the tenant's: there, `*` follows the platform's.
pub(crate) fn for_any_tenant(text: &str, platform: &PlatformName, tenant: &str) -> String {
    let resource = Arn::of(text).map_or(text, |arn| arn.resource);
    let (before, resource) = text.split_at(text.len() - resource.len());
    let after_platform = words(resource, platform.as_str()).next().map_or(0, |at| at + platform.as_str().len());
    let (kept, rest) = resource.split_at(after_platform);
    let mut general = format!("{before}{kept}");
    let mut last = 0;
    for at in words(rest, tenant) {
        general.push_str(&rest[last..at]);
        general.push('*');
        last = at + tenant.len();
    }
    general.push_str(&rest[last..]);
    general
}

/// Where a word stands in a text, with no letter or digit beside it.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !is_part(text[..*at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn general(text: &str, platform: &str, tenant: &str) -> String {
        for_any_tenant(text, &platform.parse().expect("a valid platform"), tenant)
    }

    #[test]
    fn tenant_becomes_a_pattern() {
        let bucket = general("arn:aws:s3:::saas-platform-acme-data/*", "saas-platform", "acme");
        assert_eq!(bucket, "arn:aws:s3:::saas-platform-*-data/*");
        let queue = general("arn:aws:sqs:us-west-2:345678901234:harbor-work-acme", "harbor", "acme");
        assert_eq!(queue, "arn:aws:sqs:us-west-2:345678901234:harbor-work-*");
    }

    #[test]
    fn platform_named_like_its_tenant_stays() {
        assert_eq!(general("arn:aws:s3:::saas-saas-data", "saas", "saas"), "arn:aws:s3:::saas-*-data");
    }

    #[test]
    fn tenant_within_a_word_is_none() {
        assert_eq!(general("arn:aws:s3:::saas-acmeful-data", "saas", "acme"), "arn:aws:s3:::saas-acmeful-data");
    }
}
