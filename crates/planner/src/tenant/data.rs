//! A tenant's data: its bucket, schema, password and logs.

use saas_model::plan::Draft;
use saas_model::resource::{
    Bucket, BucketEncryption, LogGroup, ObjectOwnership, PublicAccessBlock, Secret, TenantSchema,
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
            policy: self.bucket_policy(),
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
            connection_limit: self.shared.spec.database.connections_per_tenant,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            idle_in_transaction_timeout_ms: IDLE_IN_TRANSACTION_TIMEOUT_MS,
        };
        self.owner.draft(&self.addresses.schema, schema)
    }

    pub(super) fn password(&self) -> Draft {
        let secret = Secret {
            name: self.names.secret(),
            description: format!("password of the database role {}", self.app_role),
            rotation: false,
        };
        self.owner.draft(&self.addresses.password, secret)
    }

    pub(super) fn log_group(&self) -> Draft {
        let group = LogGroup { name: self.names.log_group(), retention_days: self.shared.spec.logs.retention_days };
        self.owner.draft(&self.addresses.log_group, group)
    }
}
