//! A server, and a plan of a database with some tenants for it.

use std::collections::BTreeMap;

use saas_model::fields::differences;
use saas_model::identifier::TenantId;
use saas_model::names::Names;
use saas_model::resource::{DatabaseAccess, Migrator, ResourceSpec, TenantSchema};
use saas_model::{Address, Kind, Ref, Resource};
use saas_tests::postgres::{PostgresServer, Setup};
use tokio_postgres::Client;

use crate::postgres::{Database, PostgresError, PostgresOptions, TlsMode};
use crate::provider::{self, Changes};
use crate::state::observed::{Identity, ObservedResource};
use crate::testing::Bench;
use crate::testing::database::{self, CLUSTER, WRITER};

/// The host name in the certificates, which does not resolve.
pub(crate) const ENDPOINT: &str = "saas-platform-db.cluster-c0ffee.us-east-1.rds.amazonaws.com";
pub(crate) const ADMIN_PASSWORD: &str = "the-administrator's-own";

pub(crate) struct Stage {
    pub(crate) server: PostgresServer,
    pub(crate) bench: Bench,
}

/// The password of a tenant, easy to find in a log.
pub(crate) fn password(tenant: &str) -> String {
    format!("plain-text-of-{tenant}")
}

/// The password of a tenant's migrations.
pub(crate) fn migrator_password(tenant: &str) -> String {
    format!("plain-text-of-migrations-of-{tenant}")
}

fn migrator_secret(tenant: &TenantId) -> String {
    format!("tenant/{tenant}/migrator-password")
}

/// Plans a migrator for a tenant, whose secret every stage has.
pub(crate) fn with_migrator(schema: &mut TenantSchema) {
    let tenant = schema.password.address().tenant().expect("it is a tenant's").parse().expect("valid");
    let role = format!("t_{}_migrator", schema.schema).parse().expect("valid");
    let password = Ref::to(Address::literal(migrator_secret(&tenant)));
    schema.migrator = Some(Migrator { role, password });
}

pub(crate) fn address(tenant: &str) -> String {
    format!("tenant/{tenant}/schema")
}

/// A server with the setup of most tests.
pub(crate) fn setup() -> Setup {
    Setup { admin_password: Some(ADMIN_PASSWORD.into()), ..Setup::default() }
}

/// The options to reach such a server.
pub(crate) fn options(server: &PostgresServer) -> PostgresOptions {
    PostgresOptions { hostaddr: Some(server.hostaddr()), tls: TlsMode::Disable, ..PostgresOptions::default() }
}

impl Stage {
    /// An empty server, and a plan with these tenants.
    pub(crate) async fn empty(tenants: &[&str]) -> Self {
        let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
        let options = options(&server);
        Self { bench: bench(tenants, &|_| {}, options).await, server }
    }

    /// A server on which these tenants were created.
    pub(crate) async fn with(tenants: &[&str]) -> Self {
        let stage = Self::empty(tenants).await;
        stage.make("database/access").await;
        for tenant in tenants {
            stage.make(&address(tenant)).await;
        }
        stage
    }

    /// The same server, with another plan.
    pub(crate) async fn replanned(self, tenants: &[&str], change: &dyn Fn(&mut TenantSchema)) -> Self {
        self.planned_with(tenants, &[], change).await
    }

    /// The same server, with another plan with these extensions.
    pub(crate) async fn planned_with(
        self,
        tenants: &[&str],
        extensions: &[&str],
        change: &dyn Fn(&mut TenantSchema),
    ) -> Self {
        let bench = bench_with(tenants, extensions, change, options(&self.server)).await;
        let stage = Self { bench, server: self.server };
        stage.observe(Kind::DatabaseAccess).await;
        stage.observe(Kind::TenantSchema).await;
        stage
    }

    /// Creates the resource at an address, or updates it to the plan.
    pub(crate) async fn make(&self, address: &str) {
        self.try_make(address).await.expect("it can be made");
    }

    pub(crate) async fn try_make(&self, address: &str) -> crate::error::Result<()> {
        let (cx, node) = (self.bench.cx(), self.bench.node(address));
        match self.bench.live.get(&node.address) {
            Some(found) => provider::update(&cx, node, &found, Changes(&[])).await?,
            None => provider::create(&cx, node).await?,
        };
        self.observe(node.kind()).await;
        Ok(())
    }

    /// The live resources of a kind.
    pub(crate) async fn observe(&self, kind: Kind) -> BTreeMap<String, ObservedResource> {
        let cx = self.bench.cx();
        let found = provider::list(kind, &cx).await.expect("the server answers");
        self.bench.live.observed(&self.bench.plan, found.clone());
        found.into_iter().map(|found| (found.address.to_string(), found)).collect()
    }

    /// The live resource of a tenant.
    pub(crate) async fn found(&self, tenant: &str) -> Option<ObservedResource> {
        self.observe(Kind::TenantSchema).await.remove(&address(tenant))
    }

    /// Whether a tenant is exactly as planned.
    pub(crate) async fn is_as_planned(&self, tenant: &str) -> bool {
        let node = self.bench.node(&address(tenant));
        let resolved_inputs = self.bench.cx().resolved_inputs(node).expect("everything that it refers to is live");
        self.found(tenant).await.is_some_and(|found| {
            found.digest == Some(node.digest)
                && found.resolved_inputs == Some(resolved_inputs)
                && found.unmodelled.is_empty()
                && found.fields.as_ref() == Some(&node.resource)
        })
    }

    /// The fields of a tenant that differ from the plan. All of them must be updatable in place, so that
    /// nothing would be replaced.
    pub(crate) async fn fields_to_change(&self, tenant: &str) -> Vec<String> {
        let found = self.found(tenant).await.expect("it is found");
        let reading = provider::describe(&self.bench.cx(), &found).await.expect("finding it showed it");
        let reading = reading.expect("it is there");
        let node = self.bench.node(&address(tenant));
        let fields = differences(&reading.resource, &node.resource);
        let replaced = fields.iter().find(|field| !node.kind().updates_in_place(field.top()));
        assert!(replaced.is_none(), "{replaced:?}");
        fields.into_iter().map(|change| change.field).collect()
    }

    /// The planned schema of a tenant.
    pub(crate) fn planned(&self, tenant: &str) -> &TenantSchema {
        TenantSchema::of(&self.bench.node(&address(tenant)).resource).expect("it is a schema")
    }

    /// A connection of a tenant's application, with this password.
    pub(crate) async fn log_in(&self, tenant: &str, password: &str) -> Result<Client, PostgresError> {
        let cx = self.bench.cx();
        let database = Database::live(&cx).expect("the cluster is taken as live");
        cx.postgres.connect(&database, &self.planned(tenant).app, password).await
    }

    /// A connection of a tenant's application.
    pub(crate) async fn tenant(&self, tenant: &str) -> Client {
        self.log_in(tenant, &password(tenant)).await.expect("the tenant can log in")
    }

    /// A connection of a tenant's migrations.
    pub(crate) async fn migrator(&self, tenant: &str) -> Client {
        let cx = self.bench.cx();
        let database = Database::live(&cx).expect("the cluster is taken as live");
        let migrator = self.planned(tenant).migrator.as_ref().expect("the test plans one");
        let client = cx.postgres.connect(&database, &migrator.role, &migrator_password(tenant)).await;
        client.expect("the migrator can log in")
    }

    /// A second connection of the administrator.
    pub(crate) async fn admin(&self) -> Client {
        let cx = self.bench.cx();
        let database = Database::live(&cx).expect("the cluster is taken as live");
        let admin = cx.postgres.connect(&database, &database.admin, ADMIN_PASSWORD).await;
        admin.expect("the administrator can log in")
    }

    /// Runs migrations of a tenant: the administrator becomes the owner role.
    pub(crate) async fn migrate(&self, tenant: &str, sql: &str) {
        let (admin, planned) = (self.admin().await, self.planned(tenant));
        let (owner, schema) = (planned.owner.quoted(), planned.schema.quoted());
        let sql = format!("SET ROLE {owner}; SET search_path = {schema}; {sql}");
        admin.batch_execute(&sql).await.expect("the migration runs");
    }

    /// Runs SQL as the superuser, which the administrator of Aurora is not.
    pub(crate) fn superuser(&self, sql: &str) -> String {
        self.server.superuser("saas", sql).expect("the superuser may do everything")
    }
}

/// A plan with these tenants on a cluster that counts as live.
pub(crate) async fn bench(tenants: &[&str], change: &dyn Fn(&mut TenantSchema), options: PostgresOptions) -> Bench {
    bench_with(tenants, &[], change, options).await
}

/// Such a plan with further nodes, for an apply at `endpoint`.
pub(crate) async fn bench_at(
    endpoint: &str,
    tenants: &[&str],
    others: Vec<(String, Resource)>,
    options: PostgresOptions,
) -> Bench {
    bench_of(endpoint, tenants, [shared(&[]), others].concat(), &with_migrator, options).await
}

async fn bench_with(
    tenants: &[&str],
    extensions: &[&str],
    change: &dyn Fn(&mut TenantSchema),
    options: PostgresOptions,
) -> Bench {
    bench_of("http://127.0.0.1:9", tenants, shared(extensions), change, options).await
}

async fn bench_of(
    endpoint: &str,
    tenants: &[&str],
    mut nodes: Vec<(String, Resource)>,
    change: &dyn Fn(&mut TenantSchema),
    options: PostgresOptions,
) -> Bench {
    let names = Names::new("saas-platform".parse().expect("valid"));
    let ids: Vec<TenantId> = tenants.iter().map(|id| id.parse().expect("valid")).collect();
    for id in &ids {
        let names = names.tenant(id);
        let secret = Address::of_tenant(id, "secret");
        let mut schema = TenantSchema {
            access: Ref::to(Address::literal("database/access")),
            schema: names.schema(),
            owner: names.owner_role(),
            app: names.app_role(),
            password: Ref::to(secret.clone()),
            migrator: None,
            search_path: vec![names.schema()],
            connection_limit: 20,
            statement_timeout_ms: 30_000,
            lock_timeout_ms: 5_000,
            idle_in_transaction_timeout_ms: 60_000,
        };
        change(&mut schema);
        nodes.push((secret.to_string(), database::secret(names.secret().as_str()).into()));
        nodes.push((migrator_secret(id), database::secret(names.migrator_secret().as_str()).into()));
        nodes.push((address(id.as_str()), schema.into()));
    }
    let nodes = nodes.iter().map(|(address, resource)| (address.as_str(), resource.clone())).collect();
    let bench = Bench::new(endpoint, nodes).await.with_postgres(options);
    for secret in [database::ADMIN_PASSWORD]
        .map(String::from)
        .into_iter()
        .chain(ids.iter().flat_map(|id| [format!("tenant/{id}/secret"), migrator_secret(id)]))
    {
        bench.assume(
            &secret,
            Identity::of_arn(format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{secret}-a1b2c3")),
        );
    }
    bench.know(database::ADMIN_PASSWORD, ADMIN_PASSWORD);
    ids.iter().for_each(|id| bench.know(&format!("tenant/{id}/secret"), &password(id.as_str())));
    ids.iter().for_each(|id| bench.know(&migrator_secret(id), &migrator_password(id.as_str())));
    let cluster = Identity { endpoint: Some(ENDPOINT.into()), ..Identity::of_id("saas-platform-db") };
    bench.assume(CLUSTER, cluster);
    bench.assume(WRITER, Identity::of_id("saas-platform-db-writer"));
    bench
}

fn shared(extensions: &[&str]) -> Vec<(String, Resource)> {
    let extensions = extensions.iter().map(|name| name.parse().expect("valid")).collect();
    let access = DatabaseAccess {
        cluster: Ref::to(Address::literal(CLUSTER)),
        database: "saas".parse().expect("valid"),
        extensions,
    };
    let nodes = [database::nodes(), vec![("database/access", access.into())]].concat();
    nodes.into_iter().map(|(address, resource)| (address.to_owned(), resource)).collect()
}
