//! The `[service]` table, and a tenant's settings that override it.

use toml_span::Span;

use super::super::keys::service as key;
use super::super::writable::{check_path, overlapping};
use super::super::{ServiceSpec, fargate_offers, fargate_offers_cpu};
use super::Reader;
use crate::identifier::Image;
use crate::toml::{At, Field, Key, Section};

/// The defaults.
const HEALTH_CHECK_PATH: &str = "/";
const WRITABLE: &str = "/tmp";

/// A setting of a service, and whether it comes from the table that is being checked. A tenant without
/// its own value inherits the platform's, whose problems are reported at the platform.
#[derive(Clone, Debug)]
pub(super) struct Setting<T> {
    field: Field<T>,
    is_own: bool,
}

/// `[service]`, or a tenant's table merged with it. The default is a missing table.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    image: Setting<Image>,
    port: Setting<u32>,
    cpu: Setting<u32>,
    memory: Setting<u32>,
    desired_count: Setting<u32>,
    min_count: Setting<u32>,
    max_count: Setting<u32>,
    cpu_target: Setting<u32>,
    health_check_path: Setting<String>,
    writable: Setting<Vec<At<String>>>,
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self { field: Field::default(), is_own: false }
    }
}

impl<T: Clone> Setting<T> {
    const fn own(field: Field<T>) -> Self {
        Self { field, is_own: true }
    }

    /// This setting, or the platform's when it is absent.
    fn over(self, default: &Self) -> Self {
        if self.field.is_absent() { Self { field: default.field.clone(), is_own: false } } else { self }
    }

    fn valid(&self) -> Option<&At<T>> {
        self.field.valid()
    }

    /// Its location, if it comes from the table itself.
    fn own_span(&self) -> Option<Span> {
        self.valid().filter(|_| self.is_own).map(|at| at.span)
    }
}

impl Settings {
    /// The platform's settings: settings without a default are required.
    pub(super) fn required(section: Section<'_>) -> Self {
        Self::read(section, Section::text, Section::number)
    }

    /// A tenant's settings: all are optional.
    pub(super) fn optional(section: Section<'_>) -> Self {
        Self::read(section, Section::text_if_any, Section::number_if_any)
    }

    fn read<'d>(
        mut section: Section<'d>,
        image: impl Fn(&mut Section<'d>, Key) -> Field<Image>,
        number: impl Fn(&mut Section<'d>, Key, std::ops::RangeInclusive<u32>) -> Field<u32>,
    ) -> Self {
        let section = &mut section;
        Self {
            image: Setting::own(image(section, key::IMAGE)),
            port: Setting::own(number(section, key::PORT, 1..=65_535)),
            cpu: Setting::own(number(section, key::CPU, 1..=u32::MAX)),
            memory: Setting::own(number(section, key::MEMORY, 1..=u32::MAX)),
            desired_count: Setting::own(number(section, key::DESIRED_COUNT, 1..=5_000)),
            min_count: Setting::own(number(section, key::MIN_COUNT, 1..=5_000)),
            max_count: Setting::own(number(section, key::MAX_COUNT, 1..=5_000)),
            cpu_target: Setting::own(number(section, key::CPU_TARGET, 1..=100)),
            health_check_path: Setting::own(section.text_if_any(key::HEALTH_CHECK_PATH)),
            writable: Setting::own(section.texts_if_any(key::WRITABLE)),
        }
    }

    /// These settings, with the platform's as defaults.
    pub(super) fn over(self, defaults: &Self) -> Self {
        let Self {
            image,
            port,
            cpu,
            memory,
            desired_count,
            min_count,
            max_count,
            cpu_target,
            health_check_path,
            writable,
        } = self;
        Self {
            image: image.over(&defaults.image),
            port: port.over(&defaults.port),
            cpu: cpu.over(&defaults.cpu),
            memory: memory.over(&defaults.memory),
            desired_count: desired_count.over(&defaults.desired_count),
            min_count: min_count.over(&defaults.min_count),
            max_count: max_count.over(&defaults.max_count),
            cpu_target: cpu_target.over(&defaults.cpu_target),
            health_check_path: health_check_path.over(&defaults.health_check_path),
            writable: writable.over(&defaults.writable),
        }
    }

    pub(super) fn build(self) -> Option<ServiceSpec> {
        let Self {
            image,
            port,
            cpu,
            memory,
            desired_count,
            min_count,
            max_count,
            cpu_target,
            health_check_path,
            writable,
        } = self;
        let mut writable: Vec<String> = match writable.field.optional()? {
            Some(paths) => paths.into_iter().map(|path| path.value).collect(),
            None => vec![WRITABLE.to_owned()],
        };
        // Their order has no meaning.
        writable.sort();
        Some(ServiceSpec {
            image: image.field.required()?,
            port: u16::try_from(port.field.required()?).ok()?,
            cpu: cpu.field.required()?,
            memory: memory.field.required()?,
            desired_count: desired_count.field.required()?,
            min_count: min_count.field.required()?,
            max_count: max_count.field.required()?,
            cpu_target: cpu_target.field.required()?,
            health_check_path: health_check_path.field.or(HEALTH_CHECK_PATH.to_owned())?,
            writable,
        })
    }
}

impl Reader<'_> {
    /// Checks constraints between settings. A problem is reported at a value of the table itself.
    pub(super) fn check_service(&self, settings: &Settings) {
        // Each setting was validated when it was read.
        let Settings {
            image: _,
            port: _,
            cpu,
            memory,
            desired_count,
            min_count,
            max_count,
            cpu_target: _,
            health_check_path,
            writable,
        } = settings;
        self.check_size(cpu, memory);
        self.check_counts(desired_count, min_count, max_count);
        if let Some(path) = health_check_path.valid().filter(|_| health_check_path.is_own) {
            self.check_health_check_path(path);
        }
        if let Some(paths) = writable.valid().filter(|_| writable.is_own) {
            self.check_writable(&paths.value);
        }
    }

    fn check_size(&self, cpu: &Setting<u32>, memory: &Setting<u32>) {
        let offered = |cpu: u32| fargate_offers_cpu(cpu);
        match (cpu.valid(), memory.valid()) {
            (Some(units), Some(mib)) => {
                let suspects = if offered(**units) { [memory, cpu] } else { [cpu, memory] };
                let span = suspects.into_iter().find_map(Setting::own_span);
                if let (Err(offer), Some(span)) = (fargate_offers(**units, **mib), span) {
                    let message = format!("Fargate does not offer {} CPU units with {} MiB", **units, **mib);
                    self.document.problem(span, message, "this value", Some(&offer));
                }
            }
            // The CPU can be checked without the memory.
            (Some(units), None) if !offered(**units) => {
                if let (Err(offer), Some(span)) = (fargate_offers(**units, 0), cpu.own_span()) {
                    let message = format!("Fargate does not offer {} CPU units", **units);
                    self.document.problem(span, message, "this value", Some(&offer));
                }
            }
            _ => {}
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

    /// Source: Elastic Load Balancing API, `CreateTargetGroup`, `HealthCheckPath`.
    fn check_health_check_path(&self, path: &At<String>) {
        if !path.starts_with('/') || path.len() > 1_024 || !path.bytes().all(|c| c.is_ascii_graphic()) {
            let message = "a path begins with `/` and has at most 1,024 ASCII characters without spaces";
            self.document.problem(path.span, message, "this path", None);
        }
    }

    fn check_writable(&self, paths: &[At<String>]) {
        let mut accepted: Vec<&At<String>> = Vec::new();
        for path in paths {
            if let Err(reason) = check_path(path) {
                let message = format!("`{}` cannot be a writable directory: {reason}", **path);
                let help = Some("name a directory by its absolute path, such as `/var/cache/nginx`");
                self.document.problem(path.span, message, "this path", help);
            } else if let Some((other, reason)) =
                accepted.iter().find_map(|other| overlapping(path, other).map(|reason| (other, reason)))
            {
                let message = format!("`{}` {reason} `{}`", **path, ***other);
                self.document.problem(path.span, message, "this path", Some("keep one of the two"));
            } else {
                accepted.push(path);
            }
        }
    }
}
