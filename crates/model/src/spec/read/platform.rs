//! The `[platform]` table.

use std::collections::BTreeSet;

use super::super::Platform;
use super::super::keys::platform as key;
use super::super::regions::{Known, look_up};
use super::network::NetworkFields;
use super::{PlatformLocation, Reader};
use crate::identifier::{
    AccountId, CostCenter, Domain, Environment, PlatformName, PolicyArn, Region, RoleArn, TagKey, TagValue,
};
use crate::suggest::nearest;
use crate::toml::{At, Field, Section};

/// The keys of the tags that saas sets, in lower case.
const OF_SAAS: [&str; 5] = ["name", "tenant_id", "cost_center", "environment", "managed_by"];

/// A resource has at most 50 tags, of which saas sets nine.
const MOST_TAGS: usize = 40;

/// `[platform]`.
pub(super) struct PlatformFields {
    name: Field<PlatformName>,
    environment: Field<Environment>,
    pub(super) account: Field<AccountId>,
    pub(super) region: Field<Region>,
    pub(super) domain: Field<Domain>,
    cost_center: Field<CostCenter>,
    deletion_protection: Field<bool>,
    provisioner: Field<RoleArn>,
    next_provisioner: Field<RoleArn>,
    break_glass: Field<RoleArn>,
    permissions_boundary: Field<PolicyArn>,
    tags: Vec<(At<TagKey>, Field<TagValue>)>,
}

impl PlatformFields {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        Self {
            name: section.text(key::NAME),
            environment: section.text(key::ENVIRONMENT),
            account: section.text(key::ACCOUNT),
            region: section.text(key::REGION),
            domain: section.text(key::DOMAIN),
            cost_center: section.text(key::COST_CENTER),
            deletion_protection: section.flag(key::DELETION_PROTECTION),
            provisioner: section.text(key::PROVISIONER),
            next_provisioner: section.text_if_any(key::NEXT_PROVISIONER),
            break_glass: section.text_if_any(key::BREAK_GLASS),
            permissions_boundary: section.text_if_any(key::PERMISSIONS_BOUNDARY),
            tags: section.named_texts(key::TAGS),
        }
    }

    pub(super) fn build(self) -> Option<Platform> {
        let Self {
            name,
            environment,
            account,
            region,
            domain,
            cost_center,
            deletion_protection,
            provisioner,
            next_provisioner,
            break_glass,
            permissions_boundary,
            tags,
        } = self;
        Some(Platform {
            name: name.required()?,
            environment: environment.required()?,
            account: account.required()?,
            region: region.required()?,
            domain: domain.required()?,
            cost_center: cost_center.required()?,
            deletion_protection: deletion_protection.required()?,
            provisioner: provisioner.required()?,
            next_provisioner: next_provisioner.optional()?,
            break_glass: break_glass.optional()?,
            permissions_boundary: permissions_boundary.optional()?,
            tags: tags.into_iter().map(|(key, value)| Some((key.value, value.required()?))).collect::<Option<_>>()?,
        })
    }
}

impl Reader<'_> {
    pub(super) fn check_platform(&self, platform: &PlatformFields, at: PlatformLocation<'_>) {
        // Each field was validated when it was read.
        let PlatformFields {
            name: _,
            environment,
            account: _,
            region: _,
            domain: _,
            cost_center: _,
            deletion_protection,
            provisioner,
            next_provisioner,
            break_glass,
            permissions_boundary,
            tags,
        } = platform;
        if let (Some(environment), Some(protection)) = (environment.valid(), deletion_protection.valid()) {
            self.check_protection(environment, protection);
        }
        for role in [provisioner, next_provisioner, break_glass].into_iter().filter_map(Field::valid) {
            self.check_arn(role.span, role.as_str(), "role", at);
        }
        // The policies of AWS belong to no account.
        if let Some(policy) = permissions_boundary.valid().filter(|policy| !policy.as_str().contains(":iam::aws:")) {
            self.check_arn(policy.span, policy.as_str(), "policy", at);
        }
        self.check_tags(tags);
    }

    /// Keys differ in more than case, because IAM ignores it.
    /// Source: IAM User Guide, "Tags for AWS Identity and Access Management resources".
    fn check_tags(&self, tags: &[(At<TagKey>, Field<TagValue>)]) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (key, _) in tags {
            let lower = key.as_str().to_lowercase();
            let reserved = OF_SAAS.contains(&lower.as_str()) || lower.starts_with("saas:");
            if reserved {
                let message = format!("`{}` cannot be a tag: saas sets it itself", key.value);
                self.document.problem(key.span, message, "this key", Some("use another key"));
            } else if !seen.insert(lower) {
                let message = format!("`{}` is a tag already: IAM ignores the case of keys", key.value);
                self.document.problem(key.span, message, "again here", Some("keep one of the two"));
            }
        }
        if let Some((key, _)) = tags.get(MOST_TAGS) {
            let message = format!("there are {} tags, and saas needs some of the 50 that AWS allows", tags.len());
            self.document.problem(key.span, message, "from here on", Some(&format!("use at most {MOST_TAGS}")));
        }
    }

    fn check_protection(&self, environment: &At<Environment>, protection: &At<bool>) {
        if environment.is_development() || protection.value {
            return;
        }
        let message =
            format!("deletion protection may be off only in `development`, and the environment is `{}`", **environment);
        if is_short_for_development(environment.as_str()) {
            let help = "write `environment = \"development\"`, or set `deletion_protection = true`";
            self.document.problem(environment.span, message, "is this `development`?", Some(help));
        } else {
            let help = Some("set `deletion_protection = true`");
            self.document.problem(protection.span, message, "must be true", help);
        }
    }

    /// Checks that the Region may exist. Its zones help to find the Region that was meant.
    pub(super) fn check_region(&self, region: &At<Region>, network: Option<&NetworkFields>) -> bool {
        let zones = network.map(NetworkFields::zone_names).unwrap_or_default();
        let meant = match look_up(region.as_str(), zones.iter().copied()) {
            Known::Region(_) | Known::New => return true,
            Known::Misspelt(meant) => meant,
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "a Region name has the form `us-east-1`: an area, a direction and a number".to_owned(),
        };
        let message = format!("AWS has no Region `{}`", **region);
        self.document.problem(region.span, message, "this Region", Some(&help));
        false
    }
}

/// Whether this is probably an abbreviation of `development`.
fn is_short_for_development(stage: &str) -> bool {
    "development".starts_with(stage) || nearest(stage, ["development", "developer", "dev"]).is_some()
}
