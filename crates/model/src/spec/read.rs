//! From TOML to a spec: each field, then what fields must be to each other.

use std::collections::BTreeMap;

use super::{
    Database, Logs, Network, Platform, RETENTION_DAYS, ServiceSpec, Spec, Storage, Tenant, Zone, fargate_offers,
    fargate_offers_cpu,
};
use crate::cidr::Cidr;
use crate::identifier::{CertificateArn, Environment, Image, RoleArn, TenantId};
use crate::names::is_bucket_suffix;
use crate::problem::Problems;
use crate::toml::{At, Document, Section};

pub(super) fn spec(file: &str, text: &str) -> Result<Spec, Box<Problems>> {
    let document = Document::new(text);
    let spec = document.root().and_then(|root| Reader { document: &document }.spec(root));
    document.finish(file, spec)
}

struct Reader<'d, 't> {
    document: &'d Document<'t>,
}

/// The `[service]` table, or a tenant's: each field may be absent.
#[derive(Default)]
struct ServiceFields {
    image: Option<At<Image>>,
    port: Option<At<u32>>,
    cpu: Option<At<u32>>,
    memory: Option<At<u32>>,
    desired_count: Option<At<u32>>,
    min_count: Option<At<u32>>,
    max_count: Option<At<u32>>,
    cpu_target: Option<At<u32>>,
    health_check_path: Option<At<String>>,
}

impl<'d, 't> Reader<'d, 't> {
    fn spec(&self, mut root: Section<'d, 't>) -> Option<Spec> {
        let platform = root.section("platform").and_then(|section| self.platform(section));
        let network = root.section("network").and_then(|section| self.network(section, platform.as_ref()));
        let database = root.section("database").and_then(|section| self.database(section));
        let defaults = root.section("service").and_then(|section| {
            let fields = service_fields(section, true);
            self.service(&fields, &ServiceFields::default()).map(|_| fields)
        });
        let logs = root.section("logs").and_then(|section| self.logs(section));
        let storage = root.section_if_any("storage").map_or(Some(Storage { bucket_suffix: None }), |s| self.storage(s));
        let certificate: Option<At<CertificateArn>> = root.section_if_any("ingress").and_then(|mut section| {
            let certificate = section.text_if_any("certificate");
            section.finish(&["certificate"]);
            certificate
        });
        let sections = root.sections("tenant");
        let tenants = self.tenants(sections, defaults.as_ref(), certificate.is_some());
        root.finish(&["platform", "network", "database", "service", "logs", "storage", "ingress", "tenant"]);
        Some(Spec {
            platform: platform?,
            network: network?,
            database: database?,
            logs: logs?,
            storage: storage?,
            certificate: certificate.map(|at| at.value),
            tenants: tenants?,
        })
    }

    fn platform(&self, mut section: Section<'d, 't>) -> Option<Platform> {
        let name = section.text("name");
        let environment: Option<At<Environment>> = section.text("environment");
        let account = section.text("account");
        let region = section.text("region");
        let domain = section.text("domain");
        let cost_center = section.text("cost_center");
        let deletion_protection = section.flag("deletion_protection");
        let provisioner: Option<At<RoleArn>> = section.text("provisioner");
        let break_glass: Option<At<RoleArn>> = section.text_if_any("break_glass");
        section.finish(&[
            "name",
            "environment",
            "account",
            "region",
            "domain",
            "cost_center",
            "deletion_protection",
            "provisioner",
            "break_glass",
        ]);
        if let (Some(environment), Some(protection)) = (&environment, &deletion_protection)
            && !environment.is_development()
            && !protection.value
        {
            let message =
                format!("deletion protection may be off only in development, and this is `{}`", **environment);
            self.document.problem(protection.span, message, "must be true", None);
        }
        for role in provisioner.iter().chain(&break_glass) {
            let foreign =
                |account: &At<crate::identifier::AccountId>| role.as_str().split(':').nth(4) != Some(account.as_str());
            if account.as_ref().is_some_and(foreign) {
                self.document.problem(role.span, "the role is of another account than the platform", "this role", None);
            }
        }
        Some(Platform {
            name: name?.value,
            environment: environment?.value,
            account: account?.value,
            region: region?.value,
            domain: domain?.value,
            cost_center: cost_center?.value,
            deletion_protection: deletion_protection?.value,
            provisioner: provisioner?.value,
            break_glass: break_glass.map(|role| role.value),
        })
    }

    fn network(&self, mut section: Section<'d, 't>, platform: Option<&Platform>) -> Option<Network> {
        let span = section.span;
        let cidr: Option<At<Cidr>> = section.text("cidr");
        let read: Vec<_> = section.sections("zone").into_iter().map(|zone| self.zone(zone, platform)).collect();
        section.finish(&["cidr", "zone"]);
        let zones: Option<Vec<_>> = read.into_iter().collect();

        if let Some(cidr) = &cidr {
            self.check_size(cidr);
        }
        let zones = zones?;
        if zones.len() < 2 {
            let help = Some("add a `[[network.zone]]`");
            self.document.problem(span, "an ALB and an Aurora cluster need two zones at least", "in here", help);
        }
        self.check_subnets(cidr.as_ref(), &zones);
        self.check_unique("zone", zones.iter().map(|(name, ..)| At { value: name.to_string(), span: name.span }));
        let mut zones: Vec<Zone> = zones
            .into_iter()
            .map(|(name, public, private)| Zone { name: name.value, public: public.value, private: private.value })
            .collect();
        zones.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Network { cidr: cidr?.value, zones })
    }

    fn zone(
        &self,
        mut section: Section<'d, 't>,
        platform: Option<&Platform>,
    ) -> Option<(At<crate::identifier::ZoneName>, At<Cidr>, At<Cidr>)> {
        let name: Option<At<crate::identifier::ZoneName>> = section.text("name");
        let public = section.text("public");
        let private = section.text("private");
        section.finish(&["name", "public", "private"]);
        if let (Some(name), Some(platform)) = (&name, platform)
            && name.as_str().strip_suffix(|c: char| c.is_ascii_lowercase()) != Some(platform.region.as_str())
        {
            let message = format!("the zone `{}` is not in the region `{}`", **name, platform.region);
            self.document.problem(name.span, message, "this zone", None);
        }
        Some((name?, public?, private?))
    }

    /// Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks".
    fn check_size(&self, cidr: &At<Cidr>) {
        if !(16..=28).contains(&cidr.prefix_len()) {
            let message = format!("`{}` is not between /16 and /28, the sizes that AWS takes", **cidr);
            self.document.problem(cidr.span, message, "this range", None);
        }
    }

    fn check_subnets(&self, vpc: Option<&At<Cidr>>, zones: &[(At<crate::identifier::ZoneName>, At<Cidr>, At<Cidr>)]) {
        let subnets: Vec<&At<Cidr>> = zones.iter().flat_map(|(_, public, private)| [public, private]).collect();
        for (index, subnet) in subnets.iter().enumerate() {
            self.check_size(subnet);
            if let Some(vpc) = vpc.filter(|vpc| !vpc.contains(subnet)) {
                let message = format!("the subnet `{}` is outside of the network `{}`", ***subnet, **vpc);
                self.document.problem(subnet.span, message, "this subnet", None);
            }
            if let Some(other) = subnets[..index].iter().find(|other| other.overlaps(subnet)) {
                let message = format!("the subnet `{}` overlaps the subnet `{}`", ***subnet, ***other);
                self.document.problem(subnet.span, message, "this subnet", None);
            }
        }
    }

    fn database(&self, mut section: Section<'d, 't>) -> Option<Database> {
        let engine_version = section.text("engine_version");
        let instance_class: Option<At<crate::identifier::InstanceClass>> = section.text("instance_class");
        let name: Option<At<crate::identifier::PgIdent>> = section.text("name");
        let admin: Option<At<crate::identifier::PgIdent>> = section.text("admin");
        let libraries: Option<At<Vec<At<String>>>> = section.texts("shared_preload_libraries");
        let connections = section.number_if_any("connections_per_tenant", 1..=5_000);
        section.finish(&[
            "engine_version",
            "instance_class",
            "name",
            "admin",
            "shared_preload_libraries",
            "connections_per_tenant",
        ]);
        if let Some(class) = &instance_class
            && let Err(refused) = class.check_offered()
        {
            let message = format!("`database.instance_class`: `{}`: {}", **class, refused.reason);
            self.document.problem(class.span, message, "this class", Some(&refused.cure));
        }
        // Source: Amazon RDS API, `CreateDBCluster`: `DatabaseName` and `MasterUsername`.
        let plain = |text: &str, most: usize| {
            text.len() <= most
                && text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        let taken = ["admin", "rdsadmin", "postgres", "template0", "template1", "public"];
        for (value, what, most) in [(&name, "database", 63), (&admin, "master user", 16)] {
            let Some(value) = value else { continue };
            if !plain(value.as_str(), most) || taken.contains(&value.as_str()) {
                let message = format!("`{}` cannot be the name of a {what}", **value);
                let help = format!(
                    "use 1 to {most} lowercase letters and digits, a letter first, and none of {}",
                    taken.join(", ")
                );
                self.document.problem(value.span, message, "this name", Some(&help));
            }
        }
        if let Some(libraries) = &libraries {
            for library in &libraries.value {
                if library.is_empty()
                    || !library.bytes().all(|c| c.is_ascii_lowercase() || c == b'_' || c.is_ascii_digit())
                {
                    self.document.problem(library.span, "this is not the name of a library", "this value", None);
                }
            }
            self.check_unique("library", libraries.value.iter().cloned());
        }
        Some(Database {
            engine_version: engine_version?.value,
            instance_class: instance_class?.value,
            name: name?.value,
            admin: admin?.value,
            shared_preload_libraries: libraries?.value.into_iter().map(|library| library.value).collect(),
            connections_per_tenant: connections.map_or(20, |connections| connections.value),
        })
    }

    fn logs(&self, mut section: Section<'d, 't>) -> Option<Logs> {
        let retention = section.number("retention_days", 1..=u32::MAX);
        section.finish(&["retention_days"]);
        let retention = retention?;
        if !RETENTION_DAYS.contains(&retention) {
            let offered: Vec<String> = RETENTION_DAYS.iter().map(u32::to_string).collect();
            let help = format!("it offers {}", offered.join(", "));
            let message = format!("CloudWatch Logs does not offer a retention of {} days", *retention);
            self.document.problem(retention.span, message, "this value", Some(&help));
        }
        Some(Logs { retention_days: retention.value })
    }

    fn storage(&self, mut section: Section<'d, 't>) -> Option<Storage> {
        let suffix: Option<At<String>> = section.text_if_any("bucket_suffix");
        section.finish(&["bucket_suffix"]);
        if let Some(suffix) = suffix.as_ref().filter(|suffix| !is_bucket_suffix(suffix.as_str())) {
            let message = format!("`{}` cannot stand behind a bucket's name", **suffix);
            let help = "use 1 to 24 lowercase letters and digits, in parts joined by `-`, and not what S3 reserves";
            self.document.problem(suffix.span, message, "this suffix", Some(help));
        }
        Some(Storage { bucket_suffix: suffix.map(|suffix| suffix.value) })
    }

    fn tenants(
        &self,
        sections: Vec<Section<'d, 't>>,
        defaults: Option<&ServiceFields>,
        certificate_for_all: bool,
    ) -> Option<Vec<Tenant>> {
        let mut ids = Vec::new();
        let mut uncertified = Vec::new();
        let mut tenants = Vec::new();
        for mut section in sections {
            let span = section.span;
            let id: Option<At<TenantId>> = section.text("id");
            let cost_center = section.text("cost_center");
            let certificate: Option<At<CertificateArn>> = section.text_if_any("certificate");
            let own = section.section_if_any("service").map(|service| service_fields(service, false));
            section.finish(&["id", "cost_center", "certificate", "service"]);
            if certificate.is_none() {
                uncertified.push(span);
            }
            ids.extend(id.clone().map(|id| At { value: id.to_string(), span: id.span }));
            let service = defaults.and_then(|defaults| self.service(&own.unwrap_or_default(), defaults));
            tenants.push((|| {
                Some(Tenant {
                    id: id?.value,
                    cost_center: cost_center?.value,
                    certificate: certificate.map(|certificate| certificate.value),
                    service: service?,
                })
            })());
        }
        self.check_unique("tenant", ids.into_iter());
        if !certificate_for_all && uncertified.len() < tenants.len() {
            for span in uncertified {
                let help = Some("give it a `certificate`, or give one for all in `[ingress]`");
                self.document.problem(
                    span,
                    "other tenants have a certificate and this one has none",
                    "this tenant",
                    help,
                );
            }
        }
        let mut tenants = tenants.into_iter().collect::<Option<Vec<Tenant>>>()?;
        tenants.sort_by(|a, b| a.id.cmp(&b.id));
        Some(tenants)
    }

    /// A tenant's own fields over those of the platform, and what they must be to each other.
    fn service(&self, own: &ServiceFields, defaults: &ServiceFields) -> Option<ServiceSpec> {
        let number = |own: &Option<At<u32>>, default: &Option<At<u32>>| own.clone().or_else(|| default.clone());
        let image = own.image.clone().or_else(|| defaults.image.clone())?;
        let port = number(&own.port, &defaults.port)?;
        let cpu = number(&own.cpu, &defaults.cpu)?;
        let memory = number(&own.memory, &defaults.memory)?;
        let desired = number(&own.desired_count, &defaults.desired_count)?;
        let min = number(&own.min_count, &defaults.min_count)?;
        let max = number(&own.max_count, &defaults.max_count)?;
        let cpu_target = number(&own.cpu_target, &defaults.cpu_target)?;
        let path = own.health_check_path.as_ref().or(defaults.health_check_path.as_ref());

        // A tenant without a table of its own repeats the platform's values, and their problems
        // have been told already.
        let is_own = |at: &At<u32>| {
            [&own.cpu, &own.memory, &own.desired_count, &own.min_count, &own.max_count]
                .into_iter()
                .flatten()
                .any(|field| field.span == at.span)
        };
        let blame = |candidates: [&At<u32>; 2]| candidates.into_iter().find(|at| is_own(at)).map(|at| at.span);
        let suspects = if fargate_offers_cpu(*cpu) { [&memory, &cpu] } else { [&cpu, &memory] };
        if let (Err(offer), Some(span)) = (fargate_offers(*cpu, *memory), blame(suspects)) {
            let message = format!("Fargate does not offer {} CPU units with {} MiB", *cpu, *memory);
            self.document.problem(span, message, "this value", Some(&offer));
        }
        if let (true, Some(span)) = (*min > *max, blame([&min, &max])) {
            let message = format!("min_count {} is greater than max_count {}", *min, *max);
            self.document.problem(span, message, "this value", None);
        } else if let (false, Some(span)) =
            ((*min..=*max).contains(&*desired), blame([&desired, if *desired < *min { &min } else { &max }]))
        {
            let message = format!("desired_count {} is not between {} and {}", *desired, *min, *max);
            self.document.problem(span, message, "this value", None);
        }
        if let Some(path) = own.health_check_path.as_ref().filter(|path| !path.starts_with('/') || path.len() > 1_024) {
            self.document.problem(
                path.span,
                "a path begins with `/` and has 1,024 characters at most",
                "this path",
                None,
            );
        }
        Some(ServiceSpec {
            image: image.value,
            port: u16::try_from(*port).ok()?,
            cpu: *cpu,
            memory: *memory,
            desired_count: *desired,
            min_count: *min,
            max_count: *max,
            cpu_target: *cpu_target,
            health_check_path: path.map_or_else(|| "/".to_owned(), |path| path.value.clone()),
        })
    }

    fn check_unique(&self, what: &str, values: impl Iterator<Item = At<String>>) {
        let mut seen = BTreeMap::new();
        for value in values {
            if seen.insert(value.value.clone(), ()).is_some() {
                let message = format!("the {what} `{}` is there twice", value.value);
                self.document.problem(value.span, message, "again here", None);
            }
        }
    }
}

fn service_fields(mut section: Section<'_, '_>, required: bool) -> ServiceFields {
    let number = |section: &mut Section<'_, '_>, key: &str, range| {
        if required { section.number(key, range) } else { section.number_if_any(key, range) }
    };
    let fields = ServiceFields {
        image: if required { section.text("image") } else { section.text_if_any("image") },
        port: number(&mut section, "port", 1..=65_535),
        cpu: number(&mut section, "cpu", 1..=u32::MAX),
        memory: number(&mut section, "memory", 1..=u32::MAX),
        desired_count: number(&mut section, "desired_count", 1..=5_000),
        min_count: number(&mut section, "min_count", 1..=5_000),
        max_count: number(&mut section, "max_count", 1..=5_000),
        cpu_target: number(&mut section, "cpu_target", 1..=100),
        health_check_path: section.text_if_any("health_check_path"),
    };
    section.finish(&[
        "image",
        "port",
        "cpu",
        "memory",
        "desired_count",
        "min_count",
        "max_count",
        "cpu_target",
        "health_check_path",
    ]);
    fields
}
