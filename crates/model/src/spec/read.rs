//! Reads a spec from TOML.
//!
//! Each table is read into fields that can be absent or invalid. Then constraints between valid fields
//! are checked. Then the fields become a part of the spec, if all of them are valid. A problem of one
//! field hides no problem of another. Each step destructures all fields, so a new field must be handled
//! in each.

mod container;
mod database;
mod job;
mod network;
mod permissions;
mod platform;
mod secrets;
mod service;
mod services;
mod setting;
mod task;
mod tenant;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;

use strum::VariantNames;
use toml_span::Span;

use self::network::NetworkFields;
use self::platform::PlatformFields;
use super::keys::{TABLES, ingress, logs, names, root, storage};
use super::{Logs, Names, RETENTION_DAYS, Remark, Spec, Storage, keys, remark};
use crate::arn::{self, Arn};
use crate::identifier::{AccountId, CertificateArn, Region};
use crate::names::{NameScope, is_bucket_suffix};
use crate::problem::Problems;
use crate::toml::{At, Document, Field, Section};

pub(super) fn spec(file: &str, text: &str) -> Result<(Spec, Vec<Remark>), Box<Problems>> {
    let (document, remarks) = (Document::new(text, TABLES), RefCell::default());
    let spec =
        document.root(&root::TABLE).and_then(|root| Reader { document: &document, remarks: &remarks }.spec(root));
    let spec = document.finish(file, spec)?;
    let mut remarks = remarks.into_inner();
    remarks.extend(remark::elsewhere(&spec));
    Ok((spec, remarks))
}

struct Reader<'d> {
    document: &'d Document<'d>,
    remarks: &'d RefCell<Vec<Remark>>,
}

/// The location of a platform, as far as it is valid; ARNs are compared with it.
#[derive(Clone, Copy)]
struct PlatformLocation<'a> {
    account: Option<&'a AccountId>,
    region: Option<&'a Region>,
}

impl<'d> Reader<'d> {
    fn spec(&self, mut root: Section<'d>) -> Option<Spec> {
        let platform = root.section(root::PLATFORM, &keys::platform::TABLE).map(PlatformFields::read);
        let network = root.section(root::NETWORK, &keys::network::TABLE).map(NetworkFields::read);
        let database = root.section(root::DATABASE, &keys::database::TABLE);
        let cidr = network.as_ref().and_then(NetworkFields::cidr);
        let services = self.services(&mut root, cidr.as_ref());
        let logs = root.section(root::LOGS, &keys::logs::TABLE);
        let storage = root.section_if_any(root::STORAGE, &keys::storage::TABLE);
        let names = root.section_if_any(root::NAMES, &keys::names::TABLE);
        let ingress = root.section_if_any(root::INGRESS, &keys::ingress::TABLE);
        let tenants = root.sections(root::TENANT, &keys::tenant::TABLE);
        drop(root);

        // A misspelled Region is reported once, at its own key, and nothing is compared with it.
        let region = platform.as_ref().and_then(|platform| platform.region.valid());
        let region = region.filter(|region| self.check_region(region, network.as_ref()));
        let at = PlatformLocation {
            account: platform.as_ref().and_then(|platform| platform.account.valid()).map(|at| &at.value),
            region: region.map(|at| &at.value),
        };
        if let Some(platform) = &platform {
            self.check_platform(platform, at);
        }
        if let Some(network) = &network {
            self.check_network(network, at.region);
        }
        let database = database.and_then(|section| self.database(section));
        let logs = logs.and_then(|section| self.logs(section));
        let storage = storage.map_or(Some(Storage { bucket_suffix: None }), |section| self.storage(section));
        let names = names.map_or_else(|| Some(Names::default()), |section| self.names(section));
        let certificate = ingress.map_or(Field::Absent, |mut section| section.text_if_any(ingress::CERTIFICATE));
        self.check_certificate(&certificate, at);
        let domain = platform.as_ref().and_then(|platform| platform.domain.valid()).map(|at| &at.value);
        let tenants = self.tenants(tenants, &services, &certificate, (domain, cidr.as_ref()), at);
        Some(Spec {
            platform: platform.and_then(PlatformFields::build)?,
            network: network.and_then(NetworkFields::build)?,
            database: database?,
            logs: logs?,
            storage: storage?,
            names: names?,
            certificate: certificate.optional()?,
            tenants: tenants?,
        })
    }

    fn logs(&self, mut section: Section<'d>) -> Option<Logs> {
        let retention = section.number(logs::RETENTION_DAYS, 1..=u32::MAX);
        if let Some(days) = retention.valid().filter(|days| !RETENTION_DAYS.contains(days)) {
            let offered: Vec<String> = RETENTION_DAYS.iter().map(u32::to_string).collect();
            let longer = RETENTION_DAYS.iter().find(|offered| **offered > **days);
            let next = longer.map(|longer| format!("the next longer period is {longer}; ")).unwrap_or_default();
            let help = format!("{next}it offers {}", offered.join(", "));
            let message = format!("CloudWatch Logs does not offer a retention of {} days", **days);
            self.document.problem(days.span, message, "this value", Some(&help));
        }
        Some(Logs { retention_days: retention.required()? })
    }

    fn storage(&self, mut section: Section<'d>) -> Option<Storage> {
        let suffix = section.text_if_any(storage::BUCKET_SUFFIX);
        self.check_suffix(&suffix);
        Some(Storage { bucket_suffix: suffix.optional()? })
    }

    fn names(&self, mut section: Section<'d>) -> Option<Names> {
        let scope = section.text::<String>(names::SCOPE);
        let known = scope.valid().and_then(|scope| scope.parse().ok());
        if let (Some(scope), None) = (scope.valid(), known) {
            let message = format!("`{}` is not a valid scope", **scope);
            let help = format!(
                "use one of {}; with `platform`, names contain the platform's name",
                NameScope::VARIANTS.join(", ")
            );
            self.document.problem(scope.span, message, "this scope", Some(&help));
        }
        Some(Names { scope: known? })
    }

    fn check_suffix(&self, suffix: &Field<String>) {
        if let Some(suffix) = suffix.valid().filter(|suffix| !is_bucket_suffix(suffix.as_str())) {
            let message = format!("`{}` is not a valid suffix of a bucket name", **suffix);
            let help = "use 1 to 24 lowercase letters and digits in parts joined by `-`; S3 reserves some suffixes";
            self.document.problem(suffix.span, message, "this suffix", Some(help));
        }
    }

    /// A load balancer accepts only certificates of its own Region and account.
    /// Source: AWS Certificate Manager User Guide, "Services integrated with ACM" (certificates are
    /// regional, and are not shared between accounts).
    fn check_certificate(&self, certificate: &Field<CertificateArn>, at: PlatformLocation<'_>) {
        if let Some(certificate) = certificate.valid() {
            self.check_arn(certificate.span, certificate.as_str(), "certificate", at);
        }
    }

    /// Compares the partition, account and Region of an ARN with the platform's.
    fn check_arn(&self, span: Span, arn: &str, what: &str, at: PlatformLocation<'_>) {
        let Some(given) = Arn::of(arn) else { return };
        let partition = at.region.map(arn::partition);
        let differences: Vec<String> = [
            ("partition", given.partition, partition),
            ("Region", given.region, at.region.map(Region::as_str).filter(|_| !given.region.is_empty())),
            ("account", given.account, at.account.map(AccountId::as_str)),
        ]
        .into_iter()
        .filter_map(|(part, given, own)| own.filter(|own| *own != given).map(|own| (part, given, own)))
        .map(|(part, given, own)| format!("is in the {part} `{given}`, and the platform is in `{own}`"))
        .collect();
        if !differences.is_empty() {
            let message = format!("the {what} {}", differences.join("; it "));
            let help = format!("use a {what} of the platform's account and Region");
            self.document.problem(span, message, &format!("this {what}"), Some(&help));
        }
    }

    /// Reports each duplicate value, and where the first is.
    fn check_unique<T: Display>(&self, what: &str, values: impl IntoIterator<Item = At<T>>) {
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for At { value, span } in values {
            match seen.entry(value.to_string()) {
                Entry::Vacant(entry) => drop(entry.insert(span)),
                Entry::Occupied(first) => {
                    let line = self.document.line_number(*first.get());
                    let message = format!("duplicate {what} `{value}`: the first is in line {line}");
                    self.document.problem(span, message, "again here", Some("keep one of the two"));
                }
            }
        }
    }
}
