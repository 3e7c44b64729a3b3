//! The actions of rules: forward a request to target groups, return a fixed response, or redirect the
//! client.

use super::checks::{invalid, not_modelled};
use super::quotas;
use super::redirect::Redirect;
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Action {
    order: Option<u16>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Forward(Forward),
    FixedResponse(FixedResponse),
    Redirect(Redirect),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Forward {
    /// The ARNs of target groups, each with its weight.
    groups: Vec<(String, u16)>,
    /// Whether clients stick to a target group, and for how many seconds.
    sticky: bool,
    seconds: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FixedResponse {
    status: String,
    content_type: Option<String>,
    body: Option<String>,
}

/// The actions of a rule on a listener with this protocol and port. Authentication is not modelled, so
/// a rule has exactly one action.
pub(super) fn actions(input: &Input, key: &str, protocol: &str, port: u16) -> Result<Vec<Action>, Refusal> {
    let given = input.list(key);
    if given.len() > 1 {
        return Err(Refusal::new("TooManyActions", "A rule can have only one action that is not an authentication"));
    }
    given.iter().map(|action| Action::new(action, protocol, port)).collect()
}

/// The target groups to which actions forward.
pub(super) fn groups(actions: &[Action]) -> impl Iterator<Item = &str> {
    actions.iter().flat_map(Action::groups)
}

impl Action {
    fn new(input: &Input, protocol: &str, port: u16) -> Result<Self, Refusal> {
        let kind = match input.required("Type")? {
            "forward" => Kind::Forward(Forward::new(input)?),
            "fixed-response" => Kind::FixedResponse(FixedResponse::new(&config(input, "FixedResponseConfig")?)?),
            "redirect" => Kind::Redirect(Redirect::new(&config(input, "RedirectConfig")?, protocol, port)?),
            other => return Err(not_modelled(format!("actions of the type '{other}'"))),
        };
        Ok(Self { order: input.int("Order"), kind })
    }

    fn groups(&self) -> impl Iterator<Item = &str> {
        let groups: &[(String, u16)] = match &self.kind {
            Kind::Forward(forward) => &forward.groups,
            Kind::FixedResponse(_) | Kind::Redirect(_) => &[],
        };
        groups.iter().map(|(group, _)| group.as_str())
    }

    pub(super) fn describe(&self) -> Vec<Element> {
        let mut answer = match &self.kind {
            Kind::Forward(forward) => forward.describe(),
            Kind::FixedResponse(response) => response.describe(),
            Kind::Redirect(redirect) => {
                vec![xml::text("Type", "redirect"), xml::element("RedirectConfig", redirect.describe())]
            }
        };
        answer.push(xml::optional("Order", self.order));
        answer
    }
}

/// The configuration structure of an action's type.
fn config(input: &Input, key: &str) -> Result<Input, Refusal> {
    if input.has(key) { Ok(input.inner(key)) } else { Err(action_refused(format!("A {key} must be specified"))) }
}

impl Forward {
    fn new(input: &Input) -> Result<Self, Refusal> {
        let config = input.inner("ForwardConfig");
        let given = config.list("TargetGroups");
        let mut groups = Vec::new();
        for group in &given {
            let weight = group.int("Weight").filter(|weight| *weight <= 999);
            if weight.is_none() && (given.len() > 1 || group.has("Weight")) {
                return Err(invalid("The weight for each target group must be between 0 and 999, inclusive"));
            }
            groups.push((group.required("TargetGroupArn")?.to_owned(), weight.unwrap_or(1)));
        }
        if let Some(arn) = input.text("TargetGroupArn") {
            match groups.as_slice() {
                [] => groups.push((arn.to_owned(), 1)),
                [(only, _)] if only == arn => {}
                _ => {
                    let message = "The target group ARN must be the only one of the forward configuration";
                    return Err(action_refused(message));
                }
            }
        }
        ensure!(!groups.is_empty(), action_refused("A target group ARN must be specified"));
        // Only target groups of the action itself can be meant, because `CreateRule` creates none.
        if groups.len() > quotas::GROUPS_OF_ACTION {
            let message = format!("An action can forward to '{}' target groups at most", quotas::GROUPS_OF_ACTION);
            return Err(Refusal::new("TooManyTargetGroups", message));
        }
        let stickiness = config.inner("TargetGroupStickinessConfig");
        let sticky = stickiness.flag("Enabled").unwrap_or(false);
        let seconds = stickiness.int("DurationSeconds").filter(|seconds| (1..=604_800).contains(seconds));
        if seconds.is_none() && stickiness.has("DurationSeconds") {
            return Err(invalid("The stickiness duration must be between 1 and 604800 seconds, inclusive"));
        }
        if sticky && seconds.is_none() {
            return Err(invalid("A duration must be specified to enable the stickiness of target groups"));
        }
        Ok(Self { groups, sticky, seconds })
    }

    fn describe(&self) -> Vec<Element> {
        let groups = self.groups.iter();
        let groups =
            groups.map(|(group, weight)| vec![xml::text("TargetGroupArn", group), xml::text("Weight", weight)]);
        let stickiness = [xml::text("Enabled", self.sticky), xml::optional("DurationSeconds", self.seconds)];
        let config =
            [xml::list("TargetGroups", "member", groups), xml::element("TargetGroupStickinessConfig", stickiness)];
        let only = if let [(only, _)] = self.groups.as_slice() { Some(only) } else { None };
        vec![xml::text("Type", "forward"), xml::optional("TargetGroupArn", only), xml::element("ForwardConfig", config)]
    }
}

impl FixedResponse {
    fn new(input: &Input) -> Result<Self, Refusal> {
        const TYPES: [&str; 5] = ["text/html", "application/json", "application/javascript", "text/css", "text/plain"];
        let status = input.required("StatusCode")?;
        let content_type = input.text("ContentType");
        if content_type.is_some_and(|kind| !TYPES.contains(&kind)) {
            return Err(action_refused(format!("The ContentType must be one of: '{}'", TYPES.join("', '"))));
        }
        let body = input.text("MessageBody");
        Ok(Self {
            status: status.to_owned(),
            content_type: content_type.map(str::to_owned),
            body: body.map(str::to_owned),
        })
    }

    fn describe(&self) -> Vec<Element> {
        let config = [
            xml::text("StatusCode", &self.status),
            xml::optional("ContentType", self.content_type.as_ref()),
            xml::optional("MessageBody", self.body.as_ref()),
        ];
        vec![xml::text("Type", "fixed-response"), xml::element("FixedResponseConfig", config)]
    }
}

/// The error for an invalid action whose parameters are each valid.
pub(super) fn action_refused(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidLoadBalancerAction", message)
}
