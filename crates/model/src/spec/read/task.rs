//! The settings of a task, which services and jobs share.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml_span::Span;

use super::super::keys::{service as key, sidecar};
use super::super::{EgressRule, SidecarSpec, TaskSpec, fargate_offers, fargate_offers_cpu};
use super::Reader;
use super::container::ContainerSettings;
use super::permissions::{Allowed, build_allow, build_egress, read_allow, read_egress};
use super::service::ServiceSettings;
use super::setting::{Inherit, Named, Setting, settings};
use crate::cidr::Cidr;
use crate::identifier::ServiceName;
use crate::resource::Architecture;
use crate::suggest::nearest;
use crate::toml::{At, Explained, Section};

/// The memory that is reserved for a sidecar, in MiB.
const SIDECAR_MEMORY: u32 = 128;

settings! {
    /// What a task runs.
    TaskSettings {
        like: Setting<ServiceName>,
        container: ContainerSettings,
        command: Setting<Vec<At<String>>>,
        cpu: Setting<u32>,
        memory: Setting<u32>,
        architecture: Setting<Architecture>,
        sidecars: Named<ServiceName, SidecarSettings>,
        allow: Setting<Vec<At<Allowed>>>,
        egress: Setting<Vec<At<EgressRule>>>,
    }

    /// `[service.<name>.sidecar.<name>]`.
    SidecarSettings {
        table: Setting<()>,
        like: Setting<ServiceName>,
        container: ContainerSettings,
        command: Setting<Vec<At<String>>>,
        essential: Setting<bool>,
        memory: Setting<u32>,
    }
}

/// The architecture does not exist.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Fargate has no architecture `{0}`")]
struct UnknownArchitecture(String);

impl Explained for UnknownArchitecture {
    fn cure(&self) -> Option<String> {
        let meant = match self.0.to_lowercase().as_str() {
            "amd64" | "x64" | "x86-64" | "intel" => Some("x86_64"),
            "aarch64" | "graviton" => Some("arm64"),
            other => nearest(other, ["x86_64", "arm64"]),
        };
        Some(meant.map_or_else(|| "use `x86_64` or `arm64`".to_owned(), |meant| format!("did you mean `{meant}`?")))
    }
}

struct GivenArchitecture(Architecture);

impl FromStr for GivenArchitecture {
    type Err = UnknownArchitecture;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "x86_64" => Ok(Self(Architecture::X86)),
            "arm64" => Ok(Self(Architecture::Arm)),
            other => Err(UnknownArchitecture(other.to_owned())),
        }
    }
}

impl TaskSettings {
    /// Reads them; `is_complete` when image, CPU and memory cannot come from elsewhere.
    pub(super) fn read(section: &mut Section<'_>, is_complete: bool) -> Self {
        let any = 1..=u32::MAX;
        let (cpu, memory) = if is_complete {
            (section.number(key::CPU, any.clone()), section.number(key::MEMORY, any))
        } else {
            (section.number_if_any(key::CPU, any.clone()), section.number_if_any(key::MEMORY, any))
        };
        let architecture = section.text_if_any::<GivenArchitecture>(key::ARCHITECTURE);
        Self {
            like: section.text_if_any(key::LIKE).into(),
            container: ContainerSettings::read(section, is_complete),
            command: section.texts_if_any(key::COMMAND).into(),
            cpu: cpu.into(),
            memory: memory.into(),
            architecture: architecture.map(|GivenArchitecture(architecture)| architecture).into(),
            sidecars: SidecarSettings::read(section, is_complete),
            allow: read_allow(section),
            egress: read_egress(section),
        }
    }

    /// Takes image, size and the settings of the container from the service that `like` names, and the
    /// image and settings of each sidecar from the one that its `like` names.
    pub(super) fn like(mut self, services: &BTreeMap<ServiceName, ServiceSettings>) -> Self {
        let service = |like: &Setting<ServiceName>| Some(&services.get(&like.valid()?.value)?.task);
        for sidecar in self.sidecars.values_mut() {
            if let Some(other) = service(&sidecar.like) {
                sidecar.container = std::mem::take(&mut sidecar.container).over(&other.container);
            }
        }
        let Some(other) = service(&self.like) else { return self };
        Self {
            container: self.container.over(&other.container),
            cpu: self.cpu.over(&other.cpu),
            memory: self.memory.over(&other.memory),
            architecture: self.architecture.over(&other.architecture),
            ..self
        }
    }

    /// The services that `like` names, in it and in its sidecars.
    pub(super) fn likes(&self) -> impl Iterator<Item = &At<ServiceName>> {
        let own = self.like.own();
        own.into_iter().chain(self.sidecars.values().filter_map(|sidecar| sidecar.like.own()))
    }

    /// Its containers.
    pub(super) fn containers(&self) -> impl Iterator<Item = &ContainerSettings> {
        std::iter::once(&self.container).chain(self.sidecars.values().map(|sidecar| &sidecar.container))
    }

    pub(super) fn build(self) -> Option<TaskSpec> {
        let Self { like: _, container, command, cpu, memory, architecture, sidecars, allow, egress } = self;
        let sidecar = |(name, sidecar): (ServiceName, SidecarSettings)| Some((name, sidecar.build()?));
        Some(TaskSpec {
            container: container.build(command.field)?,
            cpu: cpu.field.required()?,
            memory: memory.field.required()?,
            architecture: architecture.field.or(Architecture::default())?,
            sidecars: sidecars.into_iter().map(sidecar).collect::<Option<_>>()?,
            allow: build_allow(allow.field)?,
            egress: build_egress(egress.field)?,
        })
    }
}

impl SidecarSettings {
    fn read(section: &mut Section<'_>, is_complete: bool) -> Named<ServiceName, Self> {
        let one = |(name, mut section): (At<ServiceName>, Section<'_>)| {
            let is_complete = is_complete && !section.has(sidecar::LIKE);
            let section = &mut section;
            let settings = Self {
                table: Setting::read(name.span, Some(())),
                like: section.text_if_any(sidecar::LIKE).into(),
                container: ContainerSettings::read(section, is_complete),
                command: section.texts_if_any(sidecar::COMMAND).into(),
                essential: section.flag_if_any(sidecar::ESSENTIAL).into(),
                memory: section.number_if_any(sidecar::MEMORY, 6..=122_880).into(),
            };
            (name.value, settings)
        };
        section.named_sections(key::SIDECAR, &sidecar::TABLE, None).into_iter().map(one).collect()
    }

    fn memory(&self) -> u32 {
        self.memory.valid().map_or(SIDECAR_MEMORY, |at| at.value)
    }

    fn build(self) -> Option<SidecarSpec> {
        let memory = self.memory();
        let Self { table: _, like: _, container, command, essential, memory: _ } = self;
        Some(SidecarSpec { container: container.build(command.field)?, essential: essential.field.or(true)?, memory })
    }
}

impl Reader<'_> {
    /// Checks constraints between settings. A problem is reported at a value of the table itself.
    pub(super) fn check_task(&self, name: &ServiceName, settings: &TaskSettings, network: Option<&Cidr>) {
        // The other settings were validated when they were read.
        let TaskSettings { like: _, container, command: _, cpu, memory, architecture: _, sidecars, allow, egress } =
            settings;
        self.check_size(cpu, memory);
        self.check_container(container);
        self.check_allow(allow);
        self.check_egress(egress, network);
        for (sidecar, settings) in sidecars {
            self.check_container(&settings.container);
            let Some(table) = settings.table.own() else { continue };
            if sidecar == name {
                let message = format!("`{sidecar}` is the name of the main container");
                self.document.problem(table.span, message, "this sidecar", Some("use another name"));
            }
            if settings.container.image.field.is_absent() && settings.like.field.is_absent() {
                let message = format!("the sidecar `{sidecar}` has no image");
                self.document.problem(table.span, message, "this sidecar", Some("add `image`, or `like`"));
            }
        }
        self.check_memory(settings);
    }

    /// Checks that the task has memory left for the process of its main container.
    fn check_memory(&self, settings: &TaskSettings) {
        let TaskSettings { cpu, memory, sidecars, .. } = settings;
        let is_wrong = |cpu: u32, memory: u32| fargate_offers_cpu(cpu) && fargate_offers(cpu, memory).is_err();
        if cpu.valid().zip(memory.valid()).is_some_and(|(cpu, memory)| is_wrong(cpu.value, memory.value)) {
            // The memory is reported already.
            return;
        }
        let in_memory = settings.containers().map(ContainerSettings::size_of_writable).fold(0, u32::saturating_add);
        let of_sidecars = sidecars.values().map(SidecarSettings::memory).fold(0, u32::saturating_add);
        let own_writable = settings.containers().find_map(ContainerSettings::own_span_of_writable);
        let own_sidecar = || {
            let span = |sidecar: &SidecarSettings| sidecar.memory.own_span().or(sidecar.table.own_span());
            sidecars.values().find_map(span)
        };
        let span: Option<Span> = own_writable.or(memory.own_span()).or_else(own_sidecar);
        if let (Some(mib), Some(span)) = (memory.valid(), span)
            && in_memory.saturating_add(of_sidecars) >= mib.value
        {
            let sidecars = if of_sidecars > 0 { format!(" and its sidecars {of_sidecars} MiB") } else { String::new() };
            let message =
                format!("the writable directories take {in_memory} MiB{sidecars}, and the task has {} MiB", **mib);
            let help = "give the task more memory, or the directories a smaller `size`";
            self.document.problem(span, message, "this value", Some(help));
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
}
