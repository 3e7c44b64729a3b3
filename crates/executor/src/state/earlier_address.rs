//! The addresses of plan format 1, in which a tenant had one service and so no name for it.
//!
//! A live platform of that format keeps its resources: each is found at its present address, and apply writes the
//! new address into its tags.

use itertools::Itertools as _;
use saas_model::{Address, Kind, Node, Plan};

/// The planned node that a resource with an address of format 1 is for.
pub(super) fn node_of<'p>(plan: &'p Plan, kind: Kind, earlier: &Address) -> Option<&'p Node> {
    let tenant = earlier.tenant()?;
    let at = |rest: &str| plan.node(&format!("tenant/{tenant}/{rest}").parse().ok()?);
    let rest = earlier.as_str().strip_prefix("tenant/")?.strip_prefix(tenant)?.strip_prefix('/')?;
    let node = match rest {
        "service" => at("service/web"),
        "listener-rule" | "scaling" | "target-group" | "task-definition" => at(&format!("service/web/{rest}")),
        // Its port ends the address now.
        "rule/from-load-balancer" | "rule/load-balancer-out" => ports_of(plan, earlier).exactly_one().ok(),
        _ => None,
    };
    node.filter(|node| node.kind() == kind)
}

/// The rules for the ports of a tenant. Where a service was added with another port, it is not known for which of
/// them the rule is; it is created again.
fn ports_of<'p>(plan: &'p Plan, earlier: &Address) -> impl Iterator<Item = &'p Node> {
    let prefix = format!("{earlier}/");
    plan.nodes().iter().filter(move |node| node.address.as_str().starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(plan: &[u8], kind: Kind, earlier: &str) -> Option<String> {
        let plan = Plan::decode(plan).expect("the fixture is a plan");
        node_of(&plan, kind, &earlier.parse().expect("valid")).map(|node| node.address.to_string())
    }

    #[test]
    fn resources_of_the_only_service_are_found_at_their_present_addresses() {
        let plan = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        for (kind, earlier, now) in [
            (Kind::Service, "service", "service/web"),
            (Kind::ListenerRule, "listener-rule", "service/web/listener-rule"),
            (Kind::ScalableTarget, "scaling", "service/web/scaling"),
            (Kind::TargetGroup, "target-group", "service/web/target-group"),
            (Kind::TaskDefinition, "task-definition", "service/web/task-definition"),
            (Kind::SecurityGroupRule, "rule/from-load-balancer", "rule/from-load-balancer/80"),
            (Kind::SecurityGroupRule, "rule/load-balancer-out", "rule/load-balancer-out/80"),
        ] {
            let at = |rest: &str| format!("tenant/acme-corp/{rest}");
            assert_eq!(found(plan, kind, &at(earlier)), Some(at(now)));
        }
    }

    #[test]
    fn nothing_else_is_moved() {
        let plan = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        for (kind, earlier) in [
            (Kind::Bucket, "tenant/acme-corp/bucket"),
            // It is of another kind.
            (Kind::Role, "tenant/acme-corp/service"),
            // Its tenant is not planned any more.
            (Kind::Service, "tenant/hooli-xyz/service"),
            (Kind::LoadBalancer, "ingress/0/load-balancer"),
        ] {
            assert_eq!(found(plan, kind, earlier), None, "{earlier}");
        }
        // Two ports: it is not known for which of them the rule is.
        let application = include_bytes!("../../../../fixtures/real-application/plan.msgpack");
        assert_eq!(found(application, Kind::SecurityGroupRule, "tenant/acme/rule/from-load-balancer"), None);
    }
}
