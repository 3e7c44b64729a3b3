//! The differences between the headers of two plans.

use saas_model::Header;
use saas_model::fields::FieldChange;

use super::text;

pub(super) fn header(before: &Header, after: &Header) -> Vec<FieldChange> {
    let Header { platform, environment, account, region, provisioner, spec, lock } = before;
    [
        text("platform", platform.as_str(), after.platform.as_str()),
        text("environment", environment.as_str(), after.environment.as_str()),
        text("account", account.as_str(), after.account.as_str()),
        text("region", region.as_str(), after.region.as_str()),
        text("provisioner", provisioner.as_str(), after.provisioner.as_str()),
        text("spec", &spec.to_string(), &after.spec.to_string()),
        text("lock", &lock.to_string(), &after.lock.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
