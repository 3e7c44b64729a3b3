//! A tenant's outputs: its URLs, its connection string without the password, and the name of the
//! password's secret. The password itself is only in Secrets Manager.

use itertools::Itertools as _;
use saas_model::identifier::HostPattern;
use saas_model::spec::Route;
use saas_model::{Address, Attribute, Template};

use super::TenantBuilder;
use crate::database;

impl TenantBuilder<'_> {
    pub(super) fn outputs(&self) -> Vec<(Address, Template)> {
        let spec = self.shared.spec;
        let connection = Template::literal(format!("postgresql://{}@", self.app_role))
            .then_output(self.shared.db_cluster.address().clone(), Attribute::Endpoint)
            .then(format!(
                ":{}/{}?sslmode=verify-full&options=-csearch_path%3D{}",
                database::PORT,
                spec.database.name,
                self.search_path().iter().join("%2C"),
            ));
        let address = |name: &str| Address::of_tenant(&self.tenant.id, name);
        let mut outputs = vec![
            (address("connection"), connection),
            (address("password-secret"), Template::literal(self.names.secret())),
        ];
        for route in self.tenant.routes() {
            // At most one service has all paths of the tenant's own host.
            let name = match route {
                Route { host: None, paths: [], .. } => "url".to_owned(),
                Route { service, .. } => format!("service/{service}/url"),
            };
            outputs.push((address(&name), Template::literal(self.url(&route))));
        }
        outputs
    }

    /// The URL of a service: its host without wildcards, and its first path.
    fn url(&self, route: &Route<'_>) -> String {
        let path = route.paths.first().map_or("", |path| path.as_str().trim_end_matches('*'));
        format!("{}://{}{path}", self.scheme(), self.host(route))
    }

    /// The host name of a service without wildcards.
    pub(super) fn host(&self, route: &Route<'_>) -> HostPattern {
        let domain = &self.shared.spec.platform.domain;
        match route.host {
            None => self.names.host(domain),
            Some(host) => self.names.host_of(host, domain).expect("the lengths of hosts are checked in the spec"),
        }
    }
}
