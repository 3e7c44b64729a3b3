//! The services and jobs of the platform and of each tenant: which there are, what each takes from another,
//! and which requests reach it.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use toml_span::Span;

use super::super::keys::{job, root, service, tenant};
use super::super::routes::{Conflict, Route, conflicts};
use super::super::{JobSpec, MAIN_SERVICE, ServiceSpec};
use super::Reader;
use super::job::JobSettings;
use super::service::ServiceSettings;
use super::setting::{Inherit, Origin};
use super::task::TaskSettings;
use crate::cidr::Cidr;
use crate::identifier::{HostLabel, PathPattern, ServiceName, VariableName};
use crate::suggest::nearest;
use crate::toml::{At, Key, Section};

/// `[service.<name>]` or `[job.<name>]`, or a tenant's table merged with it.
pub(super) trait Table: Inherit + Clone {
    /// What it becomes.
    type Spec;
    /// What it describes.
    const WORD: &'static str;

    /// Reads it; `is_complete` when image, CPU and memory cannot come from elsewhere.
    fn read(section: Section<'_>, is_complete: bool) -> Self;
    fn task(&self) -> &TaskSettings;
    /// With what `like` takes from one of `services`.
    fn like(self, services: &BTreeMap<ServiceName, ServiceSettings>) -> Self;
    /// `None` when there are problems, all of which are reported.
    fn build(self) -> Option<Self::Spec>;
    /// Checks constraints between settings. A problem is reported at a value of the table itself, or at
    /// `table`, its name.
    fn check(&self, reader: &Reader<'_>, name: &ServiceName, table: Span, network: Option<&Cidr>);
}

/// A table, with its name.
#[derive(Clone)]
struct Entry<T> {
    /// The location of its name; the platform's, if a tenant has no settings of its own.
    span: Span,
    /// As written, without what `like` takes from another.
    written: T,
    /// With what `like` takes from another.
    settings: T,
    /// Whether it comes from the tables that are being checked.
    is_own: bool,
}

type Entries<T> = BTreeMap<ServiceName, Entry<T>>;

/// The services and jobs of the platform, or of a tenant.
#[derive(Clone)]
pub(super) struct Services {
    services: Entries<ServiceSettings>,
    jobs: Entries<JobSettings>,
}

impl<T: Table> Entry<T> {
    fn own(span: Span, written: T) -> Self {
        Self { span, settings: written.clone(), written, is_own: true }
    }

    fn resolve(&mut self, services: &BTreeMap<ServiceName, ServiceSettings>) {
        self.settings = self.written.clone().like(services);
    }
}

impl Reader<'_> {
    /// The `[service.<name>]` and `[job.<name>]` tables.
    pub(super) fn services(&self, root: &mut Section<'_>, network: Option<&Cidr>) -> Services {
        let services = root.named_sections(root::SERVICE, &service::TABLE, Some(MAIN_SERVICE));
        let model = model(&services);
        let services = services.into_iter().map(|(name, section)| {
            let is_complete = self.is_complete::<ServiceSettings>(&name, &section, model.as_ref());
            (name.value, Entry::own(name.span, ServiceSettings::read(section, is_complete)))
        });
        let services = services.collect();
        let jobs = root.named_sections(root::JOB, &job::TABLE, None).into_iter().map(|(name, section)| {
            let is_complete = self.is_complete::<JobSettings>(&name, &section, model.as_ref());
            (name.value, Entry::own(name.span, JobSettings::read(section, is_complete)))
        });
        let mut all = Services { services, jobs: jobs.collect() };
        self.check_names(&all);
        self.check_like(&all);
        all.resolve();
        self.check_all(&all, network);
        all
    }

    /// Whether a table must say itself what it runs. One that says nothing of that was probably meant to be like
    /// another, which is one problem and not three.
    fn is_complete<T: Table>(
        &self,
        name: &At<ServiceName>,
        section: &Section<'_>,
        model: Option<&ServiceName>,
    ) -> bool {
        let says_something = [service::IMAGE, service::CPU, service::MEMORY].into_iter().any(|key| section.has(key));
        if says_something || section.has(service::LIKE) {
            return !section.has(service::LIKE);
        }
        let Some(model) = model.filter(|model| **model != name.value) else { return true };
        let word = T::WORD;
        let message = format!("nothing says what the {word} `{}` runs", name.value);
        let help = format!("add `like = \"{model}\"`, or `image`, `cpu` and `memory`");
        self.document.problem(name.span, message, &format!("this {word}"), Some(&help));
        false
    }

    /// The services and jobs of a tenant: the platform's, overridden by those of its table.
    pub(super) fn services_of(
        &self,
        section: &mut Section<'_>,
        platform: &Services,
        network: Option<&Cidr>,
    ) -> Services {
        let mut all = platform.clone();
        all.services.values_mut().for_each(|entry| entry.is_own = false);
        all.jobs.values_mut().for_each(|entry| entry.is_own = false);
        let services = section.named_sections(tenant::SERVICE, &service::TABLE, Some(MAIN_SERVICE));
        self.merge(&mut all.services, services);
        let jobs = section.named_sections(tenant::JOB, &job::TABLE, None);
        self.merge(&mut all.jobs, jobs);
        self.check_like(&all);
        all.resolve();
        self.check_all(&all, network);
        all
    }

    fn merge<T: Table>(&self, entries: &mut Entries<T>, sections: Vec<(At<ServiceName>, Section<'_>)>) {
        for (name, section) in sections {
            let own = T::read(section, false);
            let Some(entry) = entries.get_mut(&name.value) else {
                let word = T::WORD;
                let message = format!("there is no `[{word}.{}]` in which a tenant could differ", *name);
                let help = nearest_of(entries.keys(), &name.value);
                self.document.problem(name.span, message, &format!("this {word}"), help.as_deref());
                continue;
            };
            *entry = Entry::own(name.span, own.over(&entry.written));
        }
    }

    /// Checks that no job has the name of a service, whose resources have the same names.
    fn check_names(&self, Services { services, jobs }: &Services) {
        for (name, entry) in jobs {
            let reason = if services.contains_key(name) {
                "a service has this name"
            } else if name.as_str() == MAIN_SERVICE {
                "it is the name of a service"
            } else {
                continue;
            };
            let message = format!("`{name}` cannot be the name of a job: {reason}");
            self.document.problem(entry.span, message, "this job", Some("use another name"));
        }
        let migrations = jobs.values().filter(|entry| !entry.written.run.field.is_absent());
        for entry in migrations.skip(1) {
            let message = "only one job can run before the rollout of a tenant";
            let help = "let one job run both, so that their order is clear";
            self.document.problem(entry.span, message, "this job", Some(help));
        }
    }

    /// Checks that `like` names a service that says itself what it runs.
    fn check_like(&self, Services { services, jobs }: &Services) {
        let of_services =
            services.iter().filter(|(_, entry)| entry.is_own).map(|(name, entry)| (name, entry.written.task()));
        let of_jobs = jobs.iter().filter(|(_, entry)| entry.is_own).map(|(name, entry)| (name, entry.written.task()));
        for (name, like) in
            of_services.chain(of_jobs).flat_map(|(name, task)| task.likes().map(move |like| (name, like)))
        {
            if !services.contains_key(&like.value) {
                let message = format!("there is no service `{}`", like.value);
                let help = nearest_of(services.keys(), &like.value);
                self.document.problem(like.span, message, "this service", help.as_deref());
                continue;
            }
            let chain = chain(services, &like.value);
            let Some((last, before)) = chain.split_last() else { continue };
            match before.iter().position(|name| name == last) {
                Some(start) => self.check_cycle(services, name, like, &before[start..]),
                None => {
                    if let (Some(further), true) = (chain.get(1), services.contains_key(*last)) {
                        let message = format!("`{}` itself is like `{further}`", like.value);
                        let help = format!("write `like = \"{last}\"`");
                        self.document.problem(like.span, message, "this service", Some(&help));
                    }
                }
            }
        }
    }

    /// Reports a cycle of services that are like each other, once: at the first of them.
    fn check_cycle(
        &self,
        services: &Entries<ServiceSettings>,
        name: &ServiceName,
        like: &At<ServiceName>,
        cycle: &[&ServiceName],
    ) {
        let own = |name: &ServiceName| services.get(name).and_then(|entry| entry.written.task().like.own());
        let first = cycle.iter().filter(|name| own(name).is_some()).min();
        // A sidecar can be like one of them too, and is not part of the cycle.
        if first != Some(&name) || own(name).is_none_or(|own| own.span != like.span) {
            return;
        }
        let others = cycle.iter().cycle().skip_while(|other| **other != name).skip(1).take(cycle.len());
        let mut links =
            std::iter::once(&name).chain(others).tuple_windows().map(|(a, b)| format!("`{a}` is like `{b}`"));
        let message = links.join(", and ");
        let help = "give one of them `image`, `cpu` and `memory` instead of `like`";
        self.document.problem(like.span, message, "this service", Some(help));
    }

    fn check_all(&self, all: &Services, network: Option<&Cidr>) {
        let Services { services, jobs } = all;
        for (name, entry) in services.iter().filter(|(_, entry)| entry.is_own) {
            entry.settings.check(self, name, entry.span, network);
        }
        for (name, entry) in jobs.iter().filter(|(_, entry)| entry.is_own) {
            entry.settings.check(self, name, entry.span, network);
        }
        self.check_routes(services);
        self.check_generated(all);
    }

    /// Checks that there is an order of rules that serves all services.
    fn check_routes(&self, services: &Entries<ServiceSettings>) {
        let routes: Vec<(&ServiceName, Option<&HostLabel>, Vec<PathPattern>)> = services
            .iter()
            .filter(|(_, service)| service.settings.has_known_route())
            .map(|(name, Entry { settings, .. })| {
                let paths = settings.paths.valid().into_iter().flat_map(|paths| &paths.value);
                (name, settings.host.valid().map(|host| &host.value), paths.map(|path| path.value.clone()).collect())
            })
            .collect();
        let routes: Vec<Route<'_>> =
            routes.iter().map(|(service, host, paths)| Route { service, host: *host, paths }).collect();
        for conflict in conflicts(&routes) {
            let (a, b, same, message, help) = match conflict {
                Conflict::SameHost(a, b) => {
                    let message = format!("`{a}` and `{b}` both get all requests of one host");
                    (a, b, None, message, "give one of them `paths`, or a `host` of its own")
                }
                Conflict::SamePath(a, b, path) => {
                    let message = format!("`{a}` and `{b}` both have the path `{path}`");
                    (a, b, Some(path), message, "leave it to one of them, or give one of them a `host` of its own")
                }
                Conflict::Crossed(a, b) => {
                    let message = format!("`{a}` has a path within one of `{b}`, and `{b}` one within those of `{a}`");
                    (a, b, None, message, "give one of them only the longer paths, or a `host` of its own")
                }
            };
            // The one that is further down is probably the one that was added.
            let own = [a, b].into_iter().filter_map(|name| services.get(name)).filter(|service| service.is_own);
            let Some(Entry { span: table, settings, .. }) = own.max_by_key(|service| service.span.start) else {
                continue;
            };
            let paths = settings.paths.own();
            let path = paths.and_then(|paths| paths.iter().find(|path| Some(&path.value) == same));
            let span = path.map(|path| path.span).or(paths.map(|paths| paths.span)).or(settings.host.own_span());
            self.document.problem(span.unwrap_or(*table), message, "this service", Some(help));
        }
    }

    /// Checks that a generated secret has one length: a tenant has one of each name.
    fn check_generated(&self, all: &Services) {
        let mut lengths: BTreeMap<&VariableName, u32> = BTreeMap::new();
        let containers = all.tasks().flat_map(|(task, is_own)| task.containers().map(move |of| (of, is_own)));
        let secrets = containers.flat_map(|(of, is_own)| of.secrets.iter().map(move |secret| (secret, is_own)));
        for ((name, secret), is_own) in secrets {
            let Some((length, span)) = secret.generated() else { continue };
            let first = *lengths.entry(name).or_insert(length);
            if first != length && is_own && secret.own_span().is_some() {
                let message =
                    format!("`{name}` is generated with {first} characters elsewhere, and with {length} here");
                let help = "a tenant has one generated secret of each name: use one length, or another name";
                self.document.problem(span, message, "this secret", Some(help));
            }
        }
    }
}

/// The service that others are most likely like: the website, or the first that has an image.
fn model(services: &[(At<ServiceName>, Section<'_>)]) -> Option<ServiceName> {
    let complete = services.iter().filter(|(_, section)| section.has(service::IMAGE)).map(|(name, _)| &name.value);
    complete.min_by_key(|name| name.as_str() != MAIN_SERVICE).cloned()
}

/// The services that `like` names one after the other, beginning with `name`. The last of them says itself what it
/// runs, does not exist, or is among those before it.
fn chain<'a>(services: &'a Entries<ServiceSettings>, name: &'a ServiceName) -> Vec<&'a ServiceName> {
    let mut chain = vec![name];
    while let Some(like) = chain.last().and_then(|last| services.get(*last)?.written.task().like.valid()) {
        let is_cycle = chain.contains(&&like.value);
        chain.push(&like.value);
        if is_cycle {
            break;
        }
    }
    chain
}

/// A suggestion for a name that does not exist.
fn nearest_of<'a>(names: impl Iterator<Item = &'a ServiceName>, name: &ServiceName) -> Option<String> {
    let names: Vec<&str> = names.map(ServiceName::as_str).collect();
    match nearest(name.as_str(), names.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if names.is_empty() => None,
        None => Some(format!("there are {}", names.iter().join(", "))),
    }
}

impl Services {
    fn resolve(&mut self) {
        let written: BTreeMap<ServiceName, ServiceSettings> =
            self.services.iter().map(|(name, entry)| (name.clone(), entry.written.clone())).collect();
        self.services.values_mut().for_each(|entry| entry.resolve(&written));
        self.jobs.values_mut().for_each(|entry| entry.resolve(&written));
    }

    /// The tasks of its services and jobs, and whether each has settings of its own.
    fn tasks(&self) -> impl Iterator<Item = (&TaskSettings, bool)> {
        let services = self.services.values().map(|entry| (entry.settings.task(), entry.is_own));
        services.chain(self.jobs.values().map(|entry| (entry.settings.task(), entry.is_own)))
    }

    /// The settings of its own tables that others take with `like`, each with the service and those others: what a
    /// task runs, and its size.
    pub(super) fn taken_by_others(&self) -> Vec<(&'static str, &ServiceName, Vec<ServiceName>)> {
        let settings: [(Key, fn(&TaskSettings) -> Origin); 4] = [
            (service::IMAGE, |task| task.container.image.origin()),
            (service::CPU, |task| task.cpu.origin()),
            (service::MEMORY, |task| task.memory.origin()),
            (service::ARCHITECTURE, |task| task.architecture.origin()),
        ];
        let mut found = Vec::new();
        for (name, entry) in self.services.iter().filter(|(_, entry)| entry.is_own) {
            for (key, origin) in settings.iter().filter(|(_, origin)| origin(entry.written.task()) == Origin::Own) {
                let takes = |task: &TaskSettings| {
                    task.like.valid().is_some_and(|like| like.value == *name) && origin(task) == Origin::Absent
                };
                let services = self.services.iter().map(|(name, entry)| (name, entry.written.task()));
                let tasks = services.chain(self.jobs.iter().map(|(name, entry)| (name, entry.written.task())));
                let others: Vec<_> =
                    tasks.filter(|(_, task)| takes(task)).map(|(name, _)| name.clone()).sorted().collect();
                if !others.is_empty() {
                    found.push((key.name, name, others));
                }
            }
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// The hosts of its services, each with its location.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&HostLabel, Span)> {
        self.services.values().filter_map(|service| {
            let host = service.settings.host.valid()?;
            Some((&host.value, host.span))
        })
    }

    pub(super) fn build(self) -> Option<(BTreeMap<ServiceName, ServiceSpec>, BTreeMap<ServiceName, JobSpec>)> {
        Some((build(self.services)?, build(self.jobs)?))
    }
}

fn build<T: Table>(entries: Entries<T>) -> Option<BTreeMap<ServiceName, T::Spec>> {
    entries.into_iter().map(|(name, entry)| Some((name, entry.settings.build()?))).collect()
}
