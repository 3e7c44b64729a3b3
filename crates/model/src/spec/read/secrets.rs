//! The `secrets` of a container.

use toml_span::Span;

use super::super::keys::{secret, service as key};
use super::super::{SecretSource, Text};
use super::Reader;
use super::setting::{Inherit, Named, Setting, settings};
use crate::identifier::{InvalidIdentifier, ParameterName, SecretKey, SecretName, VariableName};
use crate::toml::{At, Section};

settings! {
    /// `NAME = { … }`. A tenant that has a source of its own has nothing of the platform's.
    SecretSettings {
        source: Setting<Source>,
    }
}

/// Where a value comes from, as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    generate: Option<u32>,
    parameter: Option<Text>,
    secret: Option<Text>,
    key: Option<SecretKey>,
    database: Option<String>,
}

/// The only part of the login that is a secret.
const PASSWORD: &str = "password";

impl SecretSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Named<VariableName, Self> {
        let sections = section.named_sections::<VariableName>(key::SECRETS, &secret::TABLE, None);
        let one = |(name, section): (At<VariableName>, Section<'_>)| (name.value, Self::one(section, name.span));
        sections.into_iter().map(one).collect()
    }

    fn one(mut section: Section<'_>, span: Span) -> Self {
        let generate = section.number_if_any(secret::GENERATE, 8..=1_024);
        let parameter = section.text_if_any(secret::PARAMETER);
        let secret = section.text_if_any(secret::SECRET);
        let key = section.text_if_any(secret::KEY);
        let database = section.text_if_any(secret::DATABASE);
        let source = || {
            Some(Source {
                generate: generate.optional()?,
                parameter: parameter.optional()?,
                secret: secret.optional()?,
                key: key.optional()?,
                database: database.optional()?,
            })
        };
        Self { source: Setting::read(span, source()) }
    }

    pub(super) fn build(self) -> Option<SecretSource> {
        let Source { generate, parameter, secret, key, database } = self.source.field.required()?;
        Some(match (generate, parameter, secret, database) {
            (Some(length), None, None, None) => SecretSource::Generate { length },
            (None, Some(name), None, None) => SecretSource::Parameter { name },
            (None, None, Some(name), None) => SecretSource::Secret { name, key },
            (None, None, None, Some(_)) => SecretSource::DatabasePassword,
            _ => return None,
        })
    }

    pub(super) fn own_span(&self) -> Option<Span> {
        self.source.own_span()
    }

    /// The number of characters to generate, with its location.
    pub(super) fn generated(&self) -> Option<(u32, Span)> {
        let source = self.source.valid()?;
        Some((source.generate?, source.span))
    }
}

impl Reader<'_> {
    pub(super) fn check_secret(&self, SecretSettings { source }: &SecretSettings) {
        let Some(source) = source.own() else { return };
        let Source { generate, parameter, secret, key, database } = &source.value;
        let given = [generate.is_some(), parameter.is_some(), secret.is_some(), database.is_some()];
        if given.into_iter().filter(|given| *given).count() != 1 {
            let message = "a secret has one of `generate`, `parameter`, `secret` and `database`";
            let help = "write `{ generate = 64 }`, `{ parameter = \"/app/name\" }`, `{ secret = \"app/name\" }` or \
                        `{ database = \"password\" }`";
            self.document.problem(source.span, message, "this secret", Some(help));
            return;
        }
        if key.is_some() && secret.is_none() {
            let message = "only a `secret` has keys";
            self.document.problem(source.span, message, "this secret", Some("remove `key`"));
        }
        if let Some(part) = database.as_ref().filter(|part| *part != PASSWORD) {
            let message = format!("`{part}` is no secret of the database's login");
            let help = "write `database = \"password\"`; host, name and user are `{database.host}`, `{database.name}` and \
                        `{tenant.database_user}` in `environment`";
            self.document.problem(source.span, message, "this secret", Some(help));
        }
        if let Some(name) = parameter {
            self.check_external(name, source.span, "an SSM parameter", |name| ParameterName::new(name).err());
        }
        if let Some(name) = secret {
            self.check_external(name, source.span, "a secret", |name| SecretName::new(name).err());
        }
    }

    fn check_external(&self, name: &Text, span: Span, what: &str, check: impl Fn(String) -> Option<InvalidIdentifier>) {
        let message = match name.longest() {
            Ok(longest) => match check(longest) {
                Some(invalid) => format!("`{name}` cannot be the name of {what}: {}", invalid.reason),
                None => return,
            },
            Err(placeholder) => format!("`{{{placeholder}}}` cannot be part of the name of {what}"),
        };
        self.document.problem(span, message, "this secret", None);
    }
}
