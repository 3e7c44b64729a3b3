//! The `[[tenant]]` tables.

use std::collections::BTreeSet;

use toml_span::Span;

use super::super::keys::tenant as key;
use super::super::{Remark, Tenant};
use super::services::Services;
use super::{PlatformLocation, Reader};
use crate::cidr::Cidr;
use crate::identifier::{CertificateArn, CostCenter, Domain, HostPattern, TenantId};
use crate::toml::{Field, Section};

/// `[[tenant]]`.
struct TenantFields {
    span: Span,
    id: Field<TenantId>,
    cost_center: Field<CostCenter>,
    certificate: Field<CertificateArn>,
    bucket_suffix: Field<String>,
    /// The platform's services and jobs, with the tenant's settings.
    services: Services,
}

impl TenantFields {
    fn read(reader: &Reader<'_>, mut section: Section<'_>, platform: &Services, network: Option<&Cidr>) -> Self {
        Self {
            span: section.span,
            id: section.text(key::ID),
            cost_center: section.text(key::COST_CENTER),
            certificate: section.text_if_any(key::CERTIFICATE),
            bucket_suffix: section.text_if_any(key::BUCKET_SUFFIX),
            services: reader.services_of(&mut section, platform, network),
        }
    }

    fn build(self) -> Option<Tenant> {
        let Self { span: _, id, cost_center, certificate, bucket_suffix, services } = self;
        let (services, jobs) = services.build()?;
        Some(Tenant {
            id: id.required()?,
            cost_center: cost_center.required()?,
            certificate: certificate.optional()?,
            bucket_suffix: bucket_suffix.optional()?,
            services,
            jobs,
        })
    }
}

impl Reader<'_> {
    /// `certificate` is the certificate of tenants without their own; domain and network are the platform's,
    /// as far as they are valid.
    pub(super) fn tenants(
        &self,
        sections: Vec<Section<'_>>,
        services: &Services,
        certificate: &Field<CertificateArn>,
        (domain, network): (Option<&Domain>, Option<&Cidr>),
        at: PlatformLocation<'_>,
    ) -> Option<Vec<Tenant>> {
        let tenants: Vec<TenantFields> =
            sections.into_iter().map(|section| TenantFields::read(self, section, services, network)).collect();
        // The services were checked when they were read.
        for TenantFields { span: _, id: _, cost_center: _, certificate, bucket_suffix, services: _ } in &tenants {
            self.check_certificate(certificate, at);
            self.check_suffix(bucket_suffix);
        }
        for tenant in &tenants {
            let Some(id) = tenant.id.valid() else { continue };
            let taken = tenant.services.taken_by_others();
            self.remarks.borrow_mut().extend(taken.into_iter().map(|(setting, service, others)| Remark::Like {
                tenant: id.value.clone(),
                setting,
                service: service.clone(),
                others,
            }));
        }
        self.check_hosts(&tenants, domain);
        self.check_unique("tenant", tenants.iter().filter_map(|tenant| tenant.id.valid()).cloned());
        if certificate.is_absent() && tenants.iter().any(|tenant| !tenant.certificate.is_absent()) {
            for tenant in tenants.iter().filter(|tenant| tenant.certificate.is_absent()) {
                let help = Some("add a `certificate` to it, or one for all tenants to `[ingress]`");
                let message = "this tenant has no certificate, and other tenants have one";
                self.document.problem(tenant.span, message, "this tenant", help);
            }
        }
        if let ([first, ..], true) = (&tenants[..], services.is_empty()) {
            let help = Some("add `[service.web]`, and under it, for example, `port = 80`");
            self.document.problem(first.span, "there is no service that this tenant could run", "this tenant", help);
        }
        let built: Vec<Option<Tenant>> = tenants.into_iter().map(TenantFields::build).collect();
        let mut tenants = built.into_iter().collect::<Option<Vec<Tenant>>>()?;
        tenants.sort_by(|a, b| a.id.cmp(&b.id));
        Some(tenants)
    }

    /// Checks that the host names of services are short enough for a load balancer. A host is reported
    /// once, with the first tenant for which it is too long.
    fn check_hosts(&self, tenants: &[TenantFields], domain: Option<&Domain>) {
        let Some(domain) = domain else { return };
        let mut reported = BTreeSet::new();
        for tenant in tenants {
            let Some(id) = tenant.id.valid() else { continue };
            for (host, span) in tenant.services.hosts() {
                let name = format!("{host}.{}.{domain}", id.value);
                if let Err(invalid) = HostPattern::new(name.as_str())
                    && reported.insert(span.start)
                {
                    let message = format!("`{name}` cannot be a host name: {}", invalid.reason);
                    self.document.problem(span, message, "this label", Some("use a shorter one"));
                }
            }
        }
    }
}
