//! Internet gateways. Created by two calls: the gateway with all its tags, then its attachment, which the
//! listing shows. A detached gateway, as a run leaves it that ends between the two, is attached.

use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway as LiveGateway, ResourceType};
use saas_model::Node;
use saas_model::resource::{Field as _, InternetGateway, InternetGatewayField, Vpc};
use serde_json::Value;

use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::{IN_USE, NOT_YET_VISIBLE, at_creation, commit, listed, of_listing, of_node, remove};
use crate::state::observed::{Identity, ObservedResource};

const GONE: &[&str] = &["InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.NotFound"];

/// AWS does not detach a gateway from a network with mapped public addresses: those of NAT gateways and
/// load balancers, whose interfaces remain for some minutes after them.
const ADDRESS_IN_USE: &[Transient] = &[Transient {
    code: "DependencyViolation",
    message: "",
    why: "AWS is still removing public addresses from the network",
}];

impl ResourceProvider for InternetGateway {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Tags,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeInternetGateways"],
            describe: &[],
            create: &["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"],
            update: &["ec2:AttachInternetGateway", "ec2:CreateTags"],
            delete: &["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_internet_gateways().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for gateway in page?.internet_gateways.unwrap_or_default() {
                let vpc = attached_to(&gateway).next().map(str::to_owned);
                let id = gateway.internet_gateway_id.required("ec2 DescribeInternetGateways", "internetGatewayId")?;
                let resource = Self { vpc: cx.reference::<Vpc>(vpc.as_deref().unwrap_or_default()) };
                let gateway = listed(cx, id, gateway.tags, resource);
                found.extend(gateway.map(|gateway| match vpc {
                    Some(_) => gateway,
                    None => gateway.raw_values(InternetGatewayField::Vpc.as_str(), Value::Null),
                }));
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags(node)?;
        let id = cx
            .create_idempotently(
                async || {
                    let filters = of_node(cx, node);
                    let answer = cx.aws.ec2.describe_internet_gateways().set_filters(Some(filters)).send().await?;
                    let gateway = answer.internet_gateways.unwrap_or_default().pop();
                    Ok(gateway.and_then(|gateway| gateway.internet_gateway_id))
                },
                async || {
                    let answer = cx
                        .aws
                        .ec2_once
                        .create_internet_gateway()
                        .tag_specifications(at_creation(ResourceType::InternetGateway, &tags))
                        .send()
                        .await?;
                    let gateway = answer.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
                    gateway.required("ec2 CreateInternetGateway", "internetGatewayId")
                },
            )
            .await?;
        attach(cx, &id, &vpc).await?;
        Ok(Identity::of_id(id))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        if changes.touch(&[InternetGatewayField::Vpc]) {
            attach(cx, &found.identity.id, &cx.id(&self.vpc)?).await?;
        }
        commit(cx, node, &found.identity.id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let id = &found.identity.id;
        let gateway = match cx.aws.ec2.describe_internet_gateways().internet_gateway_ids(id).send().await {
            Ok(answer) => answer.internet_gateways.unwrap_or_default().pop(),
            Err(error) => match Error::from(error) {
                error if error.is(GONE) => return Ok(()),
                error => return Err(error),
            },
        };
        for vpc in gateway.iter().flat_map(attached_to) {
            remove(cx, ADDRESS_IN_USE, &[GONE, &["Gateway.NotAttached"]].concat(), async || {
                cx.aws.ec2.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc).send().await?;
                Ok(())
            })
            .await?;
        }
        remove(cx, IN_USE, GONE, async || {
            cx.aws.ec2.delete_internet_gateway().internet_gateway_id(id).send().await?;
            Ok(())
        })
        .await
    }
}

fn attached_to(gateway: &LiveGateway) -> impl Iterator<Item = &str> {
    gateway.attachments().iter().filter_map(|attachment| attachment.vpc_id())
}

/// Attaches a gateway that is attached to no network.
async fn attach(cx: &Context<'_>, id: &str, vpc: &str) -> Result<()> {
    let attached = cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc).send().await?;
        Ok(())
    });
    match attached.await {
        // An attempt whose response was lost has attached it, or the listing was stale.
        Err(error) if error.is(&["Resource.AlreadyAssociated"]) => {}
        other => other?,
    }
    attachment(cx, id, vpc).await
}

/// Waits until a gateway is attached: a NAT gateway that is created earlier fails permanently.
async fn attachment(cx: &Context<'_>, id: &str, vpc: &str) -> Result<()> {
    cx.wait(&format!("the attachment of the Internet gateway {id} to complete"), async || {
        let answer = match cx.aws.ec2.describe_internet_gateways().internet_gateway_ids(id).send().await {
            Ok(answer) => answer,
            Err(error) => match Error::from(error) {
                error if error.is(GONE) => return Ok(Readiness::NotYet("not visible yet".to_owned())),
                error => return Err(error),
            },
        };
        let gateway = answer.internet_gateways.unwrap_or_default().pop();
        let mut attachments = gateway.iter().flat_map(|gateway| gateway.attachments());
        let Some(attachment) = attachments.find(|attachment| attachment.vpc_id() == Some(vpc)) else {
            return Ok(Readiness::NotYet("not visible yet".to_owned()));
        };
        // The API model has the state `attached`, and AWS returns `available`.
        Ok(match attachment.state().map(AttachmentStatus::as_str) {
            Some("available" | "attached") => Readiness::Ready(()),
            state => Readiness::NotYet(state.unwrap_or("in no state").to_owned()),
        })
    })
    .await
}
