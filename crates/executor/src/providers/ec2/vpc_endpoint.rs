//! Gateway endpoints. Created by one call; AWS adds their routes to the route tables.

use aws_sdk_ec2::types::{ResourceType, VpcEndpoint as LiveEndpoint, VpcEndpointType};
use saas_model::Node;
use saas_model::resource::{RouteTable, Vpc, VpcEndpoint, VpcEndpointField};

use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::{NOT_YET_VISIBLE, at_creation, commit, listed, of_listing, of_node, remove, token_after};
use crate::state::incomplete::Incomplete;
use crate::state::observed::{Identity, ObservedResource};

/// The codes for an endpoint that does not exist: the first of `DescribeVpcEndpoints`, the second of each
/// endpoint that `DeleteVpcEndpoints` could not delete.
const GONE: &[&str] = &["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"];

/// What may block a new endpoint for a while.
const CREATION_BLOCKED: &[Transient] = &[Transient {
    code: "RouteAlreadyExists",
    message: "",
    why: "AWS is still removing the routes to an endpoint that was deleted",
}];

impl ResourceProvider for VpcEndpoint {
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
            list: &["ec2:DescribeVpcEndpoints"],
            describe: &[],
            create: &["ec2:CreateVpcEndpoint"],
            update: &["ec2:ModifyVpcEndpoint", "ec2:CreateTags"],
            delete: &["ec2:DeleteVpcEndpoints"],
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
        let mut pages = cx.aws.ec2.describe_vpc_endpoints().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for endpoint in page?.vpc_endpoints.unwrap_or_default() {
                let stage = Stage::of(&endpoint);
                if stage.is_over() {
                    continue;
                }
                let resource = Self {
                    vpc: cx.reference::<Vpc>(endpoint.vpc_id().unwrap_or_default()),
                    service: endpoint.service_name().unwrap_or_default().to_owned(),
                    route_tables: endpoint.route_table_ids().iter().map(|id| cx.reference::<RouteTable>(id)).collect(),
                };
                let id = endpoint.vpc_endpoint_id.required("ec2 DescribeVpcEndpoints", "vpcEndpointId")?;
                let endpoint = listed(cx, id, endpoint.tags, resource);
                found.extend(endpoint.map(|found| match stage {
                    Stage::Ready => found,
                    Stage::Underway(state) | Stage::Failed(state) => found.because(Incomplete::NotReady { state }),
                    Stage::Leaving | Stage::Gone => found.because(Incomplete::Deleting),
                }));
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let (vpc, route_tables) = (cx.id(&self.vpc)?, cx.ids(&self.route_tables)?);
        let tags = cx.tags(node)?;
        let transients = [NOT_YET_VISIBLE, CREATION_BLOCKED].concat();
        let mut token = cx.token(node)?;
        loop {
            let look = async || {
                let answer = cx.aws.ec2.describe_vpc_endpoints().set_filters(Some(of_node(cx, node))).send().await?;
                let alive = |endpoint: &LiveEndpoint| !Stage::of(endpoint).is_over();
                Ok(answer.vpc_endpoints.unwrap_or_default().into_iter().find(alive))
            };
            let make = async || {
                cx.retry(&transients, async || {
                    let answer = cx
                        .aws
                        .ec2_once
                        .create_vpc_endpoint()
                        .vpc_endpoint_type(VpcEndpointType::Gateway)
                        .vpc_id(&vpc)
                        .service_name(&self.service)
                        .set_route_table_ids(Some(route_tables.clone()))
                        .client_token(&token)
                        .tag_specifications(at_creation(ResourceType::VpcEndpoint, &tags))
                        .send()
                        .await?;
                    answer.vpc_endpoint.required("ec2 CreateVpcEndpoint", "vpcEndpoint")
                })
                .await
            };
            let endpoint = cx.create_idempotently(look, make).await?;
            let id = endpoint.vpc_endpoint_id().required("ec2 CreateVpcEndpoint", "vpcEndpointId")?;
            let stage = Stage::of(&endpoint);
            if stage.is_over() {
                // The token is that of an endpoint that was deleted within the day.
                token = token_after(&token, id);
                continue;
            }
            if stage != Stage::Ready {
                ready(cx, id).await?;
            }
            return Ok(Identity::of_id(id));
        }
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        let endpoint = look(cx, id).await?.required("ec2 DescribeVpcEndpoints", "vpcEndpointSet")?;
        match Stage::of(&endpoint) {
            Stage::Ready => {}
            // It has failed permanently.
            Stage::Failed(_) => {
                Self::delete(cx, found).await?;
                return self.create(cx, node).await;
            }
            _ => ready(cx, id).await?,
        }
        if changes.touch(&[VpcEndpointField::RouteTables]) {
            let (wanted, now) = (cx.ids(&self.route_tables)?, endpoint.route_table_ids());
            let added: Vec<String> = wanted.iter().filter(|id| !now.contains(id)).cloned().collect();
            let removed: Vec<String> = now.iter().filter(|id| !wanted.contains(id)).cloned().collect();
            if !added.is_empty() || !removed.is_empty() {
                cx.retry(NOT_YET_VISIBLE, async || {
                    let call = cx.aws.ec2.modify_vpc_endpoint().vpc_endpoint_id(id);
                    // The SDK omits an empty list from the request.
                    let call = call.set_add_route_table_ids(Some(added.clone()));
                    call.set_remove_route_table_ids(Some(removed.clone())).send().await?;
                    Ok(())
                })
                .await?;
            }
        }
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let id = &found.identity.id;
        remove(cx, &[], GONE, async || {
            let answer = cx.aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id).send().await?;
            // The call as a whole succeeds, and reports a result for each endpoint.
            let refused = answer.unsuccessful.unwrap_or_default().pop().and_then(|item| item.error);
            match refused {
                Some(error) if !GONE.contains(&error.code().unwrap_or_default()) => {
                    let reason = error.message.unwrap_or_else(|| "AWS reported no reason".to_owned());
                    Err(Error::Failed { what: format!("the deletion of the endpoint {id}"), reason })
                }
                _ => Ok(()),
            }
        })
        .await?;
        // Its routes remain in the tables until the deletion is complete.
        cx.wait(&format!("the endpoint {id} to be deleted"), async || {
            match look(cx, id).await?.as_ref().map(Stage::of) {
                None | Some(Stage::Gone) => Ok(Readiness::Ready(())),
                Some(Stage::Underway(state) | Stage::Failed(state)) => Ok(Readiness::NotYet(state)),
                Some(Stage::Ready) => Ok(Readiness::NotYet("still available".to_owned())),
                Some(Stage::Leaving) => Ok(Readiness::NotYet("deleting".to_owned())),
            }
        })
        .await
    }
}

/// The stage of an endpoint's life cycle.
#[derive(PartialEq, Eq)]
enum Stage {
    Ready,
    Underway(String),
    Failed(String),
    Leaving,
    Gone,
}

impl Stage {
    /// The stage of a live endpoint. The documentation capitalises the states, and the API does not.
    fn of(endpoint: &LiveEndpoint) -> Self {
        let state = endpoint.state().map_or("in no state", |state| state.as_str());
        match state.to_ascii_lowercase().as_str() {
            "available" => Self::Ready,
            "deleting" => Self::Leaving,
            "deleted" => Self::Gone,
            "failed" | "rejected" | "expired" => {
                let error = endpoint.last_error().and_then(|error| error.message());
                Self::Failed(error.or(endpoint.failure_reason()).unwrap_or(state).to_owned())
            }
            _ => Self::Underway(state.to_owned()),
        }
    }

    /// Whether it is deleted, or is being deleted.
    fn is_over(&self) -> bool {
        matches!(self, Self::Leaving | Self::Gone)
    }
}

/// Waits until an endpoint is available.
async fn ready(cx: &Context<'_>, id: &str) -> Result<()> {
    cx.wait(&format!("the endpoint {id} to become available"), async || {
        match look(cx, id).await?.as_ref().map(Stage::of) {
            Some(Stage::Ready) => Ok(Readiness::Ready(())),
            Some(Stage::Underway(state)) => Ok(Readiness::NotYet(state)),
            None => Ok(Readiness::NotYet("not visible yet".to_owned())),
            Some(Stage::Failed(reason)) => Err(Error::Failed { what: format!("the endpoint {id}"), reason }),
            Some(Stage::Leaving | Stage::Gone) => {
                let reason = "it is being deleted".to_owned();
                Err(Error::Failed { what: format!("the endpoint {id}"), reason })
            }
        }
    })
    .await
}

/// Describes the endpoint with this id.
async fn look(cx: &Context<'_>, id: &str) -> Result<Option<LiveEndpoint>> {
    match cx.aws.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send().await {
        Ok(answer) => Ok(answer.vpc_endpoints.unwrap_or_default().pop()),
        Err(error) => match Error::from(error) {
            error if error.is(GONE) => Ok(None),
            error => Err(error),
        },
    }
}
