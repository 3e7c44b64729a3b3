//! NAT gateways. Created by one call, which returns before they are available.
//!
//! AWS lists a gateway for an hour after its deletion. A gateway that has failed, or is being deleted,
//! still occupies its address: an update waits until AWS releases its Elastic IP address, and creates
//! another gateway.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, NatGateway as LiveGateway, NatGatewayState, ResourceType};
use saas_model::plan::TAG_ADDRESS;
use saas_model::resource::{ElasticIp, Kind, NatGateway, Subnet};
use saas_model::{Address, Node};
use tokio::time::Instant;

use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::{NOT_YET_VISIBLE, at_creation, commit, listed, of_listing, of_node, remove, token_after};
use crate::providers::tags::from_sdk;
use crate::state::incomplete::Incomplete;
use crate::state::observed::{Identity, ObservedResource};

const GONE: &[&str] = &["NatGatewayNotFound", "InvalidNatGatewayID.NotFound"];

/// The code for an Internet gateway whose new attachment is not visible yet, either of the call or of a
/// failed NAT gateway. Source: Amazon EC2 API reference, `NatGateway`, `FailureCode`.
const NOT_ATTACHED: &str = "Gateway.NotAttached";

/// For how long the code is taken for an attachment that is not visible yet.
const ATTACHMENT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The outcome of a creation.
enum Arrival {
    /// The gateway is available.
    Available,
    /// The gateway has failed permanently, with the code and the reason that AWS returns.
    Failed(String, String),
    /// The gateway was deleted meanwhile.
    Gone,
}

impl ResourceProvider for NatGateway {
    const DECLARATION: Declaration = Declaration {
        // The Internet gateway cannot be detached while public addresses are mapped.
        needs: &[Kind::InternetGateway],
        concurrency: Concurrency::WIDE,
        identification: Identification::Tags,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeNatGateways"],
            describe: &[],
            create: &["ec2:CreateNatGateway"],
            update: &["ec2:CreateTags"],
            delete: &["ec2:DeleteNatGateway"],
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
        let mut pages = cx.aws.ec2.describe_nat_gateways().filter(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for gateway in page?.nat_gateways.unwrap_or_default() {
                if gateway.state == Some(NatGatewayState::Deleted) {
                    continue;
                }
                let state = gateway.state.clone();
                let resource = Self {
                    subnet: cx.reference::<Subnet>(gateway.subnet_id().unwrap_or_default()),
                    elastic_ip: cx.reference::<ElasticIp>(allocation_id(&gateway)),
                };
                let stays = stays(&gateway);
                let id = gateway.nat_gateway_id.required("ec2 DescribeNatGateways", "natGatewayId")?;
                let gateway = listed(cx, id, gateway.tags, resource);
                let gateway = gateway.map(|gateway| match state {
                    Some(NatGatewayState::Available) => gateway,
                    Some(NatGatewayState::Deleting) => gateway.because(Incomplete::Deleting),
                    state => gateway.because(Incomplete::NotReady {
                        state: state.map_or_else(|| "in no state".to_owned(), |state| state.as_str().to_owned()),
                    }),
                });
                found.extend(gateway.map(|gateway| (gateway, stays)));
            }
        }
        // A gateway that has failed or is being deleted is of no use beside its replacement.
        let there: BTreeSet<Address> =
            found.iter().filter(|(_, stays)| *stays).map(|(gateway, _)| gateway.address.clone()).collect();
        found.retain(|(gateway, stays)| *stays || !there.contains(&gateway.address));
        Ok(found.into_iter().map(|(gateway, _)| gateway).collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let (subnet, elastic_ip) = (cx.id(&self.subnet)?, cx.id(&self.elastic_ip)?);
        let tags = cx.tags(node)?;
        let mut token = cx.token(node)?;
        let start = Instant::now();
        let not_attached = Transient {
            code: NOT_ATTACHED,
            message: "",
            why: "the attachment of the new Internet gateway is not visible everywhere yet",
        };
        let transients = [NOT_YET_VISIBLE, &[not_attached]].concat();
        loop {
            let made = cx
                .retry(&transients, async || {
                    let answer = cx
                        .aws
                        .ec2
                        .create_nat_gateway()
                        .subnet_id(&subnet)
                        .allocation_id(&elastic_ip)
                        .client_token(&token)
                        .tag_specifications(at_creation(ResourceType::Natgateway, &tags))
                        .send()
                        .await?;
                    answer.nat_gateway.required("ec2 CreateNatGateway", "natGateway")
                })
                .await;
            let gateway = match made {
                // An attempt whose response was lost has the address already.
                Err(error) if error.is(&["Resource.AlreadyAssociated"]) => {
                    existing_gateway(cx, node).await?.ok_or(error)?
                }
                made => made?,
            };
            let id = gateway.nat_gateway_id().required("ec2 CreateNatGateway", "natGatewayId")?;
            let arrival = match arrival(&gateway) {
                Readiness::Ready(arrival) => arrival,
                Readiness::NotYet(_) => arrived(cx, id).await?,
            };
            match arrival {
                Arrival::Available => return Ok(Identity::of_id(id)),
                Arrival::Failed(code, _)
                    if code == NOT_ATTACHED && start.elapsed() < ATTACHMENT_TIMEOUT.min(cx.retry_policy.timeout) =>
                {
                    cx.retrying(not_attached.why);
                    discard(cx, id).await?;
                    token = token_after(&token, id);
                }
                Arrival::Failed(code, message) => {
                    let reason = format!("{message} ({code})");
                    return Err(Error::Failed { what: format!("the NAT gateway {id}"), reason });
                }
                // The token is that of a gateway that was deleted within the day.
                Arrival::Gone => token = token_after(&token, id),
            }
        }
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        if let Arrival::Available = arrived(cx, id).await? {
            commit(cx, node, id).await?;
            return Ok(found.identity.clone());
        }
        Self::delete(cx, found).await?;
        self.create(cx, node).await
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        discard(cx, &found.identity.id).await
    }
}

/// Deletes a gateway, and waits until its address and its place in the subnet are free. Both remain in use
/// until the deletion is complete.
async fn discard(cx: &Context<'_>, id: &str) -> Result<()> {
    remove(cx, &[], GONE, async || {
        cx.aws.ec2.delete_nat_gateway().nat_gateway_id(id).send().await?;
        Ok(())
    })
    .await?;
    cx.wait(&format!("the NAT gateway {id} to be deleted"), async || match look(cx, id).await? {
        None => Ok(Readiness::Ready(())),
        Some(gateway) if gateway.state == Some(NatGatewayState::Deleted) => Ok(Readiness::Ready(())),
        Some(gateway) => Ok(Readiness::NotYet(state(&gateway).to_owned())),
    })
    .await
}

/// A pending or available gateway that was created for this node.
async fn existing_gateway(cx: &Context<'_>, node: &Node) -> Result<Option<LiveGateway>> {
    let filters = of_node(cx, node);
    let answer = cx.aws.ec2.describe_nat_gateways().set_filter(Some(filters)).send().await?;
    Ok(answer.nat_gateways.unwrap_or_default().into_iter().find(|gateway| {
        let alive = matches!(gateway.state, Some(NatGatewayState::Pending | NatGatewayState::Available));
        alive && from_sdk(gateway.tags.clone()).get(TAG_ADDRESS).map(String::as_str) == Some(node.address.as_str())
    }))
}

/// All gateways in some networks, of any owner, including deleted ones that AWS still lists.
pub(crate) async fn in_networks(cx: &Context<'_>, networks: &[String]) -> Result<Vec<LiveGateway>> {
    let by = Filter::builder().name("vpc-id").set_values(Some(networks.to_vec())).build();
    let mut pages = cx.aws.ec2.describe_nat_gateways().filter(by).into_paginator().send();
    let mut gateways = Vec::new();
    while let Some(page) = pages.next().await {
        gateways.extend(page?.nat_gateways.unwrap_or_default());
    }
    Ok(gateways)
}

/// Whether a gateway is pending or available.
pub(crate) const fn stays(gateway: &LiveGateway) -> bool {
    matches!(gateway.state, Some(NatGatewayState::Pending | NatGatewayState::Available))
}

/// Waits until a gateway is available, has failed, or is deleted.
async fn arrived(cx: &Context<'_>, id: &str) -> Result<Arrival> {
    cx.wait(&format!("the NAT gateway {id} to become available"), async || {
        let gateway = look(cx, id).await?;
        Ok(gateway.as_ref().map_or_else(|| Readiness::NotYet("not visible yet".to_owned()), arrival))
    })
    .await
}

fn arrival(gateway: &LiveGateway) -> Readiness<Arrival> {
    match gateway.state {
        Some(NatGatewayState::Available) => Readiness::Ready(Arrival::Available),
        Some(NatGatewayState::Failed) => {
            let code = gateway.failure_code().unwrap_or("no code").to_owned();
            let message = gateway.failure_message().unwrap_or("AWS reported no reason").to_owned();
            Readiness::Ready(Arrival::Failed(code, message))
        }
        Some(NatGatewayState::Deleting | NatGatewayState::Deleted) => Readiness::Ready(Arrival::Gone),
        _ => Readiness::NotYet(state(gateway).to_owned()),
    }
}

/// Describes the gateway with this id, even if it is deleted and still listed.
async fn look(cx: &Context<'_>, id: &str) -> Result<Option<LiveGateway>> {
    match cx.aws.ec2.describe_nat_gateways().nat_gateway_ids(id).send().await {
        Ok(answer) => Ok(answer.nat_gateways.unwrap_or_default().pop()),
        Err(error) => match Error::from(error) {
            error if error.is(GONE) => Ok(None),
            error => Err(error),
        },
    }
}

fn state(gateway: &LiveGateway) -> &str {
    gateway.state().map_or("in no state", NatGatewayState::as_str)
}

/// The address that it was created with, which AWS calls primary. Others can be added later.
fn allocation_id(gateway: &LiveGateway) -> &str {
    let addresses = gateway.nat_gateway_addresses();
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    primary.and_then(|address| address.allocation_id()).unwrap_or_default()
}
