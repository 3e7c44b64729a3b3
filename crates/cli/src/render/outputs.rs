//! The outputs of an applied plan, and the names of what each tenant has.

use std::collections::BTreeMap;
use std::fmt::Write;

use saas_model::tenant::{NoTenant, PlannedJob, PlannedService, PlannedTenant};
use saas_model::{Address, Plan};

use super::style::{self, styled};

/// One line per output.
pub(crate) fn text(outputs: &BTreeMap<Address, String>) -> String {
    let width = outputs.keys().map(|name| name.as_str().len()).max().unwrap_or(0);
    outputs.iter().fold(String::new(), |mut text, (name, value)| {
        let name = styled(style::BOLD, format_args!("{name:width$}"));
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

/// The names of all tenants' resources, in the form of outputs. The values of secrets are not among them.
///
/// # Errors
/// If the plan lacks something that every tenant has.
pub(crate) fn names(plan: &Plan) -> Result<BTreeMap<Address, String>, NoTenant> {
    let mut names = BTreeMap::new();
    for id in plan.tenant_ids() {
        let tenant = plan.tenant(id)?;
        let mut put = |name: String, value: &str| {
            if let Ok(name) = format!("tenant/{id}/{name}").parse() {
                names.insert(name, value.to_owned());
            }
        };
        of_tenant(&tenant, &mut put);
        tenant.services.iter().for_each(|(name, service)| of_service(name, service, &mut put));
        tenant.jobs.iter().for_each(|(name, job)| of_job(name, job, &mut put));
    }
    Ok(names)
}

type Put<'p> = dyn FnMut(String, &str) + 'p;

fn of_tenant(tenant: &PlannedTenant<'_>, put: &mut Put<'_>) {
    let always = [
        ("bucket", tenant.bucket.as_str()),
        ("schema", tenant.schema.as_str()),
        ("database-user", tenant.database_user.as_str()),
        ("log-group", tenant.log_group.as_str()),
        ("security-group", tenant.security_group.as_str()),
        ("execution-role", tenant.execution_role.as_str()),
    ];
    let if_any = [
        ("generated-secret", tenant.generated_secret.map(|secret| secret.as_str())),
        ("migrator", tenant.migrator.map(|role| role.as_str())),
        ("migrator-secret", tenant.migrator_secret.map(|secret| secret.as_str())),
        ("schedule-group", tenant.schedule_group.map(|group| group.as_str())),
    ];
    let if_any = if_any.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(if_any).for_each(|(name, value)| put(name.to_owned(), value));
}

fn of_service(name: &str, service: &PlannedService<'_>, put: &mut Put<'_>) {
    put(format!("service/{name}"), service.name.as_str());
    put(format!("service/{name}/task-definition"), service.family.as_str());
    put(format!("service/{name}/task-role"), service.task_role.as_str());
}

fn of_job(name: &str, job: &PlannedJob<'_>, put: &mut Put<'_>) {
    put(format!("job/{name}/task-definition"), job.family.as_str());
    put(format!("job/{name}/task-role"), job.task_role.as_str());
    if let Some(schedule) = job.schedule {
        put(format!("job/{name}"), schedule.as_str());
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn values_are_aligned() {
        let output = |name: &str, value: &str| (Address::literal(name), value.to_owned());
        let outputs = BTreeMap::from([output("a/url", "http://a"), output("database/endpoint", "db")]);
        insta::assert_snapshot!(strip_str(&text(&outputs)), @r"
        a/url             = http://a
        database/endpoint = db
        ");
    }

    #[test]
    fn every_name_of_a_tenant_is_an_output() {
        let plan = include_bytes!("../../../../fixtures/real-application/plan.msgpack");
        let names = names(&Plan::decode(plan).expect("the fixture is a plan")).expect("the planner made it");
        let of_one = names.into_iter().filter(|(name, _)| name.tenant() == Some("acme")).collect();
        insta::assert_snapshot!(strip_str(&text(&of_one)), @r"
        tenant/acme/bucket                         = harbor-acme-data
        tenant/acme/database-user                  = t_acme_app
        tenant/acme/execution-role                 = harbor-acme-exec
        tenant/acme/generated-secret               = ecs/harbor/tenant/acme/generated
        tenant/acme/job/migrate/task-definition    = harbor-acme--migrate
        tenant/acme/job/migrate/task-role          = harbor-acme-task
        tenant/acme/job/nightly                    = harbor-acme--nightly
        tenant/acme/job/nightly/task-definition    = harbor-acme--nightly
        tenant/acme/job/nightly/task-role          = harbor-acme-task
        tenant/acme/log-group                      = /ecs/harbor/tenant/acme
        tenant/acme/migrator                       = t_acme_migrator
        tenant/acme/migrator-secret                = rds/harbor/tenant/acme/migrator/password
        tenant/acme/schedule-group                 = harbor-acme
        tenant/acme/schema                         = acme
        tenant/acme/security-group                 = harbor-acme
        tenant/acme/service/api                    = harbor-acme--api
        tenant/acme/service/api/task-definition    = harbor-acme--api
        tenant/acme/service/api/task-role          = harbor-acme-task
        tenant/acme/service/hooks                  = harbor-acme--hooks
        tenant/acme/service/hooks/task-definition  = harbor-acme--hooks
        tenant/acme/service/hooks/task-role        = harbor-acme-task
        tenant/acme/service/web                    = harbor-acme
        tenant/acme/service/web/task-definition    = harbor-acme
        tenant/acme/service/web/task-role          = harbor-acme--web-task
        tenant/acme/service/worker                 = harbor-acme--worker
        tenant/acme/service/worker/task-definition = harbor-acme--worker
        tenant/acme/service/worker/task-role       = harbor-acme--worker-task
        ");
    }
}
