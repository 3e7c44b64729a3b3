//! Which action is allowed on which resources, and under which condition.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::identifier::PolicyArn;
use saas_model::{Kind, Plan};

use crate::Access;
use crate::calls::{DeclaredCall, LinkedRole, Purpose, Reason, SCHEDULER, actions};
use crate::catalogue::{self, Action, ResourceType};
use crate::resources::{Resources, ToldBy};

/// What a policy allows, by the statements that it takes. Actions and resources of one statement belong together:
/// each action acts on those resources that have its types.
#[derive(Debug, Default)]
pub(crate) struct Grants(pub(crate) BTreeMap<Place, Grant>);

/// What one statement allows.
#[derive(Debug, Default)]
pub(crate) struct Grant {
    pub(crate) actions: BTreeSet<&'static str>,
    pub(crate) resources: BTreeSet<String>,
    /// What the condition compares with, where that depends on the calls.
    pub(crate) values: BTreeSet<&'static str>,
}

/// What tells one statement from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The service; `None` for actions that can be allowed only on everything.
    pub(crate) service: Option<&'static str>,
    /// What the resources belong to.
    pub(crate) of: Of,
    pub(crate) when: When,
}

/// What the resources of a statement belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Kinds of the plan.
    Kinds,
    /// Kinds of the plan, and whatever else has one of their names.
    Namesakes,
    /// No kind: the control bucket, and what must exist beforehand.
    Core,
}

/// The condition of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// None: the names of the resources are the platform's.
    Always,
    /// The request gives the resource the platform's tag.
    Created,
    /// A call that creates a resource gives it the platform's tag.
    TaggedAtCreation,
    /// The resource has the platform's tag.
    Owned,
    /// The request is about the platform's ECS cluster.
    InCluster,
    /// The target of scaling is an ECS service.
    ScalesEcs,
    /// The role has the permissions boundary of the plan, or gets it.
    Bounded,
    /// The role is passed to this service.
    PassedTo(&'static str),
    /// A service creates its own role.
    LinkedTo,
}

/// Collects what calls need.
pub(crate) struct Collector<'p> {
    resources: Resources<'p>,
    access: Access,
    kinds: BTreeSet<Kind>,
    boundary: Option<&'p PolicyArn>,
    grants: Grants,
}

impl<'p> Collector<'p> {
    pub(crate) fn new(plan: &'p Plan, access: Access, boundary: Option<&'p PolicyArn>) -> Self {
        let kinds = plan.nodes().iter().map(saas_model::Node::kind).collect();
        Self { resources: Resources::of(plan), access, kinds, boundary, grants: Grants::default() }
    }

    pub(crate) fn finish(self) -> (Grants, Resources<'p>) {
        (self.grants, self.resources)
    }

    /// Adds what a call needs. All kinds are listed, also those that the plan has not, for something of them may be
    /// live. An apply looks at what there is of them; it writes only what the plan has.
    ///
    /// # Panics
    /// When AWS has no such action, or no kind has its resources.
    pub(crate) fn add(&mut self, declared: &DeclaredCall) {
        let DeclaredCall { kind, call, purpose } = *declared;
        let is_planned = kind.is_none_or(|kind| self.kinds.contains(&kind));
        if purpose == Purpose::Write && (self.access == Access::ReadOnly || !is_planned) {
            return;
        }
        for (name, reason) in actions(call) {
            if self.is_useless(name) {
                continue;
            }
            let action =
                catalogue::action(name).unwrap_or_else(|| panic!("`{call}` needs `{name}`, which AWS has not"));
            let is_listing = action.types.is_empty() || lists_everything(name);
            if self.access == Access::ReadOnly && !is_planned && !is_listing {
                continue;
            }
            match reason {
                Reason::Passes(service) => self.pass_role(service),
                Reason::Links(role) => self.link_role(role),
                Reason::Itself | Reason::TagsCreated => self.add_action(declared, name, action, reason),
            }
        }
    }

    /// A plan with a boundary never takes it from a role, and one without never gives one.
    fn is_useless(&self, action: &str) -> bool {
        match action {
            "iam:DeleteRolePermissionsBoundary" => self.boundary.is_some(),
            "iam:PutRolePermissionsBoundary" => self.boundary.is_none(),
            _ => false,
        }
    }

    fn add_action(&mut self, declared: &DeclaredCall, name: &'static str, action: &Action, reason: Reason) {
        let DeclaredCall { kind, call, purpose } = *declared;
        let (service, operation) = name.split_once(':').unwrap_or((name, ""));
        if action.types.is_empty() || lists_everything(name) {
            let when = if action.has("ecs:cluster") { When::InCluster } else { When::Always };
            return self.grant(Place { service: None, of: Of::Kinds, when }, name, ["*".to_owned()]);
        }
        let mut known = false;
        for of in &action.types {
            if kind.is_none() {
                let Some(arns) = self.resources.of_core(service, of.name) else { continue };
                known = true;
                self.grant(Place { service: Some(service), of: Of::Core, when: When::Always }, name, arns);
                continue;
            }
            let Some(typed) = self.resources.of_type(service, of.name).cloned() else { continue };
            known = true;
            let is_beside = match typed.told_by {
                ToldBy::Name => false,
                ToldBy::Tag => reason == Reason::TagsCreated && !creates(call, of),
                ToldBy::Use => !uses(operation),
            };
            if is_beside {
                continue;
            }
            let when = match purpose {
                Purpose::Read => When::Always,
                Purpose::Write => self.condition(typed.told_by, name, action, of, reason),
            };
            let (of, arns) = match purpose {
                Purpose::Read if looks_up(name) => (Of::Namesakes, typed.namesakes),
                Purpose::Read | Purpose::Write => (Of::Kinds, typed.arns),
            };
            let place = Place { service: Some(service), of, when };
            if when == When::TaggedAtCreation {
                let creation = call.split_once(':').map_or(call, |(_, operation)| operation);
                self.grants.0.entry(place.clone()).or_default().values.insert(creation);
            }
            self.grant(place, name, arns);
        }
        assert!(known, "`{call}` needs `{name}`, and no kind has its resources");
    }

    /// The condition under which a write is allowed on a type of resources.
    fn condition(&self, told_by: ToldBy, name: &str, action: &Action, of: &ResourceType, reason: Reason) -> When {
        let service = name.split_once(':').map_or(name, |(service, _)| service);
        match told_by {
            ToldBy::Use => When::Always,
            _ if action.has("application-autoscaling:service-namespace") => When::ScalesEcs,
            ToldBy::Tag if reason == Reason::TagsCreated && action.has(&format!("{service}:CreateAction")) => {
                When::TaggedAtCreation
            }
            ToldBy::Tag if action.sees_tags_for(of) && !retags(name) => When::Created,
            ToldBy::Tag if action.sees_tags_of(of) => When::Owned,
            ToldBy::Name if action.has("ecs:cluster") && of.name == "task-definition" => When::InCluster,
            ToldBy::Name if self.boundary.is_some() && action.has("iam:PermissionsBoundary") && !narrows(name) => {
                When::Bounded
            }
            ToldBy::Tag | ToldBy::Name => When::Always,
        }
    }

    fn pass_role(&mut self, service: &'static str) {
        let roles = self.resources.of_type("iam", "role").map(|typed| typed.arns.clone()).unwrap_or_default();
        let roles = match service {
            SCHEDULER => roles.iter().map(|arn| format!("{arn}-scheduler")).collect(),
            _ => roles,
        };
        let when = When::PassedTo(service);
        self.grant(Place { service: Some("iam"), of: Of::Kinds, when }, "iam:PassRole", roles);
    }

    fn link_role(&mut self, role: LinkedRole) {
        let LinkedRole { service, name } = role;
        let place = Place { service: Some("iam"), of: Of::Kinds, when: When::LinkedTo };
        let arn = self.resources.linked_role(service, name);
        self.grants.0.entry(place.clone()).or_default().values.insert(service);
        self.grant(place, "iam:CreateServiceLinkedRole", [arn]);
    }

    fn grant(&mut self, place: Place, action: &'static str, resources: impl IntoIterator<Item = String>) {
        let mut resources = resources.into_iter().peekable();
        if resources.peek().is_none() {
            return;
        }
        let grant = self.grants.0.entry(place).or_default();
        grant.actions.insert(action);
        grant.resources.extend(resources);
    }
}

/// Whether an action gives tags to what exists.
fn retags(action: &str) -> bool {
    ["ec2:CreateTags", "elasticloadbalancing:AddTags"].contains(&action)
}

/// Whether a call creates a resource of a type whose ids AWS chooses.
fn creates(call: &str, of: &ResourceType) -> bool {
    catalogue::action(call).is_some_and(|action| {
        action.types.iter().any(|created| created.name == of.name && action.sees_tags_for(created))
    })
}

/// Whether saas lists with an action whatever the account has: IAM then compares with all resources of the type.
///
/// Source: Amazon RDS User Guide, "Identity-based policy examples": a description without a name needs `*`.
fn lists_everything(action: &str) -> bool {
    action.starts_with("rds:Describe") || action == "cloudwatch:DescribeAlarms" || action == "ecs:ListTasks"
}

/// Whether saas asks with an action about whatever has a planned name.
fn looks_up(action: &str) -> bool {
    action.starts_with("iam:") || action == "secretsmanager:DescribeSecret"
}

/// Whether a call uses resources beside those that it is about.
fn uses(operation: &str) -> bool {
    ["Create", "Modify", "Delete"].iter().any(|verb| operation.starts_with(verb))
}

/// Whether an action can only take permissions away, and so may concern a role without the boundary.
fn narrows(action: &str) -> bool {
    action.starts_with("iam:Delete") || action.starts_with("iam:Detach")
}
