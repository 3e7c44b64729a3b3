//! Fills in the placeholders of texts.

use saas_model::identifier::ServiceName;
use saas_model::reference::{OutputRef, Segment};
use saas_model::spec::{Placeholder, Text, TextSegment};
use saas_model::{Attribute, Template};

use super::TenantBuilder;
use crate::database;

impl TenantBuilder<'_> {
    /// A text for the containers of a service. What only AWS knows stays open.
    pub(super) fn text(&self, text: &Text, service: &ServiceName) -> Template {
        let mut segments = Vec::new();
        let mut literal = String::new();
        for segment in text.segments() {
            match segment {
                TextSegment::Literal(text) => literal.push_str(text),
                TextSegment::Placeholder(placeholder) => match self.value(*placeholder, service) {
                    Value::Known(value) => literal.push_str(&value),
                    Value::Output(output) => {
                        let before = std::mem::take(&mut literal);
                        segments.extend(Some(before).filter(|text| !text.is_empty()).map(Segment::Literal));
                        segments.push(Segment::Output(output));
                    }
                },
            }
        }
        if !literal.is_empty() || segments.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        Template::of(segments)
    }

    fn value(&self, placeholder: Placeholder, service: &ServiceName) -> Value {
        let spec = self.shared.spec;
        let platform = &spec.platform;
        Value::Known(match placeholder {
            Placeholder::TenantId => self.tenant.id.to_string(),
            Placeholder::TenantHost => self.names.host(&platform.domain).to_string(),
            Placeholder::TenantUrl => format!("{}://{}", self.scheme(), self.names.host(&platform.domain)),
            Placeholder::TenantBucket => self.bucket.to_string(),
            Placeholder::TenantSchema => self.names.schema().to_string(),
            Placeholder::TenantDatabaseUser => self.database_user(service).to_string(),
            Placeholder::ServiceName => service.to_string(),
            Placeholder::DatabaseHost => {
                let address = self.shared.db_cluster.address().clone();
                return Value::Output(OutputRef { address, attribute: Attribute::Endpoint });
            }
            Placeholder::DatabasePort => database::PORT.to_string(),
            Placeholder::DatabaseName => spec.database.name.to_string(),
            Placeholder::PlatformName => platform.name.to_string(),
            Placeholder::PlatformEnvironment => platform.environment.to_string(),
            Placeholder::PlatformDomain => platform.domain.to_string(),
            Placeholder::PlatformRegion => platform.region.to_string(),
            Placeholder::PlatformAccount => platform.account.to_string(),
        })
    }

    /// The scheme of the tenant's URLs.
    pub(super) fn scheme(&self) -> &'static str {
        if self.shared.spec.certificate_of(self.tenant).is_some() { "https" } else { "http" }
    }
}

enum Value {
    Known(String),
    Output(OutputRef),
}
