//! Statements of policies from grants.

use itertools::Itertools;
use saas_model::Set;
use saas_model::identifier::PolicyArn;
use saas_model::plan::TAG_PLATFORM;
use saas_model::policy::{Condition, Effect, Operator, Statement};

use crate::calls::ECS_TASKS;
use crate::grants::{Grant, Grants, Of, Place, When};

/// What the conditions of statements compare with.
pub(crate) struct Expected<'a> {
    pub(crate) platform: String,
    pub(crate) cluster: String,
    pub(crate) boundary: Option<&'a PolicyArn>,
}

/// A statement for each grant, in a stable order.
pub(crate) fn statements(grants: Grants, expected: &Expected<'_>) -> Vec<Statement> {
    grants.0.into_iter().map(|(place, grant)| statement(&place, grant, expected)).collect()
}

fn statement(place: &Place, grant: Grant, expected: &Expected<'_>) -> Statement {
    let Grant { actions, resources, values } = grant;
    let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
    Statement {
        sid: sid(place).into(),
        effect: Effect::Allow,
        principal: None,
        actions: actions.into_iter().map(str::to_owned).collect(),
        resources: resources.into_iter().collect(),
        conditions: conditions(place, values, expected),
    }
}

/// The name of a statement: letters and digits, unique in all policies of a plan.
fn sid(place: &Place) -> String {
    let Place { service, of, when } = place;
    let service = service.map_or("Unscoped".to_owned(), |service| service.split('-').map(capitalized).join(""));
    let of = match of {
        Of::Kinds => "",
        Of::Namesakes => "Namesakes",
        Of::Core => "Core",
    };
    let when = match when {
        When::Always => "",
        When::Created => "New",
        When::TaggedAtCreation => "TagsOfNew",
        When::Owned => "Owned",
        When::InCluster => "InCluster",
        When::ScalesEcs => "OfEcs",
        When::Bounded => "Bounded",
        When::PassedTo(ECS_TASKS) => "PassToTasks",
        When::PassedTo(_) => "PassToScheduler",
        When::LinkedTo => "LinkedRoles",
    };
    format!("{service}{of}{when}")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn conditions(place: &Place, values: Vec<String>, expected: &Expected<'_>) -> Set<Condition> {
    let tag = |of: &str| equals(format!("aws:{of}/{TAG_PLATFORM}"), [expected.platform.clone()]);
    match place.when {
        When::Always => Set::new(),
        When::Created => [tag("RequestTag")].into(),
        When::TaggedAtCreation => {
            let service = place.service.unwrap_or_default();
            [equals(format!("{service}:CreateAction"), values), tag("RequestTag")].into()
        }
        When::Owned => [tag("ResourceTag")].into(),
        When::InCluster => {
            [Condition { operator: Operator::ArnLike, ..equals("ecs:cluster".into(), [expected.cluster.clone()]) }]
                .into()
        }
        When::ScalesEcs => [equals("application-autoscaling:service-namespace".into(), ["ecs".to_owned()])].into(),
        When::Bounded => {
            let boundary = expected.boundary.map(ToString::to_string);
            [equals("iam:PermissionsBoundary".into(), boundary.into_iter().collect::<Vec<_>>())].into()
        }
        When::PassedTo(service) => [equals("iam:PassedToService".into(), [service.to_owned()])].into(),
        When::LinkedTo => [equals("iam:AWSServiceName".into(), values)].into(),
    }
}

fn equals(key: String, values: impl Into<Set<String>>) -> Condition {
    Condition { operator: Operator::StringEquals, key: key.into(), values: values.into() }
}
