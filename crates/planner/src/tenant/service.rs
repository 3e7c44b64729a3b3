//! A tenant's services: each has a task definition, an ECS service and its scaling.

use std::collections::BTreeMap;

use saas_model::plan::{Draft, Initial};
use saas_model::resource::{LoadBalancerAttachment, ScalableTarget, ScalingMetric, ScalingPolicy, Service};
use saas_model::spec::{QueueTarget, ScalingSpec, ServiceSpec};
use saas_model::{Address, Set};

use super::task::{PLATFORM_VERSION, Task};
use super::{ServiceBuilder, TenantBuilder};
use crate::addresses::PortAddresses;

/// Scaling out is fast, scaling in is slow.
const SCALE_OUT_COOLDOWN_SECONDS: u32 = 60;
const SCALE_IN_COOLDOWN_SECONDS: u32 = 300;

impl ServiceBuilder<'_> {
    /// Drafts the nodes of the service; its listener rule is one of them.
    pub(super) fn nodes(&self, listener_rule: Option<Draft>, drafts: &mut Vec<Draft>) {
        let ServiceSpec { task: spec, ingress, scaling: _, capacity: _, exec } = self.spec;
        drafts.push(self.service());
        drafts.extend(listener_rule);
        drafts.push(self.scaling());
        drafts.extend(ingress.as_ref().map(|ingress| self.target_group(ingress)));
        let task = Task {
            name: self.service,
            spec,
            family: self.name.clone(),
            address: &self.addresses.task_definition,
            own_role: &self.addresses.task_role,
            port: ingress.as_ref().map(|ingress| ingress.port),
            is_migration: false,
        };
        drafts.push(self.tenant.task_definition(&task));
        drafts.extend(self.tenant.own_task_role(&task, self.names.task_role(), *exec));
    }

    fn service(&self) -> Draft {
        let tenant = self.tenant;
        let attachment = self.spec.ingress.as_ref().map(|ingress| LoadBalancerAttachment {
            target_group: self.addresses.target_group.clone(),
            container: self.names.container(),
            port: ingress.port,
            health_check_grace_seconds: ingress.health_check.grace_seconds,
        });
        let service = Service {
            name: self.name.clone(),
            cluster: tenant.shared.ecs_cluster.clone(),
            task_definition: self.addresses.task_definition.clone(),
            platform_version: PLATFORM_VERSION.to_owned(),
            capacity: self.spec.capacity,
            subnets: tenant.shared.private_subnets.clone(),
            security_groups: [tenant.addresses.security_group.clone(), tenant.shared.database_client_group.clone()]
                .into(),
            public_ip: false,
            load_balancer: attachment,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            rollback: true,
            exec: self.spec.exec,
            propagate_tags: true,
        };
        let initial = Some(Initial { desired_count: self.spec.scaling.desired_count });
        Draft { after: self.after(), initial, ..tenant.owner.draft(&self.addresses.service, service) }
    }

    /// ECS rejects a target group that no listener rule uses. A task that starts before its schema exists and
    /// is migrated, or before it is reachable, fails its health checks.
    fn after(&self) -> Set<Address> {
        let TenantBuilder { before_tasks, addresses, migration, .. } = self.tenant;
        let reachable = self.spec.ingress.iter().flat_map(|ingress| {
            let port = PortAddresses::new(&self.tenant.tenant.id, &ingress.port);
            let rules = [port.from_load_balancer, port.load_balancer_out].map(|rule| rule.address().clone());
            [self.addresses.listener_rule.address().clone()].into_iter().chain(rules)
        });
        let own = [addresses.schema.address()].into_iter().chain(migration);
        before_tasks.iter().chain(own).cloned().chain(reachable).collect()
    }

    fn scaling(&self) -> Draft {
        let tenant = self.tenant;
        let target = ScalableTarget {
            service: self.addresses.service.clone(),
            resource_id: format!("service/{}/{}", tenant.shared.names.ecs_cluster(), self.name),
            min: self.spec.scaling.min_count,
            max: self.spec.scaling.max_count,
            policies: self.policies(),
        };
        tenant.owner.draft(&self.addresses.scaling, target)
    }

    fn policies(&self) -> BTreeMap<String, ScalingPolicy> {
        let ScalingSpec {
            desired_count: _,
            min_count: _,
            max_count: _,
            cpu_target,
            memory_target,
            requests_per_task_target,
            queue,
        } = &self.spec.scaling;
        let requests = || ScalingMetric::Requests {
            load_balancer: self.tenant.shared.load_balancer.clone(),
            target_group: self.addresses.target_group.clone(),
        };
        let queue = queue.as_ref().map(|QueueTarget { name, messages_per_task }| {
            let queue =
                self.tenant.plain(name, self.service).parse().expect("the names of queues are checked in the spec");
            ("queue", ScalingMetric::Messages { queue }, *messages_per_task)
        });
        let policies = [
            cpu_target.map(|target| ("cpu", ScalingMetric::Cpu, target)),
            memory_target.map(|target| ("memory", ScalingMetric::Memory, target)),
            requests_per_task_target.map(|target| ("requests", requests(), target)),
            queue,
        ];
        let policy = |(name, metric, target): (&str, ScalingMetric, u32)| {
            let policy = ScalingPolicy {
                metric,
                target,
                scale_in_cooldown_seconds: SCALE_IN_COOLDOWN_SECONDS,
                scale_out_cooldown_seconds: SCALE_OUT_COOLDOWN_SECONDS,
            };
            (name.to_owned(), policy)
        };
        policies.into_iter().flatten().map(policy).collect()
    }
}
