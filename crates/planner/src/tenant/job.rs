//! A tenant's jobs: scheduled tasks, and the migration that runs before its services change.

use saas_model::identifier::ServiceName;
use saas_model::plan::Draft;
use saas_model::resource::{Migration, Schedule, ScheduleGroup};
use saas_model::spec::{JobSpec, Trigger};

use super::TenantBuilder;
use super::task::Task;
use crate::addresses::JobAddresses;

impl TenantBuilder<'_> {
    pub(super) fn jobs(&self, drafts: &mut Vec<Draft>) {
        for (name, spec) in &self.tenant.jobs {
            self.job(name, spec, drafts);
        }
    }

    /// What its schedules share.
    pub(super) fn schedules(&self) -> Vec<Draft> {
        if !self.has_schedules() {
            return Vec::new();
        }
        let group = ScheduleGroup { name: self.names.schedule_group() };
        vec![self.owner.draft(&self.addresses.schedule_group, group), self.scheduler_role()]
    }

    fn has_schedules(&self) -> bool {
        self.tenant.jobs.values().any(|job| matches!(job.trigger, Trigger::Schedule { .. }))
    }

    fn job(&self, name: &ServiceName, JobSpec { task: spec, capacity, trigger }: &JobSpec, drafts: &mut Vec<Draft>) {
        let names = self.names.service(name);
        let addresses = JobAddresses::new(&self.tenant.id, name);
        let run = self.task_run(&addresses.task_definition, *capacity);
        let job = match trigger {
            Trigger::Schedule { expression, timezone, retries } => {
                let schedule = Schedule {
                    name: names.schedule(),
                    group: self.addresses.schedule_group.clone(),
                    expression: expression.clone(),
                    timezone: timezone.clone(),
                    role: self.addresses.scheduler_role.clone(),
                    retries: *retries,
                    task: run,
                };
                let own = [self.addresses.schema.address()].into_iter().chain(&self.migration);
                let after = self.before_tasks.iter().chain(own).cloned().collect();
                Draft { after, ..self.owner.draft(&addresses.schedule, schedule) }
            }
            Trigger::BeforeRollout { timeout_seconds } => {
                let schema = self.addresses.schema.clone();
                let migration = Migration { schema, task: run, timeout_seconds: *timeout_seconds };
                Draft { after: self.before_tasks.clone(), ..self.owner.draft(&addresses.migration, migration) }
            }
        };
        drafts.push(job);
        let task = Task {
            name,
            spec,
            family: names.service(),
            address: &addresses.task_definition,
            own_role: &addresses.task_role,
            port: None,
            is_migration: matches!(trigger, Trigger::BeforeRollout { .. }),
        };
        drafts.push(self.task_definition(&task));
        drafts.extend(self.own_task_role(&task, names.task_role(), false));
    }
}
