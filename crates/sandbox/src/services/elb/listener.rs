//! Listeners: the port and the protocol of a load balancer, and the default actions for requests that
//! match no rule. The default actions belong to a rule of their own, the default rule.

use std::collections::BTreeSet;

use super::action::{Action, actions};
use super::checks::{invalid, quota};
use super::resource::{self, Kind, Resource, change, named};
use super::{LoadBalancer, Rule, certificate, quotas, ssl_policy, tags, targets, usage};
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) arn: String,
    pub(super) load_balancer: String,
    pub(super) port: u16,
    /// The TLS settings of an HTTPS listener.
    pub(super) tls: Option<Tls>,
    /// The rule with the default actions.
    default_rule: String,
    tags: Tags,
}

/// The TLS settings of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tls {
    policy: String,
    /// The default certificate.
    pub(super) certificate: String,
    /// The further certificates.
    pub(super) more: BTreeSet<String>,
    /// The mode of mutual authentication: `off` or `passthrough`.
    mutual: String,
}

impl Resource for Listener {
    const KIND: Kind = Kind { noun: "listener", segment: "listener/", not_found: "ListenerNotFound" };

    kept_in!(listeners);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let actions = self.default_actions(cloud).iter().map(Action::describe);
        let mut answer = vec![
            xml::text("ListenerArn", &self.arn),
            xml::text("LoadBalancerArn", &self.load_balancer),
            xml::text("Port", self.port),
            xml::text("Protocol", protocol(self.tls.as_ref())),
            xml::list("DefaultActions", "member", actions),
        ];
        if let Some(tls) = &self.tls {
            let certificate = vec![xml::text("CertificateArn", &tls.certificate)];
            answer.push(xml::list("Certificates", "member", [certificate]));
            answer.push(xml::text("SslPolicy", &tls.policy));
            answer.push(xml::element("MutualAuthentication", [xml::text("Mode", &tls.mutual)]));
        }
        answer
    }
}

impl Listener {
    fn default_actions<'a>(&self, cloud: &'a Cloud) -> &'a [Action] {
        cloud.elb.rules.get(&self.default_rule).map_or(&[], |rule| rule.actions.as_slice())
    }
}

pub(super) const fn protocol(tls: Option<&Tls>) -> &'static str {
    if tls.is_some() { "HTTPS" } else { "HTTP" }
}

/// `CreateListener`: the same settings on the same port return the existing listener.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let balancer = named::<LoadBalancer>(cloud, input.required("LoadBalancerArn")?)?.arn.clone();
    let port = input.int("Port").ok_or_else(|| invalid("A listener port must be specified"))?;
    ensure!(input.has("Protocol"), invalid("A listener protocol must be specified"));
    let tls = tls(cloud, input, None)?;
    let actions = actions(input, "DefaultActions", protocol(tls.as_ref()), port)?;
    let tags = tags::of(input)?;
    let newly_used = usage::check(cloud, &balancer, protocol(tls.as_ref()), &actions, None)?;

    if let Some(old) = on_port(cloud, &balancer, port) {
        // Certificates that were added later do not make the settings different.
        let more = old.tls.as_ref().map(|tls| tls.more.clone()).unwrap_or_default();
        let wanted = tls.map(|tls| Tls { more, ..tls });
        if old.tls == wanted && old.default_actions(cloud) == actions {
            return Ok(answer(cloud, old));
        }
        return Err(duplicate(&balancer));
    }
    let count = cloud.elb.listeners.values().filter(|listener| listener.load_balancer == balancer).count();
    quota(count, quotas::LISTENERS, "TooManyListeners", format!("listeners on load balancer '{balancer}'"))?;

    let arn = format!("{}/{}", balancer.replace(":loadbalancer/", ":listener/"), cloud.ids.hex16());
    let rule = Rule::default_of(cloud, &arn, actions);
    let default_rule = rule.arn.clone();
    cloud.elb.rules.insert(default_rule.clone(), rule);
    let listener = Listener { arn: arn.clone(), load_balancer: balancer, port, tls, default_rule, tags };
    let answer = answer(cloud, &listener);
    cloud.elb.listeners.insert(arn, listener);
    targets::check_health(cloud, &newly_used);
    Ok(answer)
}

/// `DescribeListeners`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = input.texts("ListenerArns");
    let listeners = match (input.text("LoadBalancerArn"), arns.as_slice()) {
        (Some(balancer), []) => {
            named::<LoadBalancer>(cloud, balancer)?;
            let all = Listener::all(&cloud.elb).iter();
            let of_balancer = all.filter(|(_, listener)| listener.load_balancer == balancer);
            of_balancer.map(|(arn, listener)| (arn.clone(), listener)).collect()
        }
        (None, [_, ..]) => resource::every::<Listener>(cloud, &arns)?,
        _ => return Err(invalid("You must specify either listener ARNs or a load balancer ARN")),
    };
    resource::page(cloud, input, "Listeners", listeners)
}

/// `ModifyListener`: settings that a call omits stay. A change from HTTPS to HTTP removes all
/// certificates.
pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("ListenerArn")?;
    let old = named::<Listener>(cloud, arn)?.clone();
    let port = input.int("Port").unwrap_or(old.port);
    let tls = tls(cloud, input, Some(&old))?;
    let actions = match input.list("DefaultActions").as_slice() {
        [] => old.default_actions(cloud).to_vec(),
        _ => actions(input, "DefaultActions", protocol(tls.as_ref()), port)?,
    };
    let protocol = protocol(tls.as_ref());
    let newly_used = usage::check(cloud, &old.load_balancer, protocol, &actions, Some(&old.default_rule))?;
    if on_port(cloud, &old.load_balancer, port).is_some_and(|other| other.arn != arn) {
        return Err(duplicate(&old.load_balancer));
    }

    change::<Rule>(cloud, &old.default_rule, |rule| rule.actions = actions);
    let listener = Listener { port, tls, ..old };
    let answer = answer(cloud, &listener);
    cloud.elb.listeners.insert(arn.to_owned(), listener);
    targets::check_health(cloud, &newly_used);
    Ok(answer)
}

/// `DeleteListener`: also deletes its rules.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = named::<Listener>(cloud, input.required("ListenerArn")?)?.arn.clone();
    remove(cloud, &arn);
    Ok(Vec::new())
}

/// Removes a listener and its rules.
pub(super) fn remove(cloud: &mut Cloud, arn: &str) {
    cloud.elb.rules.retain(|_, rule| rule.listener != arn);
    cloud.elb.listeners.remove(arn);
}

/// The TLS settings of a call; `None` for an HTTP listener.
fn tls(cloud: &Cloud, input: &Input, old: Option<&Listener>) -> Result<Option<Tls>, Refusal> {
    let old_tls = old.and_then(|listener| listener.tls.as_ref());
    let protocol = input.text("Protocol").unwrap_or(protocol(old_tls));
    // The other protocols belong to other types of load balancers.
    if !["HTTP", "HTTPS"].contains(&protocol) {
        return Err(invalid(format!("Listener protocol '{protocol}' must be one of 'HTTPS, HTTP'")));
    }
    ensure!(!input.has("AlpnPolicy"), invalid("An ALPN policy can be specified for TLS listeners only"));
    let has_certificates = !input.list("Certificates").is_empty();
    if protocol == "HTTP" {
        for (given, what) in [
            (has_certificates, "A certificate"),
            (input.has("SslPolicy"), "An SSL policy"),
            (input.has("MutualAuthentication"), "Mutual authentication"),
        ] {
            ensure!(!given, invalid(format!("{what} cannot be specified for HTTP listeners")));
        }
        return Ok(None);
    }
    let certificate = if has_certificates { certificate::certificates(cloud, input)?.pop() } else { None };
    let certificate = certificate.or_else(|| old_tls.map(|tls| tls.certificate.clone()));
    let certificate = certificate.ok_or_else(|| invalid("A certificate must be specified for HTTPS listeners"))?;
    let policy = match input.text("SslPolicy") {
        Some(policy) => ssl_policy::known(policy)?.to_owned(),
        None => old_tls.map_or_else(|| ssl_policy::DEFAULT.to_owned(), |tls| tls.policy.clone()),
    };
    let more = old_tls.map(|tls| tls.more.clone()).unwrap_or_default();
    let mutual = mutual(input)?.or_else(|| old_tls.map(|tls| tls.mutual.clone()));
    Ok(Some(Tls { policy, certificate, more, mutual: mutual.unwrap_or_else(|| "off".to_owned()) }))
}

/// The mode of mutual authentication. Trust stores for the verification of client certificates are not
/// modelled.
fn mutual(input: &Input) -> Result<Option<String>, Refusal> {
    let given = input.inner("MutualAuthentication");
    // Nothing is verified, so accepting expired certificates makes no difference.
    given.flag("IgnoreClientCertificateExpiry");
    match given.text("Mode") {
        Some("verify") => Err(no_trust_store()),
        _ if given.has("TrustStoreArn") => Err(no_trust_store()),
        mode @ (None | Some("off" | "passthrough")) => Ok(mode.map(str::to_owned)),
        Some(mode) => Err(invalid(format!("Mode '{mode}' must be one of 'off, passthrough, verify'"))),
    }
}

fn no_trust_store() -> Refusal {
    Refusal::new("TrustStoreNotFound", "The trust store does not exist")
}

fn on_port<'a>(cloud: &'a Cloud, balancer: &str, port: u16) -> Option<&'a Listener> {
    cloud.elb.listeners.values().find(|listener| listener.load_balancer == balancer && listener.port == port)
}

fn duplicate(balancer: &str) -> Refusal {
    let message = format!("A listener already exists on this port for this load balancer '{balancer}'");
    Refusal::new("DuplicateListener", message)
}

fn answer(cloud: &Cloud, listener: &Listener) -> Vec<Element> {
    vec![xml::list("Listeners", "member", [listener.describe(cloud)])]
}
