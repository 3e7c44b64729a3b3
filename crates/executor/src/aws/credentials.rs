//! Credentials from the standard sources of AWS, and the reason when there are none.
//!
//! When `AWS_PROFILE` names a profile, no other source is used: the role of the machine does not replace
//! it. The instance metadata is queried once with a short timeout, because most machines have no role.

use std::error::Error as StdError;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::http;

/// The environment variable that names a profile.
const PROFILE: &str = "AWS_PROFILE";
/// The environment variables of the access key.
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCredentials {
    /// No source has credentials.
    #[error("no AWS credentials found: none in the environment, in a profile, or from a role of this machine")]
    Nowhere,
    /// The environment has only one of the two keys.
    #[error("no AWS credentials found: {there} is set, but {missing} is not")]
    Half {
        /// The variable that is set.
        there: &'static str,
        /// The variable that is not set.
        missing: &'static str,
    },
    /// The profile in the environment is not defined, or has no credentials.
    #[error("the profile `{profile}` (AWS_PROFILE) is not in {files}, or has no credentials there")]
    NoSuchProfile {
        /// The profile.
        profile: String,
        /// The files that were searched for profiles.
        files: String,
    },
    /// A profile that another one refers to is not defined.
    #[error("the profile `{needed}`, which the profile `{profile}` (AWS_PROFILE) refers to, is not in {files}")]
    NoSourceProfile {
        /// The profile in the environment.
        profile: String,
        /// The missing profile.
        needed: String,
        /// The files that were searched for profiles.
        files: String,
    },
    /// The SSO session has expired, or was never started.
    #[error("{} has no valid SSO session: {reason}", of(.profile.as_deref()))]
    NoSession {
        /// The profile, if one is named.
        profile: Option<String>,
        /// The reason.
        reason: String,
    },
    /// A source exists and returned no credentials.
    #[error("{} provides no credentials: {reason}", of(.profile.as_deref()))]
    Failed {
        /// The profile, if one is named.
        profile: Option<String>,
        /// The reason.
        reason: String,
    },
}

fn of(profile: Option<&str>) -> String {
    profile.map_or_else(|| "the environment".to_owned(), |profile| format!("the profile `{profile}`"))
}

impl NoCredentials {
    /// Converts an error of the SDK; `None` when it is not about credentials.
    pub(crate) fn in_error(error: &(dyn StdError + 'static)) -> Option<Self> {
        let found = std::iter::successors(Some(error), |&error| error.source());
        let error = found.filter_map(|error| error.downcast_ref::<CredentialsError>()).next()?;
        Some(Self::of(error, |variable| std::env::var(variable).ok().filter(|value| !value.is_empty())))
    }

    fn of(error: &CredentialsError, environment: impl Fn(&str) -> Option<String>) -> Self {
        let profile = environment(PROFILE);
        let file = |variable, usual: &str| environment(variable).unwrap_or_else(|| usual.to_owned());
        let files = || {
            let (config, keys) =
                (file("AWS_CONFIG_FILE", "~/.aws/config"), file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"));
            format!("{config} or {keys}")
        };
        let causes: Vec<String> =
            std::iter::successors(error.source(), |&error| error.source()).map(ToString::to_string).collect();
        let reason = causes.last().cloned().unwrap_or_else(|| error.to_string());
        let says =
            |words: &[&str]| causes.iter().any(|cause| words.iter().any(|word| cause.to_lowercase().contains(word)));
        let undefined = causes.iter().chain([&reason]).find_map(|cause| {
            let (before, _) = cause.split_once("` was not defined")?;
            before.rsplit_once('`').map(|(_, name)| name.to_owned())
        });
        match (profile, undefined) {
            (Some(profile), Some(needed)) if needed != profile => {
                Self::NoSourceProfile { profile, needed, files: files() }
            }
            (Some(profile), _) if says(&["was not defined", "no profiles were defined"]) => {
                Self::NoSuchProfile { profile, files: files() }
            }
            (Some(profile), _) if matches!(error, CredentialsError::CredentialsNotLoaded(_)) => {
                Self::NoSuchProfile { profile, files: files() }
            }
            (profile, _) => Self::otherwise(error, profile, reason, &causes, environment),
        }
    }

    /// The error when the profile is defined.
    fn otherwise(
        error: &CredentialsError,
        profile: Option<String>,
        reason: String,
        causes: &[String],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let says =
            |words: &[&str]| causes.iter().any(|cause| words.iter().any(|word| cause.to_lowercase().contains(word)));
        let half = match KEYS.map(|key| environment(key).is_some()) {
            [true, false] => Some(Self::Half { there: KEYS[0], missing: KEYS[1] }),
            [false, true] => Some(Self::Half { there: KEYS[1], missing: KEYS[0] }),
            _ => None,
        };
        match profile {
            None if half.is_some() => half.unwrap_or(Self::Nowhere),
            profile if says(&["sso"]) => Self::NoSession { profile, reason },
            Some(profile) => Self::Failed { profile: Some(profile), reason },
            // The instance metadata is the last source, and most machines have none.
            None if says(&["imds", "instance metadata"]) || causes.is_empty() => Self::Nowhere,
            None if matches!(error, CredentialsError::CredentialsNotLoaded(_)) => Self::Nowhere,
            None => Self::Failed { profile: None, reason },
        }
    }

    /// What the operator can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Nowhere => {
                "set AWS_PROFILE to a profile of ~/.aws/config (log in with `aws sso login` if it uses SSO), or set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; without an account, use `--sandbox` or `saas rehearse`"
            }
            Self::Half { .. } => "set both, or unset both and set AWS_PROFILE",
            Self::NoSourceProfile { .. } => {
                "define it there, or set another `source_profile` or `sso_session` in the profile"
            }
            Self::NoSuchProfile { .. } => {
                "`aws configure list-profiles` lists the profiles; set AWS_PROFILE to one of them, or unset it"
            }
            Self::NoSession { .. } => "log in with `aws sso login`; if AWS_PROFILE is set, it uses that profile",
            Self::Failed { .. } => "run `aws sts get-caller-identity` to see whether other tools fail, too",
        }
    }
}

/// The source of credentials.
pub(super) async fn provider(client: SharedHttpClient, region: Option<&str>) -> SharedCredentialsProvider {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let region = region.map(|region| Region::new(region.to_owned()));
    let config = ProviderConfig::default().with_http_client(client).with_region(region.clone());
    if std::env::var(PROFILE).is_ok_and(|profile| !profile.is_empty()) {
        let profile = ProfileFileCredentialsProvider::builder().configure(&config).build();
        let environment = EnvironmentVariableCredentialsProvider::new();
        let chain = CredentialsProviderChain::first_try("Environment", environment).or_else("Profile", profile);
        return SharedCredentialsProvider::new(chain);
    }
    // Requests for instance metadata never use a proxy.
    let direct = ProviderConfig::default().with_http_client(http::direct()).with_region(region.clone());
    let machine = imds::Client::builder()
        .configure(&direct)
        .max_attempts(1)
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .operation_timeout(TIMEOUT)
        .build();
    let mut chain = DefaultCredentialsChain::builder().configure(config).imds_client(machine);
    // Otherwise the chain would query the instance metadata for the Region.
    chain.set_region(region);
    SharedCredentialsProvider::new(chain.build().await)
}

/// The destination of a configuration's calls, for the operator.
pub(super) fn destination(config: &SdkConfig) -> String {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    config.endpoint_url().map_or_else(|| format!("https://sts.{region}.amazonaws.com"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_text(error: CredentialsError, profile: Option<&str>) -> String {
        error_text_in(error, &profile.map(|profile| (PROFILE, profile)).into_iter().collect::<Vec<_>>())
    }

    fn error_text_in(error: CredentialsError, variables: &[(&str, &str)]) -> String {
        let error_text = NoCredentials::of(&error, |variable| {
            variables.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
        });
        assert!(!error_text.hint().is_empty());
        error_text.to_string()
    }

    #[test]
    fn incomplete_access_key_variables_are_both_named() {
        let missing = || CredentialsError::not_loaded("environment variable not set");
        assert_eq!(
            error_text_in(missing(), &[(KEYS[0], "AKIA")]),
            "no AWS credentials found: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"
        );
        assert!(error_text_in(missing(), &[(KEYS[1], "secret")]).contains("but AWS_ACCESS_KEY_ID is not"));
        assert!(error_text_in(missing(), &[]).contains("none in the environment"));
    }

    #[test]
    fn missing_source_profile_is_named_with_the_config_files() {
        let missing = || CredentialsError::invalid_configuration("profile `bar` was not defined: `foo` needs it");
        let files = [(PROFILE, "foo"), ("AWS_CONFIG_FILE", "/etc/aws")];
        assert_eq!(
            error_text_in(missing(), &files),
            "the profile `bar`, which the profile `foo` (AWS_PROFILE) refers to, is not in /etc/aws or ~/.aws/credentials"
        );
        let none = CredentialsError::not_loaded("No profiles were defined");
        assert!(error_text_in(none, &files).contains("is not in /etc/aws or ~/.aws/credentials"));
    }

    #[test]
    fn missing_credentials_error_names_all_sources_and_not_imds() {
        let error = CredentialsError::provider_error("failed to load IMDS session token");
        let text = error_text(error, None);
        assert!(text.starts_with("no AWS credentials found"), "{text}");
        assert!(!text.contains("IMDS"), "{text}");
        for word in ["AWS_PROFILE", "aws sso login", "--sandbox"] {
            assert!(NoCredentials::Nowhere.hint().contains(word), "{word}");
        }
    }

    #[test]
    fn error_names_the_missing_profile() {
        let missing = CredentialsError::invalid_configuration("profile `nope` was not defined: could not find it");
        assert!(error_text(missing, Some("nope")).contains("the profile `nope` (AWS_PROFILE) is not in"));
        let none = CredentialsError::not_loaded("No profiles were defined");
        assert!(error_text(none, Some("nope")).contains("the profile `nope` (AWS_PROFILE) is not in"));
        let failed = CredentialsError::provider_error("credential_process ended with 1");
        let text = error_text(failed, Some("ci"));
        assert_eq!(text, "the profile `ci` provides no credentials: credential_process ended with 1");
    }

    #[test]
    fn expired_sso_session_is_distinguished_from_a_wrong_profile() {
        let expired_session = || CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        assert!(
            error_text(expired_session(), Some("dev"))
                .starts_with("the profile `dev` has no valid SSO session: the SSO token")
        );
        assert!(error_text(expired_session(), None).starts_with("the environment has no valid SSO session"));
    }
}
