//! A tenant's outputs: its URL, its connection string without the password, and the name of the
//! password's secret. The password itself is only in Secrets Manager.

use saas_model::{Address, Attribute, Template};

use super::TenantBuilder;
use crate::database;

impl TenantBuilder<'_> {
    pub(super) fn outputs(&self) -> [(Address, Template); 3] {
        let spec = self.shared.spec;
        let scheme = if spec.certificate_of(self.tenant).is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", self.names.host(&spec.platform.domain));
        let connection = Template::literal(format!("postgresql://{}@", self.app_role))
            .then_output(self.shared.db_cluster.address().clone(), Attribute::Endpoint)
            .then(format!(
                ":{}/{}?sslmode=verify-full&options=-csearch_path%3D{}",
                database::PORT,
                spec.database.name,
                self.names.schema(),
            ));
        [
            ("connection", connection),
            ("password-secret", Template::literal(self.names.secret())),
            ("url", Template::literal(url)),
        ]
        .map(|(name, text)| (Address::of_tenant(&self.tenant.id, name), text))
    }
}
