//! What a tenant's people want to know: its URL, how to connect to its schema, and where the
//! password is. The password itself is in Secrets Manager and nowhere else.

use std::collections::BTreeMap;

use saas_model::names::Names;
use saas_model::spec::{Spec, Tenant};
use saas_model::{Address, Attribute, Text};

use crate::addresses as at;
use crate::database;

pub(crate) fn outputs(tenant: &Tenant, spec: &Spec, names: &Names, outputs: &mut BTreeMap<Address, Text>) {
    let id = &tenant.id;
    let names = names.tenant(id);
    let scheme = if spec.certificate_of(tenant).is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", names.host(&spec.platform.domain));
    let connection = Text::literal(format!("postgresql://{}@", names.app_role()))
        .then_output(at::db_cluster().address().clone(), Attribute::Endpoint)
        .then(format!(
            ":{}/{}?sslmode=verify-full&options=-csearch_path%3D{}",
            database::PORT,
            spec.database.name,
            names.schema(),
        ));
    outputs.insert(Address::of_tenant(id, "url"), Text::literal(url));
    outputs.insert(Address::of_tenant(id, "connection"), connection);
    outputs.insert(Address::of_tenant(id, "password-secret"), Text::literal(names.secret()));
}
