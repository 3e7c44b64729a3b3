//! What plans refer to and do not create: a sandbox is given it, and a warning names it.

use itertools::Itertools as _;
use saas_model::ExternalResources;
use saas_sandbox::Sandbox;

/// How many of a kind a text names.
const NAMED: usize = 5;

/// Adds it all to a sandbox. Scaling reads no queue there.
pub(crate) fn provide(external: &ExternalResources, sandbox: &Sandbox) {
    let ExternalResources { certificates, secrets, parameters, permissions_boundaries, queues: _ } = external;
    certificates.iter().for_each(|arn| sandbox.issue_certificate(arn.as_str()));
    for (name, keys) in secrets {
        sandbox.add_secret(name.as_str(), &keys.iter().map(ToString::to_string).collect());
    }
    parameters.iter().for_each(|name| sandbox.add_parameter(name.as_str()));
    permissions_boundaries.iter().for_each(|arn| sandbox.add_boundary(arn.as_str()));
}

/// A warning that names it; `None` if there is nothing.
pub(crate) fn warning(external: &ExternalResources) -> Option<String> {
    let ExternalResources { certificates, secrets, parameters, permissions_boundaries, queues } = external;
    let secrets = secrets.iter().map(|(name, keys)| match keys.iter().map(|key| format!("`{key}`")).join(", ") {
        keys if keys.is_empty() => format!("`{name}`"),
        keys => format!("`{name}` with the key {keys}"),
    });
    let kinds = [
        ("the secret", "secrets", secrets.collect()),
        ("the parameter", "parameters", quoted(parameters)),
        ("the queue", "queues", quoted(queues)),
        ("the certificate", "certificates", quoted(certificates)),
        ("the permissions boundary", "permissions boundaries", quoted(permissions_boundaries)),
    ];
    let kinds = kinds.into_iter().filter_map(|(one, many, names)| listed(one, many, &names)).join("; ");
    (!kinds.is_empty()).then(|| format!("this assumes that the account has what the plan does not create: {kinds}"))
}

fn quoted<'n, N: ToString + 'n>(names: impl IntoIterator<Item = &'n N>) -> Vec<String> {
    names.into_iter().map(|name| format!("`{}`", name.to_string())).collect()
}

fn listed(one: &str, many: &str, names: &[String]) -> Option<String> {
    let named = names.iter().take(NAMED).join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("{one} {named}")),
        count if count <= NAMED => Some(format!("the {many} {named}")),
        count => Some(format!("{count} {many}: {named} and {} more", count - NAMED)),
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Plan;

    use super::*;

    fn warning_of(plan: &[u8]) -> Option<String> {
        warning(&Plan::decode(plan).expect("the fixture is a plan").external_resources())
    }

    #[test]
    fn everything_that_the_plan_does_not_create_is_named() {
        let warning = warning_of(include_bytes!("../../../../fixtures/real-application/plan.msgpack"));
        insta::assert_snapshot!(warning.expect("it refers to more than it creates"), @"this assumes that the account has what the plan does not create: the secrets `harbor/license/acme` with the key `license`, `harbor/license/globex` with the key `license`, `harbor/license/initech` with the key `license`; the parameter `/harbor/sentry-dsn`; the queues `harbor-work-acme`, `harbor-work-globex`, `harbor-work-initech`; the certificate `arn:aws:acm:us-west-2:345678901234:certificate/1b4e28ba-2fa1-41d2-883f-0016d3cca427`; the permissions boundary `arn:aws:iam::345678901234:policy/harbor-boundary`");
    }

    #[test]
    fn plan_that_creates_everything_has_no_warning() {
        assert_eq!(warning_of(include_bytes!("../../../../fixtures/saas-platform/plan.msgpack")), None);
    }

    #[test]
    fn many_names_are_counted() {
        let parameters = (0..7).map(|number| format!("/app/{number}").parse().expect("a name")).collect();
        let warning = warning(&ExternalResources { parameters, ..ExternalResources::default() });
        let warning = warning.expect("there are parameters");
        assert!(
            warning.ends_with("7 parameters: `/app/0`, `/app/1`, `/app/2`, `/app/3`, `/app/4` and 2 more"),
            "{warning}"
        );
    }
}
