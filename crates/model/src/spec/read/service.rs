//! The `[service.<name>]` tables, and a tenant's settings that override them.

use std::collections::BTreeMap;

use toml_span::Span;

use super::super::keys::{health_check, queue, service as key};
use super::super::{HealthCheckSpec, Ingress, QueueTarget, ScalingSpec, ServiceSpec, Text};
use super::Reader;
use super::services::Table;
use super::setting::{Inherit, Setting, settings};
use super::task::TaskSettings;
use crate::cidr::Cidr;
use crate::identifier::{HostLabel, PathPattern, QueueName, ServiceName};
use crate::resource::CapacityProvider;
use crate::toml::{At, Section};

settings! {
    /// `[service.<name>]`, or a tenant's table merged with it.
    ServiceSettings {
        task: TaskSettings,
        port: Setting<u32>,
        host: Setting<HostLabel>,
        paths: Setting<Vec<At<PathPattern>>>,
        health_check: HealthCheckSettings,
        desired_count: Setting<u32>,
        min_count: Setting<u32>,
        max_count: Setting<u32>,
        cpu_target: Setting<u32>,
        memory_target: Setting<u32>,
        requests_per_task_target: Setting<u32>,
        queue: QueueSettings,
        spot: Setting<bool>,
        exec: Setting<bool>,
    }

    /// `health_check = { … }`.
    HealthCheckSettings {
        path: Setting<String>,
        codes: Setting<String>,
        interval: Setting<u32>,
        timeout: Setting<u32>,
        healthy: Setting<u32>,
        unhealthy: Setting<u32>,
        grace: Setting<u32>,
    }

    /// `queue = { … }`.
    QueueSettings {
        name: Setting<Text>,
        messages_per_task: Setting<u32>,
    }
}

/// The defaults of a health check.
const PATH: &str = "/";
const CODES: &str = "200-399";
const INTERVAL: u32 = 15;
const TIMEOUT: u32 = 5;
const HEALTHY: u32 = 2;
const UNHEALTHY: u32 = 3;
const GRACE: u32 = 60;

impl Table for ServiceSettings {
    type Spec = ServiceSpec;
    const WORD: &'static str = "service";

    fn read(mut section: Section<'_>, is_complete: bool) -> Self {
        let section = &mut section;
        Self {
            task: TaskSettings::read(section, is_complete),
            port: section.number_if_any(key::PORT, 1..=65_535).into(),
            host: section.text_if_any(key::HOST).into(),
            paths: section.texts_if_any(key::PATHS).into(),
            health_check: HealthCheckSettings::read(section),
            desired_count: section.number_if_any(key::DESIRED_COUNT, 1..=5_000).into(),
            min_count: section.number_if_any(key::MIN_COUNT, 1..=5_000).into(),
            max_count: section.number_if_any(key::MAX_COUNT, 1..=5_000).into(),
            cpu_target: section.number_if_any(key::CPU_TARGET, 1..=100).into(),
            memory_target: section.number_if_any(key::MEMORY_TARGET, 1..=100).into(),
            requests_per_task_target: section.number_if_any(key::REQUESTS_PER_TASK_TARGET, 1..=10_000_000).into(),
            queue: QueueSettings::read(section),
            spot: section.flag_if_any(key::SPOT).into(),
            exec: section.flag_if_any(key::EXEC).into(),
        }
    }

    fn task(&self) -> &TaskSettings {
        &self.task
    }

    fn like(self, services: &BTreeMap<ServiceName, Self>) -> Self {
        let other = self.task.like.valid().and_then(|like| services.get(&like.value));
        let health_check = match other.filter(|other| self.has_port() && other.has_port()) {
            Some(other) => self.health_check.over(&other.health_check),
            None => self.health_check,
        };
        Self { task: self.task.like(services), health_check, ..self }
    }

    fn build(self) -> Option<ServiceSpec> {
        let Self {
            task,
            port,
            host,
            paths,
            health_check,
            desired_count,
            min_count,
            max_count,
            cpu_target,
            memory_target,
            requests_per_task_target,
            queue,
            spot,
            exec,
        } = self;
        let ingress = match port.field.optional()? {
            None => None,
            Some(port) => {
                let paths = paths.field.optional()?.unwrap_or_default();
                let mut paths: Vec<PathPattern> = paths.into_iter().map(|path| path.value).collect();
                // Their order has no meaning.
                paths.sort();
                let port = u16::try_from(port).ok()?;
                Some(Ingress { port, host: host.field.optional()?, paths, health_check: health_check.build()? })
            }
        };
        let counts =
            Counts::of(desired_count.field.optional()?, min_count.field.optional()?, max_count.field.optional()?);
        Some(ServiceSpec {
            task: task.build()?,
            ingress,
            scaling: ScalingSpec {
                desired_count: counts.desired,
                min_count: counts.min,
                max_count: counts.max,
                cpu_target: cpu_target.field.optional()?,
                memory_target: memory_target.field.optional()?,
                requests_per_task_target: requests_per_task_target.field.optional()?,
                queue: queue.build()?,
            },
            capacity: CapacityProvider::of_spot(spot.field.or(false)?),
            exec: exec.field.or(false)?,
        })
    }

    fn check(&self, reader: &Reader<'_>, name: &ServiceName, table: Span, network: Option<&Cidr>) {
        reader.check_task(name, &self.task, network);
        reader.check_service(self, table);
    }
}

impl ServiceSettings {
    /// Whether it is behind the load balancer; a port that cannot be read counts.
    const fn has_port(&self) -> bool {
        !self.port.field.is_absent()
    }

    /// Whether it has a load balancer, and its host and paths could be read.
    pub(super) fn has_known_route(&self) -> bool {
        let is_host_known = self.host.field.is_absent() || self.host.valid().is_some();
        let are_paths_known = self.paths.field.is_absent() || self.paths.valid().is_some();
        self.port.valid().is_some() && is_host_known && are_paths_known
    }
}

/// The numbers of tasks. A spec that gives one of them means the others to be equal to it.
struct Counts {
    desired: u32,
    min: u32,
    max: u32,
}

impl Counts {
    fn of(desired: Option<u32>, min: Option<u32>, max: Option<u32>) -> Self {
        let desired_count = desired.or(min).unwrap_or(1);
        Self { desired: desired_count, min: min.unwrap_or(desired_count), max: max.unwrap_or(desired_count) }
    }
}

impl HealthCheckSettings {
    /// The ranges of a target group. Source: Elastic Load Balancing API, `CreateTargetGroup`.
    fn read(section: &mut Section<'_>) -> Self {
        let Some(mut section) = section.section_if_any(key::HEALTH_CHECK, &health_check::TABLE) else {
            return Self::default();
        };
        Self {
            path: section.text_if_any(health_check::PATH).into(),
            codes: section.text_if_any(health_check::CODES).into(),
            interval: section.number_if_any(health_check::INTERVAL, 5..=300).into(),
            timeout: section.number_if_any(health_check::TIMEOUT, 2..=120).into(),
            healthy: section.number_if_any(health_check::HEALTHY, 2..=10).into(),
            unhealthy: section.number_if_any(health_check::UNHEALTHY, 2..=10).into(),
            grace: section.number_if_any(health_check::GRACE, 0..=7_200).into(),
        }
    }

    fn build(self) -> Option<HealthCheckSpec> {
        let Self { path, codes, interval, timeout, healthy, unhealthy, grace } = self;
        Some(HealthCheckSpec {
            path: path.field.or(PATH.to_owned())?,
            codes: codes.field.or(CODES.to_owned())?,
            interval_seconds: interval.field.or(INTERVAL)?,
            timeout_seconds: timeout.field.or(TIMEOUT)?,
            healthy: healthy.field.or(HEALTHY)?,
            unhealthy: unhealthy.field.or(UNHEALTHY)?,
            grace_seconds: grace.field.or(GRACE)?,
        })
    }

    fn own_span(&self) -> Option<Span> {
        let Self { path, codes, interval, timeout, healthy, unhealthy, grace } = self;
        let texts = [path.own_span(), codes.own_span()].into_iter().flatten();
        texts.chain([interval, timeout, healthy, unhealthy, grace].into_iter().filter_map(Setting::own_span)).next()
    }
}

impl QueueSettings {
    fn read(section: &mut Section<'_>) -> Self {
        let Some(mut section) = section.section_if_any(key::QUEUE, &queue::TABLE) else { return Self::default() };
        Self {
            name: section.text_if_any(queue::NAME).into(),
            messages_per_task: section.number_if_any(queue::MESSAGES_PER_TASK, 1..=1_000_000).into(),
        }
    }

    fn build(self) -> Option<Option<QueueTarget>> {
        let Self { name, messages_per_task } = self;
        Some(match (name.field.optional()?, messages_per_task.field.optional()?) {
            (Some(name), Some(messages_per_task)) => Some(QueueTarget { name, messages_per_task }),
            _ => None,
        })
    }
}

impl Reader<'_> {
    /// Checks constraints between settings. A problem is reported at a value of the table itself, or at
    /// `table`, its name.
    fn check_service(&self, settings: &ServiceSettings, table: Span) {
        // The other settings were validated when they were read.
        let ServiceSettings {
            task,
            port: _,
            host,
            paths,
            health_check,
            desired_count,
            min_count,
            max_count,
            cpu_target,
            memory_target,
            requests_per_task_target,
            queue,
            spot: _,
            exec,
        } = settings;
        self.check_counts(desired_count, min_count, max_count);
        self.check_health_check(health_check);
        self.check_queue(queue, table);
        if let Some(paths) = paths.own() {
            self.check_unique("path", paths.value.iter().cloned());
            // Source: Application Load Balancers guide, "Quotas": five condition values a rule.
            let hosts = if host.valid().is_some() { 1 } else { 2 };
            let most = 5 - hosts;
            if paths.value.len() > most {
                let message = format!("a rule of a load balancer has at most five hosts and paths: {most} paths here");
                let help = "use a wildcard, as in `/api/*`, or give some of the paths to another service";
                self.document.problem(paths.span, message, "these paths", Some(help));
            }
        }
        let is_worker = !settings.has_port();
        let at = [
            (host.own_span(), "host"),
            (paths.own_span(), "paths"),
            (health_check.own_span(), "health_check"),
            (requests_per_task_target.own_span(), "requests_per_task_target"),
        ];
        for (span, name) in at.into_iter().filter_map(|(span, name)| span.map(|span| (span, name))) {
            if is_worker {
                let message = format!("`{name}` needs a load balancer, and a service without `port` is a worker");
                let help = format!("add a `port`, or remove `{name}`");
                self.document.problem(span, message, "this setting", Some(&help));
            }
        }
        let targets = [cpu_target, memory_target, requests_per_task_target].into_iter().all(|it| it.field.is_absent());
        let counts = [desired_count, min_count, max_count].map(|count| count.valid().map(|at| at.value));
        let Counts { desired: _, min, max } = Counts::of(counts[0], counts[1], counts[2]);
        if let Some(span) = [max_count, min_count, desired_count].into_iter().find_map(Setting::own_span)
            && (targets && queue.name.field.is_absent())
            && min < max
        {
            let message = format!("it has {min} to {max} tasks, and nothing decides how many");
            let help = "add `cpu_target = 60`, for example, or make `min_count` and `max_count` equal";
            self.document.problem(span, message, "this value", Some(help));
        }
        let span = exec.own_span().or(task.container.readonly_root.own_span());
        if let Some(span) =
            span.filter(|_| task.container.has_readonly_root() && exec.valid().is_some_and(|at| at.value))
        {
            // Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec".
            let message = "ECS Exec cannot start in a container whose root file system is read-only";
            self.document.problem(span, message, "this value", Some("set `readonly_root = false`, or `exec = false`"));
        }
    }

    fn check_counts(&self, desired: &Setting<u32>, min: &Setting<u32>, max: &Setting<u32>) {
        let blame = |suspects: [&Setting<u32>; 2]| suspects.into_iter().find_map(Setting::own_span);
        if let (Some(least), Some(most)) = (min.valid(), max.valid())
            && **least > **most
        {
            if let Some(span) = blame([min, max]) {
                let message = format!("min_count {} is greater than max_count {}", **least, **most);
                self.document.problem(span, message, "this value", None);
            }
            // Nothing can lie between the two.
            return;
        }
        let Some(count) = desired.valid() else { return };
        let (bound, is) = match (min.valid(), max.valid()) {
            (Some(least), _) if **count < **least => (min, format!("less than min_count {}", **least)),
            (_, Some(most)) if **count > **most => (max, format!("greater than max_count {}", **most)),
            _ => return,
        };
        if let Some(span) = blame([desired, bound]) {
            let message = format!("desired_count {} is {is}", **count);
            self.document.problem(span, message, "this value", None);
        }
    }

    fn check_health_check(&self, settings: &HealthCheckSettings) {
        // The numbers were validated when they were read.
        let HealthCheckSettings { path, codes, interval, timeout, healthy: _, unhealthy: _, grace: _ } = settings;
        // Source: Elastic Load Balancing API, `CreateTargetGroup`, `HealthCheckPath`.
        if let Some(path) = path.own()
            && (!path.starts_with('/') || path.len() > 1_024 || !path.bytes().all(|c| c.is_ascii_graphic()))
        {
            let message = "a path begins with `/` and has at most 1,024 ASCII characters without spaces";
            self.document.problem(path.span, message, "this path", None);
        }
        // Source: Elastic Load Balancing API, `Matcher`: 200 to 499, lists and ranges.
        if let Some(codes) = codes.own().filter(|codes| !codes.split(',').all(is_code_or_range)) {
            let message = format!("`{}` are not status codes of a healthy task", **codes);
            let help = Some("use codes from 200 to 499, such as `200`, `200,301` or `200-399`");
            self.document.problem(codes.span, message, "these codes", help);
        }
        let seconds = |setting: &Setting<u32>, default| setting.valid().map_or(default, |at| at.value);
        let (interval_seconds, timeout_seconds) = (seconds(interval, INTERVAL), seconds(timeout, TIMEOUT));
        if let Some(span) = timeout.own_span().or(interval.own_span())
            && timeout_seconds >= interval_seconds
        {
            let message =
                format!("a timeout of {timeout_seconds} s is not shorter than the interval, {interval_seconds} s");
            self.document.problem(span, message, "this value", Some("a check ends before the next one begins"));
        }
    }

    fn check_queue(&self, queue: &QueueSettings, table: Span) {
        let QueueSettings { name, messages_per_task } = queue;
        if name.field.is_absent() != messages_per_task.field.is_absent() {
            let span = name.own_span().or(messages_per_task.own_span()).unwrap_or(table);
            let help = "write `queue = { name = \"jobs-{tenant.id}\", messages_per_task = 100 }`, for example";
            self.document.problem(span, "a queue needs `name` and `messages_per_task`", "this queue", Some(help));
        }
        let Some(name) = name.own() else { return };
        let message = match name.value.longest() {
            Ok(longest) => match QueueName::new(longest) {
                Ok(_) => return,
                Err(invalid) => format!("`{}` cannot be the name of a queue: {}", name.value, invalid.reason),
            },
            Err(placeholder) => format!("`{{{placeholder}}}` cannot be part of a queue's name"),
        };
        self.document.problem(name.span, message, "this name", None);
    }
}

fn is_code_or_range(text: &str) -> bool {
    let code = |text: &str| text.parse::<u32>().ok().filter(|code| text.len() == 3 && (200..=499).contains(code));
    match text.split_once('-') {
        Some((first, last)) => code(first).zip(code(last)).is_some_and(|(first, last)| first < last),
        None => code(text).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_code_or_range;

    #[test]
    fn status_codes_are_validated() {
        for good in ["200", "200-399", "499"] {
            assert!(is_code_or_range(good), "{good}");
        }
        for bad in ["", "2", "99", "500", "200-", "399-200", "abc", "200-500", " 200"] {
            assert!(!is_code_or_range(bad), "{bad}");
        }
    }
}
