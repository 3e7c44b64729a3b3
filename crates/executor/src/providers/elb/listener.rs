//! Listeners. Created by one call, and a further one for each certificate after the first. A listener that
//! lacks certificates is not complete.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, FixedResponseActionConfig, Listener as LiveListener, ProtocolEnum,
    RedirectActionConfig, RedirectActionStatusCodeEnum,
};
use saas_model::Node;
use saas_model::fields::FieldChange;
use saas_model::identifier::CertificateArn;
use saas_model::resource::{DefaultAction, Field, Kind, Listener, ListenerField, LoadBalancer, Protocol, ResourceSpec};
use serde_json::Value;

use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{TakenName, owner, wanted_inside};
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, Part, PartListing, ResourceProvider,
    UniqueWithin,
};
use crate::providers::elb::{GONE, NOT_YET_VISIBLE, commit, in_words, tags, tags_of};
use crate::providers::number::from_i32;
use crate::providers::tags::to_sdk;
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

/// A certificate that was just imported, requested or (in IAM) uploaded may not be visible, either.
/// Source: terraform-provider-aws, `internal/service/elbv2/listener.go`.
const CERTIFICATE: Transient =
    Transient { code: "CertificateNotFound", message: "", why: "the certificate is not visible everywhere yet" };

/// Transient errors of creations and updates.
fn not_yet() -> Vec<Transient> {
    [NOT_YET_VISIBLE, &[CERTIFICATE]].concat()
}

impl ResourceProvider for Listener {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Part(Part {
            container: |listener| Some(Self::of(listener)?.load_balancer.address()),
            listing: PartListing::OfContainer,
            // Source: Elastic Load Balancing API, `DeleteLoadBalancer`: "also deletes its listeners".
            deleted_with: Some(Kind::LoadBalancer),
        }),
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &[
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeListenerCertificates",
                "elasticloadbalancing:DescribeTags",
            ],
            describe: &[],
            create: &["elasticloadbalancing:CreateListener", "elasticloadbalancing:AddListenerCertificates"],
            update: &[
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:AddTags",
            ],
            delete: &["elasticloadbalancing:DeleteListener"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(format!("{} {}", self.load_balancer.address(), self.port))
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        ports_of_load_balancers(cx).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let mut listeners = Vec::new();
        for balancer in cx.live.every(Kind::LoadBalancer) {
            let listed = unless_gone(of_balancer(cx, &balancer.identity.id).await, GONE)?.unwrap_or_default();
            listed.iter().for_each(|live| cx.live.found_inside(Kind::Listener, exposure(&balancer, live)));
            listeners.extend(listed);
        }
        let arns: Vec<String> = listeners.iter().filter_map(|live| live.listener_arn.clone()).collect();
        let mut tags = tags(cx, &arns).await?;
        let mut found = Vec::new();
        for live in listeners {
            let arn = live.listener_arn.clone().required("elasticloadbalancingv2 DescribeListeners", "ListenerArn")?;
            let tags = tags.remove(&arn).unwrap_or_default();
            let identity = Identity::of_arn(arn);
            let Some(listener) = ObservedResource::by_tags(cx.plan, Kind::Listener, identity, tags) else { continue };
            let wanted = cx.plan.node(&listener.address).and_then(|node| Self::of(&node.resource));
            let actions = live.default_actions.clone().unwrap_or_default();
            let Some((resource, unknown)) = unless_gone(resource(cx, live, wanted).await, GONE)? else { continue };
            let complete = wanted.is_none_or(|wanted| wanted.more_certificates == resource.more_certificates);
            let mut listener = listener.with_fields(resource);
            if from_actions(&actions).is_none() {
                listener = listener.raw_values("default_action", in_words(&actions));
            }
            listener.unmodelled.extend(unknown);
            found.push(if complete { listener } else { listener.incomplete() });
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let balancer = cx.id(&self.load_balancer)?;
        let tags = cx.tags(node)?;
        let look = async || {
            let listeners = of_balancer(cx, &balancer).await?.into_iter();
            let mut own = listeners.filter(|live| live.port == Some(self.port.into()));
            Ok(own.next().and_then(|live| live.listener_arn).map(Identity::of_arn))
        };
        let make = async || {
            let create = cx.aws.elb_once.create_listener().load_balancer_arn(&balancer);
            let answer = create
                .port(self.port.into())
                .protocol(live_protocol(self))
                .set_certificates(default_certificate(self))
                .set_ssl_policy(self.tls_policy.clone())
                .default_actions(action(self.default_action))
                .set_tags(Some(to_sdk(&tags)))
                .send()
                .await?;
            let arn = answer.listeners.unwrap_or_default().pop().and_then(|live| live.listener_arn);
            Ok(Identity::of_arn(arn.required("elasticloadbalancingv2 CreateListener", "ListenerArn")?))
        };
        let identity = cx
            .create_or_adopt(
                node,
                &["DuplicateListener"],
                &format!("port {} of {balancer}", self.port),
                async || cx.create_idempotently(look, async || cx.retry(&not_yet(), make).await).await,
                async || {
                    let found = look().await?;
                    let identity = found.required("elasticloadbalancingv2 DescribeListeners", "ListenerArn")?;
                    let tags = tags_of(cx, &identity.id).await?;
                    Ok((identity, tags))
                },
            )
            .await?;
        for one in &self.more_certificates {
            add(cx, &identity.id, one.as_str()).await?;
        }
        Ok(identity)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = &found.identity.id;
        if changes.touch(&[
            ListenerField::Port,
            ListenerField::Protocol,
            ListenerField::Certificate,
            ListenerField::TlsPolicy,
            ListenerField::DefaultAction,
        ]) {
            cx.retry(&not_yet(), async || {
                let modify = cx.aws.elb.modify_listener().listener_arn(arn);
                modify
                    .port(self.port.into())
                    .protocol(live_protocol(self))
                    .set_certificates(default_certificate(self))
                    .set_ssl_policy(self.tls_policy.clone())
                    .default_actions(action(self.default_action))
                    .send()
                    .await?;
                Ok(())
            })
            .await?;
        }
        if self.protocol == Protocol::Https {
            let live = more_certificates(cx, arn).await?;
            let wanted: BTreeSet<&str> = self.more_certificates.iter().map(CertificateArn::as_str).collect();
            for one in wanted.iter().filter(|one| !live.contains(**one)) {
                add(cx, arn, one).await?;
            }
            for one in live.iter().filter(|one| !wanted.contains(one.as_str())) {
                remove(cx, arn, one).await?;
            }
        }
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        match cx.aws.elb.delete_listener().listener_arn(&found.identity.id).send().await.map_err(Error::from) {
            Err(error) if error.is(&["ListenerNotFound"]) => Ok(()),
            deleted => deleted.map(drop),
        }
    }
}

/// What a listener of a load balancer opens if it is none of the platform's.
fn exposure(balancer: &ObservedResource, live: &LiveListener) -> Exposure {
    let arn = live.listener_arn().unwrap_or_default();
    let actions = in_words(live.default_actions());
    let what = format!(
        "this listener accepts requests on port {} of the load balancer, by rules of its own ({actions})",
        live.port().unwrap_or_default()
    );
    let remedy = format!("delete it: aws elbv2 delete-listener --listener-arn {arn}");
    Exposure::new((&balancer.address, balancer.kind), arn, what, remedy)
}

/// The planned ports that others have. A load balancer has one listener for a port.
async fn ports_of_load_balancers(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let mut taken = Vec::new();
    for (balancer, nodes) in wanted_inside(cx, |listener: &Listener| listener.load_balancer.address(), |_, _| true) {
        for live in unless_gone(of_balancer(cx, &balancer).await, GONE)?.unwrap_or_default() {
            let has = |(_, listener): &&(&Node, &Listener)| live.port == Some(listener.port.into());
            let (Some((node, planned)), Some(arn)) = (nodes.iter().find(has), live.listener_arn.clone()) else {
                continue;
            };
            let tags = tags_of(cx, &arn).await?;
            if let Some(owner) = owner(cx, Kind::Listener, &arn, &tags) {
                taken.push(TakenName::new(node, planned.port.to_string(), owner).part("port").held_by(arn));
            }
        }
    }
    Ok(taken)
}

fn live_protocol(listener: &Listener) -> ProtocolEnum {
    match listener.protocol {
        Protocol::Http => ProtocolEnum::Http,
        Protocol::Https => ProtocolEnum::Https,
    }
}

fn default_certificate(listener: &Listener) -> Option<Vec<Certificate>> {
    listener.certificate.as_ref().map(|arn| vec![certificate(arn.as_str())])
}

fn certificate(arn: &str) -> Certificate {
    Certificate::builder().certificate_arn(arn).build()
}

fn action(action: DefaultAction) -> Action {
    match action {
        DefaultAction::NotFound => {
            let response = FixedResponseActionConfig::builder().status_code("404").content_type("text/plain").build();
            Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(response).build()
        }
        DefaultAction::RedirectToHttps => {
            let redirect = RedirectActionConfig::builder()
                .protocol("HTTPS")
                .port("443")
                .status_code(RedirectActionStatusCodeEnum::Http301)
                .build();
            Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(redirect).build()
        }
    }
}

/// The action as the model represents it; `None` when it cannot.
fn from_actions(actions: &[Action]) -> Option<DefaultAction> {
    let [action] = actions else { return None };
    if let Some(response) = action.fixed_response_config() {
        let bare = response.status_code() == Some("404") && response.message_body().is_none_or(str::is_empty);
        return bare.then_some(DefaultAction::NotFound);
    }
    let redirect = action.redirect_config()?;
    let to_https = redirect.protocol() == Some("HTTPS")
        && redirect.port() == Some("443")
        && redirect.status_code() == Some(&RedirectActionStatusCodeEnum::Http301)
        && redirect.host().is_none_or(|host| host == "#{host}")
        && redirect.path().is_none_or(|path| path == "/#{path}")
        && redirect.query().is_none_or(|query| query == "#{query}");
    to_https.then_some(DefaultAction::RedirectToHttps)
}

/// The listeners of a load balancer.
pub(crate) async fn of_balancer(cx: &Context<'_>, balancer: &str) -> Result<Vec<LiveListener>> {
    let mut listeners = Vec::new();
    let mut pages = cx.aws.elb.describe_listeners().load_balancer_arn(balancer).into_paginator().send();
    while let Some(page) = pages.next().await {
        listeners.extend(page?.listeners.unwrap_or_default());
    }
    Ok(listeners)
}

/// The live listener, and its certificates that the model cannot represent: those of IAM or of another
/// Region, which saas never adds.
async fn resource(
    cx: &Context<'_>,
    live: LiveListener,
    wanted: Option<&Listener>,
) -> Result<(Listener, Vec<FieldChange>)> {
    const DESCRIBE: &str = "elasticloadbalancingv2 DescribeListeners";
    let arn = live.listener_arn.required(DESCRIBE, "ListenerArn")?;
    let protocol = live.protocol.required(DESCRIBE, "Protocol")?;
    let https = protocol == ProtocolEnum::Https;
    let load_balancer = cx.reference::<LoadBalancer>(&live.load_balancer_arn.unwrap_or_default());
    let port = from_i32(live.port).required(DESCRIBE, "Port")?;
    let certificate = live.certificates.unwrap_or_default().into_iter().find_map(|live| live.certificate_arn);
    let mut unknown = Vec::new();
    let certificate = match certificate.filter(|_| https).map(|arn| CertificateArn::new(&*arn).map_err(|_| arn)) {
        None => None,
        Some(Ok(known)) => Some(known),
        Some(Err(before)) => {
            let planned = wanted.and_then(|wanted| wanted.certificate.clone());
            let after = planned.as_ref().map_or(Value::Null, |planned| planned.as_str().into());
            let field = ListenerField::Certificate.as_str().to_owned();
            unknown.push(FieldChange { field, before: before.into(), after });
            planned
        }
    };
    let more = if https { more_certificates(cx, &arn).await? } else { BTreeSet::new() };
    let (more_certificates, others): (Vec<_>, Vec<_>) =
        more.into_iter().map(|arn| CertificateArn::new(&*arn).map_err(|_| arn)).partition(Result::is_ok);
    let others: Vec<String> = others.into_iter().filter_map(Result::err).collect();
    if !others.is_empty() {
        let field = OTHER_CERTIFICATES.to_owned();
        unknown.push(FieldChange { field, before: others.into(), after: Value::Array(Vec::new()) });
    }
    // An action that the model cannot represent becomes the one that is not planned, so that an update
    // corrects it like every other change from outside.
    let unwanted = match wanted.map(|wanted| wanted.default_action) {
        Some(DefaultAction::NotFound) => DefaultAction::RedirectToHttps,
        Some(DefaultAction::RedirectToHttps) | None => DefaultAction::NotFound,
    };
    let default_action = from_actions(&live.default_actions.unwrap_or_default()).unwrap_or(unwanted);
    let listener = Listener {
        load_balancer,
        port,
        protocol: if https { Protocol::Https } else { Protocol::Http },
        certificate,
        more_certificates: more_certificates.into_iter().flatten().collect(),
        tls_policy: live.ssl_policy.filter(|_| https),
        default_action,
    };
    Ok((listener, unknown))
}

/// The unmodelled field for further certificates that the model cannot represent.
const OTHER_CERTIFICATES: &str = "other_certificates";

/// The ARNs of the certificates other than the default one.
async fn more_certificates(cx: &Context<'_>, arn: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut pages = cx.aws.elb.describe_listener_certificates().listener_arn(arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        for live in page?.certificates.unwrap_or_default() {
            found.extend(live.certificate_arn.filter(|_| live.is_default != Some(true)));
        }
    }
    Ok(found)
}

/// AWS takes one certificate per call. Source: Elastic Load Balancing API, `AddListenerCertificates`.
async fn add(cx: &Context<'_>, arn: &str, one: &str) -> Result<()> {
    cx.retry(&not_yet(), async || {
        cx.aws.elb.add_listener_certificates().listener_arn(arn).certificates(certificate(one)).send().await?;
        Ok(())
    })
    .await
}

/// A certificate that is no longer on the listener is not an error: the listing may be late.
async fn remove(cx: &Context<'_>, arn: &str, one: &str) -> Result<()> {
    let removed = cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.elb.remove_listener_certificates().listener_arn(arn).certificates(certificate(one)).send().await?;
        Ok(())
    });
    unless_gone(removed.await, &[CERTIFICATE.code]).map(drop)
}
