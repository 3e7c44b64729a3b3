//! The `[database]` table.

use super::super::Database;
use super::super::extensions::{extension_for_tenants, needed_by};
use super::super::keys::database as key;
use super::super::rds::{LIBRARIES, NotAName, database_name, loads, master_user, offers_major};
use super::Reader;
use crate::identifier::{EngineVersion, ExtensionName, InstanceClass, PgIdent};
use crate::suggest::nearest;
use crate::toml::{At, Field, Section};

/// The default.
const CONNECTIONS_PER_TENANT: u32 = 20;

/// `[database]`.
struct DatabaseFields {
    engine_version: Field<EngineVersion>,
    instance_class: Field<InstanceClass>,
    name: Field<PgIdent>,
    admin: Field<PgIdent>,
    shared_preload_libraries: Field<Vec<At<String>>>,
    connections_per_tenant: Field<u32>,
    extensions: Field<Vec<At<ExtensionName>>>,
}

impl DatabaseFields {
    fn read(mut section: Section<'_>) -> Self {
        Self {
            engine_version: section.text(key::ENGINE_VERSION),
            instance_class: section.text(key::INSTANCE_CLASS),
            name: section.text(key::NAME),
            admin: section.text(key::ADMIN),
            shared_preload_libraries: section.texts(key::SHARED_PRELOAD_LIBRARIES),
            connections_per_tenant: section.number_if_any(key::CONNECTIONS_PER_TENANT, 1..=5_000),
            extensions: section.texts_if_any(key::EXTENSIONS),
        }
    }

    fn build(self) -> Option<Database> {
        let Self {
            engine_version,
            instance_class,
            name,
            admin,
            shared_preload_libraries: libraries,
            connections_per_tenant: connections,
            extensions,
        } = self;
        let extensions = extensions.optional()?.unwrap_or_default();
        let mut extensions: Vec<ExtensionName> = extensions.into_iter().map(|extension| extension.value).collect();
        // Their order has no meaning.
        extensions.sort();
        Some(Database {
            engine_version: engine_version.required()?,
            instance_class: instance_class.required()?,
            name: name.required()?,
            admin: admin.required()?,
            shared_preload_libraries: libraries.required()?.into_iter().map(|library| library.value).collect(),
            connections_per_tenant: connections.or(CONNECTIONS_PER_TENANT)?,
            extensions,
        })
    }
}

impl Reader<'_> {
    pub(super) fn database(&self, section: Section<'_>) -> Option<Database> {
        let fields = DatabaseFields::read(section);
        let DatabaseFields {
            engine_version,
            instance_class,
            name,
            admin,
            shared_preload_libraries,
            connections_per_tenant: _,
            extensions,
        } = &fields;
        if let Some(version) = engine_version.valid()
            && let Err(reason) = offers_major(version)
        {
            self.document.problem(version.span, reason, "this version", Some("use a version such as `16.6`"));
        }
        if let Some(class) = instance_class.valid()
            && let Err(refused) = class.check_offered()
        {
            let message = format!("`{}`: {}", **class, refused.reason);
            self.document.problem(class.span, message, "this class", Some(&refused.cure));
        }
        self.check_name(name, "database", database_name);
        self.check_name(admin, "master user", master_user);
        for library in shared_preload_libraries.valid().into_iter().flat_map(|libraries| &libraries.value) {
            self.check_library(library, engine_version.valid());
        }
        let libraries = shared_preload_libraries.valid().map(|libraries| libraries.value.clone());
        self.check_unique("library", libraries.unwrap_or_default());
        for extension in extensions.valid().into_iter().flat_map(|extensions| &extensions.value) {
            if let Err(NotAName { reason, cure }) = extension_for_tenants(extension.as_str()) {
                let message = format!("tenants cannot have the extension `{}`: {reason}", extension.value);
                self.document.problem(extension.span, message, "this extension", Some(&cure));
            }
        }
        self.check_needed(extensions.valid());
        let names = extensions.valid().map(|extensions| extensions.value.clone());
        self.check_unique("extension", names.unwrap_or_default());
        fields.build()
    }

    fn check_needed(&self, extensions: Option<&At<Vec<At<ExtensionName>>>>) {
        let all = extensions.map(|extensions| extensions.value.as_slice()).unwrap_or_default();
        for extension in all {
            for needed in needed_by(extension.as_str()) {
                if all.iter().all(|other| other.as_str() != needed) {
                    let message = format!("the extension `{}` needs `{needed}`", extension.value);
                    let help = format!("add `\"{needed}\"` to `extensions`");
                    self.document.problem(extension.span, message, "this extension", Some(&help));
                }
            }
        }
    }

    fn check_name(&self, name: &Field<PgIdent>, what: &str, check: impl Fn(&str) -> Result<(), NotAName>) {
        let Some(name) = name.valid() else { return };
        if let Err(NotAName { reason, cure }) = check(name.as_str()) {
            let message = format!("`{}` cannot be the name of a {what}: {reason}", **name);
            self.document.problem(name.span, message, "this name", Some(&cure));
        }
    }

    fn check_library(&self, library: &At<String>, version: Option<&At<EngineVersion>>) {
        if LIBRARIES.contains(&library.as_str()) {
            if let Some(version) = version
                && let Err(first) = loads(version, library)
            {
                let message = format!("Aurora PostgreSQL {} cannot load the library `{}`", **version, **library);
                let help = format!("it requires {first} or later: remove it, or raise `engine_version`");
                self.document.problem(library.span, message, "this library", Some(&help));
            }
            return;
        }
        let help = match nearest(library, LIBRARIES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("it supports {}", LIBRARIES.join(", ")),
        };
        let message = format!("Aurora PostgreSQL has no library `{}`", **library);
        self.document.problem(library.span, message, "this library", Some(&help));
    }
}
