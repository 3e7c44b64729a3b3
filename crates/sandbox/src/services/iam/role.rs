//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use super::{check, documents, role_tags};
use crate::cloud::Account;
use crate::services::Service;
use crate::services::prelude::*;

/// The maximum number of roles per account. Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST: usize = 1_000;

/// The id of a caller's role.
const CALLERS_ID: &str = "AROASANDBOXSANDBOX001";
/// When the caller's role was created: long before the first call.
const LONG_AGO: Time = Time::from_millis(1_704_067_200_000);

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: Time,
    pub(super) description: Option<String>,
    /// The trust policy, in the form that IAM returns.
    pub(super) trust: String,
    /// The maximum session duration, in seconds.
    pub(super) session: i64,
    pub(super) boundary: Option<String>,
    pub(super) tags: Tags,
    pub(super) inline: BTreeMap<String, String>,
    /// The ARNs of the attached managed policies.
    pub(super) attached: BTreeSet<String>,
    /// Whether an AWS service created it by itself.
    pub(super) is_made_by_service: bool,
}

impl Role {
    /// Whether it is the role of the current or a former caller, which existed from the start.
    pub(super) fn is_caller_role(&self) -> bool {
        self.id == CALLERS_ID
    }

    pub(super) fn new(cloud: &mut Cloud, name: &str, path: &str, trust: String) -> Self {
        let id = format!("AROA{}", cloud.ids.letters(17).to_uppercase());
        Self::of(name, path, id, cloud.now, trust)
    }

    fn of(name: &str, path: &str, id: String, created: Time, trust: String) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            description: None,
            trust,
            session: 3_600,
            boundary: None,
            tags: Tags::new(),
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            is_made_by_service: false,
        }
    }

    pub(super) fn arn(&self, account: &Account) -> String {
        account.global_arn("iam", &format!("role{}{}", self.path, self.name))
    }

    /// Whether it belongs to an AWS service, which alone may change it.
    pub(super) fn is_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }

    /// The elements that all operations return.
    pub(super) fn summary(&self, account: &Account) -> Vec<Element> {
        vec![
            xml::text("Path", &self.path),
            xml::text("RoleName", &self.name),
            xml::text("RoleId", &self.id),
            xml::text("Arn", self.arn(account)),
            xml::text("CreateDate", self.created.iso()),
            xml::text("AssumeRolePolicyDocument", documents::encoded(&self.trust)),
        ]
    }

    /// The elements that lists return. Source: AWS IAM API, `ListRoles`: neither tags nor the
    /// boundary.
    fn listed(&self, account: &Account) -> Vec<Element> {
        let mut content = self.summary(account);
        content.extend(self.description.as_ref().map(|description| xml::text("Description", description)));
        content.push(xml::text("MaxSessionDuration", self.session));
        content
    }

    /// The elements that only operations on single roles return.
    pub(super) fn details(&self) -> Vec<Element> {
        let mut content = Vec::new();
        if let Some(boundary) = &self.boundary {
            let boundary =
                [xml::text("PermissionsBoundaryType", "Policy"), xml::text("PermissionsBoundaryArn", boundary)];
            content.push(xml::element("PermissionsBoundary", boundary));
        }
        if !self.tags.is_empty() {
            content.push(role_tags::element(&self.tags));
        }
        content
    }
}

/// The caller's role in its initial state; `None` if the caller is a user.
pub(super) fn caller(account: &Account) -> Option<Role> {
    let place = account.caller.strip_prefix(&account.global_arn("iam", "role/"))?;
    let (path, name) =
        place.rsplit_once('/').map_or(("/".to_owned(), place), |(path, name)| (format!("/{path}/"), name));
    let role = Role::of(name, &path, CALLERS_ID.to_owned(), LONG_AGO, documents::trusting("ec2.amazonaws.com"));
    Some(Role { attached: [account.managed_policy_arn("AdministratorAccess")].into(), ..role })
}

/// All roles, including the caller's.
pub(super) fn all(cloud: &mut Cloud) -> &mut Eventual<Role> {
    let roles = &mut cloud.iam.roles;
    if let Some(own) = caller(&cloud.account) {
        roles.insert_new(own.name.to_lowercase(), own);
    }
    roles
}

/// The role with an ARN.
pub(super) fn of_arn(cloud: &Cloud, arn: &str) -> Option<Role> {
    let name = arn.rsplit('/').next()?;
    let made = cloud.iam.roles.get(&name.to_lowercase()).cloned();
    made.or_else(|| caller(&cloud.account)).filter(|role| role.arn(&cloud.account) == arn)
}

/// The role with an ARN, as other services see it.
pub(super) fn seen(cloud: &Cloud, arn: &str) -> Option<Role> {
    let name = arn.rsplit('/').next()?;
    let known = cloud.iam.roles.seen(&name.to_lowercase(), cloud.view(Service::Iam)).cloned();
    known.or_else(|| caller(&cloud.account)).filter(|role| role.arn(&cloud.account) == arn)
}

fn missing(name: &str) -> Refusal {
    check::no_such_entity(format!("The role with name {name} cannot be found."))
}

/// The role that a call reads.
pub(super) fn read<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a Role, Refusal> {
    let name = input.required("RoleName")?;
    let role = all(cloud).get(&name.to_lowercase());
    role.filter(|role| role.name == name).ok_or_else(|| missing(name))
}

/// The role that a call changes.
pub(super) fn existing<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Role, Refusal> {
    let name = input.required("RoleName")?;
    let role = all(cloud).get_mut(&name.to_lowercase());
    role.filter(|role| role.name == name).ok_or_else(|| missing(name))
}

/// The role that a call changes; service-linked roles are rejected.
pub(super) fn modifiable<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Role, Refusal> {
    let role = existing(cloud, input)?;
    if role.is_linked() {
        let message = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(Refusal::new("UnmodifiableEntity", message));
    }
    Ok(role)
}

pub(super) fn create_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("RoleName")?;
    let path = check::path(input)?;
    let description = input.text("Description").map(str::to_owned);
    let session = input.number("MaxSessionDuration").unwrap_or(3_600);
    let tags = role_tags::given(input)?;
    let boundary = boundary(cloud, input)?;
    let trust = documents::trust(cloud, input, "AssumeRolePolicyDocument")?;
    let key = name.to_lowercase();
    let roles = all(cloud);
    if roles.contains_key(&key) {
        let message = format!("Role with name {name} already exists.");
        return Err(Refusal::new("EntityAlreadyExists", message).status(409));
    }
    ensure!(roles.len() < MOST, check::limit_exceeded(format!("Cannot exceed quota for RolesPerAccount: {MOST}")));
    let role = Role { description, session, boundary, tags, ..Role::new(cloud, name, path, trust) };
    // This answer contains the document as given; later answers unwrap lists with one element.
    // Recorded by LocalStack, `test_update_assume_role_policy`.
    let given = input.text("AssumeRolePolicyDocument").unwrap_or_default().to_owned();
    let content = Role { trust: given, ..role.clone() }.summary(&cloud.account).into_iter().chain(role.details());
    let answer = xml::element("Role", content);
    cloud.iam.roles.insert(key, role);
    Ok(vec![answer])
}

/// The permissions boundary, if given. Customer managed policies that the sandbox is told of exist.
fn boundary(cloud: &Cloud, input: &Input) -> Result<Option<String>, Refusal> {
    let Some(arn) = input.text("PermissionsBoundary") else { return Ok(None) };
    match super::attached::Managed::of(arn, &cloud.account) {
        super::attached::Managed::ByAws => Ok(Some(arn.to_owned())),
        super::attached::Managed::ByAccount if cloud.iam.boundaries.contains(arn) => Ok(Some(arn.to_owned())),
        super::attached::Managed::ByAccount => {
            Err(check::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")))
        }
        super::attached::Managed::Malformed => {
            Err(Refusal::new("ValidationError", format!("Invalid ARN: {arn} for the permissions boundary")))
        }
    }
}

pub(super) fn get_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let role = read(cloud, input)?.clone();
    let used = xml::element("RoleLastUsed", []);
    let content = role.listed(&cloud.account).into_iter().chain(role.details()).chain([used]);
    Ok(vec![xml::element("Role", content)])
}

pub(super) fn list_roles(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    all(cloud);
    let visible = cloud.iam.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    check::page(input, visible.map(|(key, role)| (key.clone(), role)), |roles| {
        xml::list("Roles", "member", roles.into_iter().map(|role| role.listed(&cloud.account)))
    })
}

pub(super) fn update_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let description = input.text("Description").map(str::to_owned);
    let session = input.number("MaxSessionDuration");
    let role = modifiable(cloud, input)?;
    role.description = description.or_else(|| role.description.take());
    role.session = session.unwrap_or(role.session);
    Ok(Vec::new())
}

pub(super) fn update_assume_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    modifiable(cloud, input)?;
    let trust = documents::trust(cloud, input, "PolicyDocument")?;
    modifiable(cloud, input)?.trust = trust;
    Ok(Vec::new())
}

/// Sets or replaces the boundary.
pub(super) fn put_boundary(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    modifiable(cloud, input)?;
    let boundary = boundary(cloud, input)?;
    modifiable(cloud, input)?.boundary = boundary;
    Ok(Vec::new())
}

/// Source of the refusal: AWS IAM API reference, `DeleteRolePermissionsBoundary`: `NoSuchEntity`.
pub(super) fn delete_boundary(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let role = modifiable(cloud, input)?;
    let missing = || check::no_such_entity(format!("The role with name {} has no permissions boundary.", role.name));
    role.boundary.take().map(|_| Vec::new()).ok_or_else(missing)
}

pub(super) fn delete_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let role = modifiable(cloud, input)?;
    let conflict = |message: &str| Err(Refusal::new("DeleteConflict", message).status(409));
    if !role.attached.is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !role.inline.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    let key = role.name.to_lowercase();
    cloud.iam.roles.remove(&key);
    Ok(Vec::new())
}
