//! The least IAM policies with which a plan can be applied, or only read.
//!
//! [`permissions`] computes them from a plan and the calls that saas declares. They hold for the plan and its
//! successors: tenants may join and leave. Names are patterns; what AWS names is bound by the tag `saas:platform`.
//! The provisioner cannot widen itself: it creates only roles with the plan's permissions boundary, and passes them
//! only to the services that tasks and schedules need.
//!
//! Pure: no clock, no files, no network.

mod any_tenant;
mod boundary;
mod calls;
mod catalogue;
mod grants;
pub mod render;
mod resources;
mod split;
mod statements;
mod trust;

use saas_model::Plan;
use saas_model::identifier::PolicyArn;
use saas_model::policy::Policy;
use saas_model::resource::{ResourceSpec, Role};

pub use calls::{DeclaredCall, Purpose};
pub use split::{LONGEST_POLICY, counted};
pub use trust::{GitHub, InvalidGitHub};

use crate::grants::Collector;
use crate::statements::{Expected, statements};

/// For what a caller has permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// All commands.
    Apply,
    /// The commands that only read: `status`, `verify`, `outputs` and `history`.
    ReadOnly,
}

/// The permissions of a principal that applies a plan, or only reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The name of the role that has them: the provisioner of the plan, or one beside it that only reads.
    pub role: String,
    /// The path of that role.
    pub path: String,
    /// The policies, each with its name. One is enough unless it is too long.
    pub policies: Vec<Named>,
    /// The permissions boundary of the roles that the provisioner creates; `None` for one that only reads.
    pub boundary: Option<Boundary>,
    /// Who may assume the role; `None` if that is said elsewhere.
    pub trust: Option<serde_json::Value>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: Policy,
}

/// The permissions boundary of a plan's roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Its ARN.
    pub arn: String,
    /// What the roles of the plan, and of tenants like its own, may do at most.
    pub policy: Named,
    /// Whether the plan gives it to its roles. Without it, the provisioner can create a role that may do everything.
    pub is_planned: bool,
}

/// The permissions that a plan and its successors need, of the calls that saas declares.
///
/// # Panics
/// When a call needs an action that AWS has not, or whose resources no kind has; a test compares all declared calls.
#[must_use]
pub fn permissions(plan: &Plan, calls: &[DeclaredCall], access: Access, github: Option<&GitHub>) -> Permissions {
    let planned = boundary_of(plan);
    let mut collector = Collector::new(plan, access, planned);
    calls.iter().for_each(|call| collector.add(call));
    let (grants, resources) = collector.finish();
    let platform = plan.header().platform.to_string();
    let expected = Expected { platform: platform.clone(), cluster: resources.ecs_cluster(), boundary: planned };
    let documents = split::split(statements(grants, &expected), LONGEST_POLICY);
    let (path, role) = role_of(plan, access);
    let base = match access {
        Access::Apply => format!("{platform}-provisioner"),
        Access::ReadOnly => format!("{platform}-reader"),
    };
    let count = documents.len();
    let name = |number: usize| if count == 1 { base.clone() } else { format!("{base}-{number}") };
    let policies = documents.into_iter().zip(1..).map(|(document, number)| Named { name: name(number), document });
    Permissions {
        role,
        path,
        policies: policies.collect(),
        boundary: (access == Access::Apply).then(|| boundary::boundary(plan, planned)),
        trust: github.map(|github| trust::trust(plan, github)),
    }
}

/// The boundary that all roles of the plan have.
fn boundary_of(plan: &Plan) -> Option<&PolicyArn> {
    plan.nodes().iter().find_map(|node| Role::of(&node.resource)?.permissions_boundary.as_ref())
}

/// The path and the name of the role that has the permissions.
fn role_of(plan: &Plan, access: Access) -> (String, String) {
    let arn = plan.header().provisioner.as_str();
    let within = arn.split_once(":role").map_or(arn, |(_, within)| within);
    let (path, name) = within.rsplit_once('/').unwrap_or(("", within));
    match access {
        Access::Apply => (format!("{path}/"), name.to_owned()),
        Access::ReadOnly => (format!("{path}/"), format!("{}-reader", plan.header().platform)),
    }
}
