//! A tenant's service: its task definition, its ECS service and its scaling.

use std::collections::BTreeMap;

use saas_model::plan::{Draft, Initial};
use saas_model::resource::{Container, ScalableTarget, ScalingPolicy, Service, TaskDefinition};
use saas_model::{Attribute, Template};

use super::TenantBuilder;
use crate::owner::after;
use crate::{addresses, database};

/// Source: Amazon ECS Developer Guide, "Fargate platform versions for Linux".
const PLATFORM_VERSION: &str = "1.4.0";

const HEALTH_CHECK_GRACE_SECONDS: u32 = 60;

/// Scaling out is fast, scaling in is slow.
const SCALE_OUT_COOLDOWN_SECONDS: u32 = 60;
const SCALE_IN_COOLDOWN_SECONDS: u32 = 300;

impl TenantBuilder<'_> {
    pub(super) fn task_definition(&self) -> Draft {
        let service = &self.tenant.service;
        let task_definition = TaskDefinition {
            family: self.service.clone(),
            cpu: service.cpu,
            memory: service.memory,
            execution_role: self.addresses.execution_role.clone(),
            task_role: self.addresses.task_role.clone(),
            container: Container {
                name: self.service.clone(),
                image: service.image.clone(),
                port: service.port,
                environment: self.environment(),
                secrets: [("DATABASE_PASSWORD".to_owned(), self.addresses.password.clone())].into(),
                log_group: self.addresses.log_group.clone(),
                log_region: self.shared.spec.platform.region.clone(),
                readonly_root: true,
                writable: service.writable.iter().cloned().collect(),
            },
        };
        self.owner.draft(&self.addresses.task_definition, task_definition)
    }

    /// Tells the application the locations of its resources. ECS adds `AWS_REGION` itself.
    fn environment(&self) -> BTreeMap<String, Template> {
        let spec = self.shared.spec;
        let endpoint = Template::output(self.shared.db_cluster.address().clone(), Attribute::Endpoint);
        [
            ("BUCKET", Template::literal(self.bucket.as_str())),
            ("DATABASE_HOST", endpoint),
            ("DATABASE_NAME", Template::literal(spec.database.name.as_str())),
            ("DATABASE_PORT", Template::literal(database::PORT.to_string())),
            ("DATABASE_SCHEMA", Template::literal(self.names.schema())),
            ("DATABASE_SSLMODE", Template::literal("verify-full")),
            ("DATABASE_USER", Template::literal(self.app_role.as_str())),
            ("TENANT_ID", Template::literal(self.tenant.id.as_str())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(super) fn service(&self) -> Draft {
        let service = Service {
            name: self.service.clone(),
            cluster: self.shared.ecs_cluster.clone(),
            task_definition: self.addresses.task_definition.clone(),
            platform_version: PLATFORM_VERSION.to_owned(),
            subnets: self.shared.private_subnets.clone(),
            security_groups: [self.addresses.security_group.clone(), self.shared.database_client_group.clone()].into(),
            public_ip: false,
            target_group: self.addresses.target_group.clone(),
            container: self.service.clone(),
            port: self.tenant.service.port,
            health_check_grace_seconds: HEALTH_CHECK_GRACE_SECONDS,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            rollback: true,
            propagate_tags: true,
        };
        // ECS rejects a target group that no listener rule uses. A task that starts before its schema
        // exists, or before it is reachable, fails its health checks.
        let database_rule = addresses::database_rule();
        let after = after([
            database_rule.address(),
            self.addresses.listener_rule.address(),
            self.addresses.schema.address(),
            self.addresses.rule_from_load_balancer.address(),
            self.addresses.rule_https_out.address(),
            self.addresses.rule_load_balancer_out.address(),
            self.addresses.rule_to_database.address(),
        ]);
        let initial = Some(Initial { desired_count: self.tenant.service.desired_count });
        Draft { after, initial, ..self.owner.draft(&self.addresses.service, service) }
    }

    pub(super) fn scaling(&self) -> Draft {
        let service = &self.tenant.service;
        let target = ScalableTarget {
            service: self.addresses.service.clone(),
            resource_id: format!("service/{}/{}", self.shared.names.ecs_cluster(), self.service),
            min: service.min_count,
            max: service.max_count,
            policy: ScalingPolicy {
                name: "cpu".to_owned(),
                cpu_target: service.cpu_target,
                scale_in_cooldown_seconds: SCALE_IN_COOLDOWN_SECONDS,
                scale_out_cooldown_seconds: SCALE_OUT_COOLDOWN_SECONDS,
            },
        };
        self.owner.draft(&self.addresses.scaling, target)
    }
}
