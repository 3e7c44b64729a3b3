//! The `[[tenant]]` tables.

use toml_span::Span;

use super::super::Tenant;
use super::super::keys::{TENANT_SERVICE, tenant as key};
use super::service::Settings;
use super::{PlatformLocation, Reader};
use crate::identifier::{CertificateArn, CostCenter, TenantId};
use crate::toml::{Field, Section};

/// `[[tenant]]`.
struct TenantFields {
    span: Span,
    id: Field<TenantId>,
    cost_center: Field<CostCenter>,
    certificate: Field<CertificateArn>,
    bucket_suffix: Field<String>,
    /// The tenant's settings, merged with the platform's.
    service: Settings,
}

impl TenantFields {
    fn read(mut section: Section<'_>, defaults: &Settings) -> Self {
        let own =
            section.section_if_any(key::SERVICE, &TENANT_SERVICE).map_or_else(Settings::default, Settings::optional);
        Self {
            span: section.span,
            id: section.text(key::ID),
            cost_center: section.text(key::COST_CENTER),
            certificate: section.text_if_any(key::CERTIFICATE),
            bucket_suffix: section.text_if_any(key::BUCKET_SUFFIX),
            service: own.over(defaults),
        }
    }

    fn build(self) -> Option<Tenant> {
        let Self { span: _, id, cost_center, certificate, bucket_suffix, service } = self;
        Some(Tenant {
            id: id.required()?,
            cost_center: cost_center.required()?,
            certificate: certificate.optional()?,
            bucket_suffix: bucket_suffix.optional()?,
            service: service.build()?,
        })
    }
}

impl Reader<'_> {
    /// `certificate` is the certificate of tenants without their own.
    pub(super) fn tenants(
        &self,
        sections: Vec<Section<'_>>,
        defaults: &Settings,
        certificate: &Field<CertificateArn>,
        at: PlatformLocation<'_>,
    ) -> Option<Vec<Tenant>> {
        let tenants: Vec<TenantFields> =
            sections.into_iter().map(|section| TenantFields::read(section, defaults)).collect();
        for TenantFields { span: _, id: _, cost_center: _, certificate, bucket_suffix, service } in &tenants {
            self.check_certificate(certificate, at);
            self.check_suffix(bucket_suffix);
            self.check_service(service);
        }
        self.check_unique("tenant", tenants.iter().filter_map(|tenant| tenant.id.valid()).cloned());
        if certificate.is_absent() && tenants.iter().any(|tenant| !tenant.certificate.is_absent()) {
            for tenant in tenants.iter().filter(|tenant| tenant.certificate.is_absent()) {
                let help = Some("add a `certificate` to it, or one for all tenants to `[ingress]`");
                let message = "this tenant has no certificate, and other tenants have one";
                self.document.problem(tenant.span, message, "this tenant", help);
            }
        }
        let built: Vec<Option<Tenant>> = tenants.into_iter().map(TenantFields::build).collect();
        let mut tenants = built.into_iter().collect::<Option<Vec<Tenant>>>()?;
        tenants.sort_by(|a, b| a.id.cmp(&b.id));
        Some(tenants)
    }
}
