//! A tenant's data: its bucket, schema, secrets and logs.

use saas_model::Ref;
use saas_model::identifier::{PgIdent, SecretName};
use saas_model::plan::Draft;
use saas_model::resource::{
    Bucket, BucketEncryption, EXTENSIONS_SCHEMA, LogGroup, Migrator, ObjectOwnership, PublicAccessBlock, Secret,
    SecretContent, TenantSchema,
};

use super::TenantBuilder;

const STATEMENT_TIMEOUT_MS: u32 = 30_000;
const LOCK_TIMEOUT_MS: u32 = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 60_000;

impl TenantBuilder<'_> {
    pub(super) fn bucket(&self) -> Draft {
        let bucket = Bucket {
            name: self.bucket.clone(),
            public_access_block: PublicAccessBlock::ALL,
            ownership: ObjectOwnership::BucketOwnerEnforced,
            encryption: BucketEncryption::Aes256,
            versioning: true,
            policy: self.shared.bucket_policies.of_tenant(&self.place().bucket_arn(&self.bucket), &self.tenant.id),
        };
        self.owner.draft(&self.addresses.bucket, bucket)
    }

    pub(super) fn schema(&self) -> Draft {
        let schema = TenantSchema {
            access: self.shared.database_access.clone(),
            schema: self.names.schema(),
            owner: self.names.owner_role(),
            app: self.app_role.clone(),
            password: self.addresses.password.clone(),
            migrator: self.tenant.migration().map(|_| Migrator {
                role: self.names.migrator_role(),
                password: self.addresses.migrator_password.clone(),
            }),
            search_path: self.search_path(),
            connection_limit: self.shared.spec.database.connections_per_tenant,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            idle_in_transaction_timeout_ms: IDLE_IN_TRANSACTION_TIMEOUT_MS,
        };
        self.owner.draft(&self.addresses.schema, schema)
    }

    /// The schemas in which its roles look up names.
    pub(super) fn search_path(&self) -> Vec<PgIdent> {
        let extensions = Some(EXTENSIONS_SCHEMA).filter(|_| !self.shared.spec.database.extensions.is_empty());
        let extensions = extensions.map(|name| name.parse().expect("the name of the schema is valid"));
        std::iter::once(self.names.schema()).chain(extensions).collect()
    }

    /// The password of its application.
    pub(super) fn password(&self) -> Draft {
        self.password_of(&self.addresses.password, self.names.secret(), &self.app_role)
    }

    /// The password of its migrations.
    pub(super) fn migrator_password(&self) -> Option<Draft> {
        self.migration.as_ref()?;
        let (address, role) = (&self.addresses.migrator_password, self.names.migrator_role());
        Some(self.password_of(address, self.names.migrator_secret(), &role))
    }

    /// The values that are generated for its containers.
    pub(super) fn generated_secret(&self) -> Option<Draft> {
        if self.generated.is_empty() {
            return None;
        }
        let secret = Secret {
            name: self.names.generated_secret(),
            description: format!("generated for the containers of {}", self.tenant.id),
            content: SecretContent::Generated(self.generated.clone()),
            rotation: false,
            policy: self.secret_policy(),
        };
        Some(self.owner.draft(&self.addresses.generated_secret, secret))
    }

    fn password_of(&self, address: &Ref<Secret>, name: SecretName, role: &PgIdent) -> Draft {
        let description = format!("password of the database role {role}");
        let (content, policy) = (SecretContent::Password, self.secret_policy());
        let secret = Secret { name, description, content, rotation: false, policy };
        self.owner.draft(address, secret)
    }

    pub(super) fn log_group(&self) -> Draft {
        let group = LogGroup { name: self.names.log_group(), retention_days: self.shared.spec.logs.retention_days };
        self.owner.draft(&self.addresses.log_group, group)
    }
}
