//! The settings of a container.

use toml_span::Span;

use super::super::credentials::suspicion;
use super::super::keys::{service as key, variable, writable};
use super::super::writable::{check_path, overlapping};
use super::super::{ContainerSpec, Text, UnknownPlaceholder, WritablePath};
use super::Reader;
use super::secrets::SecretSettings;
use super::setting::{Inherit, Named, Setting, settings};
use crate::identifier::{ContainerUser, Image, VariableName};
use crate::toml::{At, Explained, Field, Section};

/// The writable directory of a container whose other files are read-only, unless the spec says others.
const WRITABLE: &str = "/tmp";

/// The size of a writable directory in MiB.
const WRITABLE_SIZE: u32 = 64;

/// The longest time that a task on Fargate has to stop, in seconds.
/// Source: Amazon ECS API, `ContainerDefinition`, `stopTimeout`.
const LONGEST_STOP: u32 = 120;

settings! {
    /// What `like` takes from the main container of a service.
    ContainerSettings {
        image: Setting<Image>,
        entrypoint: Setting<Vec<At<String>>>,
        user: Setting<ContainerUser>,
        stop_timeout: Setting<u32>,
        writable: Setting<Vec<At<WritablePath>>>,
        readonly_root: Setting<bool>,
        environment: Named<VariableName, Variable>,
        secrets: Named<VariableName, SecretSettings>,
    }

    /// An environment variable.
    Variable {
        value: Setting<Text>,
    }
}

/// Why a text cannot be the value of an environment variable.
#[derive(Clone, Debug, thiserror::Error)]
enum NotAValue {
    #[error(transparent)]
    Placeholder(#[from] UnknownPlaceholder),
    #[error("{0}, and both spec and plan are checked in")]
    Secret(String),
}

impl Explained for NotAValue {
    fn cure(&self) -> Option<String> {
        match self {
            Self::Placeholder(unknown) => unknown.cure(),
            Self::Secret(_) => Some(
                "name it under `secrets`: as `{ generate = 64 }`, which saas makes, or as `{ parameter = \"/app/name\" }` \
                 or `{ secret = \"app/name\" }`, which you store; make a new one, because this one was written to a \
                 file. What is public is written `{ public = \"…\" }`"
                    .to_owned(),
            ),
        }
    }
}

/// The value of a variable, which must not be a secret.
fn value(name: &str, text: &str) -> Result<Text, NotAValue> {
    suspicion(name, text).map_or_else(|| Ok(text.parse()?), |what| Err(NotAValue::Secret(what)))
}

/// A value of which the spec says that it is public.
fn public_value(mut section: Section<'_>) -> Option<Text> {
    section.text(variable::PUBLIC).required()
}

impl ContainerSettings {
    /// Reads them; `is_complete` when the image cannot come from elsewhere.
    pub(super) fn read(section: &mut Section<'_>, is_complete: bool) -> Self {
        let image = if is_complete { section.text(key::IMAGE) } else { section.text_if_any(key::IMAGE) };
        let environment =
            section.named_items::<VariableName, _, _>(key::ENVIRONMENT, &variable::TABLE, value, public_value);
        Self {
            image: image.into(),
            entrypoint: section.texts_if_any(key::ENTRYPOINT).into(),
            user: section.text_if_any(key::USER).into(),
            stop_timeout: section.number_if_any(key::STOP_TIMEOUT, 2..=LONGEST_STOP).into(),
            writable: section.items_if_any(key::WRITABLE, &writable::TABLE, of_default_size, writable_path).into(),
            readonly_root: section.flag_if_any(key::READONLY_ROOT).into(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.value, Variable { value: value.into() }))
                .collect(),
            secrets: SecretSettings::read(section),
        }
    }

    pub(super) fn build(self, command: Field<Vec<At<String>>>) -> Option<ContainerSpec> {
        let writable = self.writable_paths();
        let Self { image, entrypoint, user, stop_timeout, writable: _, readonly_root, environment, secrets } = self;
        let texts = |texts: Field<Vec<At<String>>>| {
            let texts = texts.optional()?.unwrap_or_default();
            Some(texts.into_iter().map(|text| text.value).collect::<Vec<_>>())
        };
        let variable = |(name, variable): (VariableName, Variable)| Some((name, variable.value.field.required()?));
        let secret = |(name, secret): (VariableName, SecretSettings)| Some((name, secret.build()?));
        Some(ContainerSpec {
            image: image.field.required()?,
            entrypoint: texts(entrypoint.field)?,
            command: texts(command)?,
            user: user.field.optional()?,
            stop_timeout_seconds: stop_timeout.field.optional()?,
            writable,
            readonly_root: readonly_root.field.or(true)?,
            environment: environment.into_iter().map(variable).collect::<Option<_>>()?,
            secrets: secrets.into_iter().map(secret).collect::<Option<_>>()?,
        })
    }

    /// The writable directories, in path order.
    fn writable_paths(&self) -> Vec<WritablePath> {
        let mut paths: Vec<WritablePath> = match self.writable.valid() {
            Some(paths) => paths.iter().map(|path| path.value.clone()).collect(),
            None if self.has_readonly_root() => vec![of_default_size(WRITABLE.to_owned())],
            None => Vec::new(),
        };
        paths.sort();
        paths
    }

    /// The MiB that its writable directories take of the task's memory.
    pub(super) fn size_of_writable(&self) -> u32 {
        self.writable_paths().iter().map(|path| path.size).fold(0, u32::saturating_add)
    }

    pub(super) fn has_readonly_root(&self) -> bool {
        self.readonly_root.valid().is_none_or(|at| at.value)
    }

    /// The location of a setting of its own that decides how much memory its directories take.
    pub(super) fn own_span_of_writable(&self) -> Option<Span> {
        self.writable.own_span().or(self.readonly_root.own_span())
    }
}

fn of_default_size(path: String) -> WritablePath {
    WritablePath { path, size: WRITABLE_SIZE }
}

fn writable_path(mut section: Section<'_>) -> Option<WritablePath> {
    let (path, size) = (section.text::<String>(writable::PATH), section.number_if_any(writable::SIZE, 1..=122_880));
    Some(WritablePath { path: path.required()?, size: size.or(WRITABLE_SIZE)? })
}

impl Reader<'_> {
    /// Checks constraints between settings. A problem is reported at a value of the table itself.
    pub(super) fn check_container(&self, settings: &ContainerSettings) {
        // The other settings were validated when they were read.
        let ContainerSettings {
            image: _,
            entrypoint: _,
            user: _,
            stop_timeout: _,
            writable,
            readonly_root: _,
            environment,
            secrets,
        } = settings;
        if let Some(paths) = writable.own() {
            self.check_writable(&paths.value);
        }
        let variables = environment.iter().map(|(name, Variable { value })| (name, value.own_span()));
        let all = variables.chain(secrets.iter().map(|(name, secret)| (name, secret.own_span())));
        for (name, span) in all {
            if let (Some(reason), Some(span)) = (reserved(name), span) {
                let message = format!("`{name}` cannot be set: {reason}");
                self.document.problem(span, message, "this variable", Some("use another name"));
            }
        }
        for (name, secret) in secrets {
            self.check_secret(secret);
            let Some(Variable { value }) = environment.get(name) else { continue };
            if let Some(span) = value.own_span().or(secret.own_span()) {
                let message = format!("`{name}` is both an environment variable and a secret");
                self.document.problem(span, message, "this variable", Some("keep one of the two"));
            }
        }
    }

    fn check_writable(&self, paths: &[At<WritablePath>]) {
        let mut accepted: Vec<&At<WritablePath>> = Vec::new();
        for path in paths {
            if let Err(reason) = check_path(&path.path) {
                let message = format!("`{}` cannot be a writable directory: {reason}", path.path);
                let help = Some("name a directory by its absolute path, such as `/var/cache/nginx`");
                self.document.problem(path.span, message, "this path", help);
            } else if let Some((other, reason)) = accepted
                .iter()
                .find_map(|other| overlapping(&path.path, &other.path).map(|reason| (&other.path, reason)))
            {
                let message = format!("`{}` {reason} `{other}`", path.path);
                self.document.problem(path.span, message, "this path", Some("keep one of the two"));
            } else {
                accepted.push(path);
            }
        }
    }
}

/// The variables that saas sets in every container.
const OF_SAAS: [&str; 9] = [
    "BUCKET",
    "DATABASE_HOST",
    "DATABASE_NAME",
    "DATABASE_PASSWORD",
    "DATABASE_PORT",
    "DATABASE_SCHEMA",
    "DATABASE_SSLMODE",
    "DATABASE_USER",
    "TENANT_ID",
];

/// Why a variable of this name cannot be set.
fn reserved(name: &VariableName) -> Option<&'static str> {
    let name = name.as_str();
    // Source: Amazon ECS Developer Guide, "Task IAM role" and "Task metadata endpoint".
    let of_aws = ["AWS_CONTAINER_", "AWS_EXECUTION_", "ECS_"].iter().any(|prefix| name.starts_with(prefix));
    let is_key = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&name);
    if OF_SAAS.contains(&name) {
        Some("saas sets it, to the tenant's own")
    } else if is_key {
        Some("it would take the place of the task's role")
    } else if of_aws {
        Some("ECS sets variables of this prefix")
    } else {
        None
    }
}
