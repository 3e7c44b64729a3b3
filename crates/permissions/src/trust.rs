//! The trust of a role that workflows of GitHub Actions assume.

use std::str::FromStr;

use saas_model::Plan;
use serde_json::{Value, json};

/// The issuer of the tokens that GitHub gives to workflows.
/// Source: GitHub Docs, "Configuring OpenID Connect in Amazon Web Services".
const ISSUER: &str = "token.actions.githubusercontent.com";

/// Workflows of a repository: `OWNER/REPO`, `OWNER/REPO:ENVIRONMENT` or `OWNER/REPO:refs/heads/BRANCH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHub {
    repository: String,
    runs: Runs,
}

/// Which workflow runs of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Runs {
    /// All of them, on any branch and of pull requests.
    All,
    /// Those in an environment, which can ask for an approval.
    Environment(String),
    /// Those of a branch or a tag.
    Ref(String),
}

/// The text names no workflows of GitHub.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write OWNER/REPO, with :ENVIRONMENT or :refs/heads/BRANCH behind it to let fewer workflows in")]
pub struct InvalidGitHub;

impl FromStr for GitHub {
    type Err = InvalidGitHub;

    fn from_str(text: &str) -> Result<Self, InvalidGitHub> {
        let (repository, runs) = text.split_once(':').map_or((text, None), |(before, after)| (before, Some(after)));
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let (owner, name) = repository.split_once('/').ok_or(InvalidGitHub)?;
        // `*` and `?` would be patterns.
        let is_plain = |runs: &str| !runs.is_empty() && !runs.contains(['*', '?', '$', '"', '\\', ' ', ':']);
        if !is_name(owner) || !is_name(name) || !runs.is_none_or(is_plain) {
            return Err(InvalidGitHub);
        }
        let runs = match runs {
            None => Runs::All,
            Some(name) if name.starts_with("refs/") => Runs::Ref(name.to_owned()),
            Some(name) => Runs::Environment(name.to_owned()),
        };
        Ok(Self { repository: repository.to_owned(), runs })
    }
}

impl GitHub {
    /// Whether workflows of any branch, also of one that was not reviewed, can assume the role.
    #[must_use]
    pub fn is_every_run(&self) -> bool {
        self.runs == Runs::All
    }

    /// The subject of the tokens, and whether it is a pattern.
    /// Source: GitHub Docs, "OpenID Connect reference", example subject claims.
    fn subject(&self) -> (String, bool) {
        let Self { repository, runs } = self;
        match runs {
            Runs::All => (format!("repo:{repository}:*"), true),
            Runs::Environment(name) => (format!("repo:{repository}:environment:{name}"), false),
            Runs::Ref(name) => (format!("repo:{repository}:ref:{name}"), false),
        }
    }
}

/// The trust policy of a role that these workflows assume.
pub(crate) fn trust(plan: &Plan, github: &GitHub) -> Value {
    let provider = plan.header().place().global_arn("iam", format_args!("oidc-provider/{ISSUER}"));
    let (subject, is_pattern) = github.subject();
    let (audience_key, subject_key) = (format!("{ISSUER}:aud"), format!("{ISSUER}:sub"));
    let audience = json!({ audience_key.clone(): "sts.amazonaws.com" });
    let condition = if is_pattern {
        json!({ "StringEquals": audience, "StringLike": { subject_key: subject } })
    } else {
        json!({ "StringEquals": { audience_key: "sts.amazonaws.com", subject_key: subject } })
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "GitHubActions",
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Option<(String, bool)> {
        text.parse::<GitHub>().ok().map(|github| github.subject())
    }

    #[test]
    fn environments_and_refs_are_told_apart() {
        let exact = |subject: &str| Some((subject.to_owned(), false));
        assert_eq!(subject("acme/infra:production"), exact("repo:acme/infra:environment:production"));
        assert_eq!(subject("acme/infra:refs/heads/main"), exact("repo:acme/infra:ref:refs/heads/main"));
        assert_eq!(subject("acme/infra"), Some(("repo:acme/infra:*".to_owned(), true)));
    }

    #[test]
    fn patterns_and_incomplete_names_are_refused() {
        for text in ["acme", "acme/", "/infra", "acme/*", "acme/infra:", "acme/infra:refs/heads/*", "a/b/c", "a/b:c:d"]
        {
            assert_eq!(subject(text), None, "{text}");
        }
    }
}
