//! The addresses in target groups that receive requests.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use futures::{StreamExt, TryStreamExt, stream};

use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::providers::elb::GONE;
use crate::state::observed::ObservedResource;

/// How many target groups are described at a time.
const CONCURRENCY: usize = 8;

/// The addresses that receive requests, by the ARN of their target group.
pub(crate) async fn registered(
    cx: &Context<'_>,
    groups: &[ObservedResource],
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let asked = stream::iter(groups).map(async |group| {
        let arn = &group.identity.id;
        let answer = cx.aws.elb.describe_target_health().target_group_arn(arn).send().await.map_err(Error::from);
        let targets = unless_gone(answer, GONE)?.and_then(|answer| answer.target_health_descriptions);
        let receives = |state: Option<&TargetHealthStateEnum>| {
            !matches!(state, Some(TargetHealthStateEnum::Draining | TargetHealthStateEnum::Unused))
        };
        let targets = targets.unwrap_or_default().into_iter();
        let live = targets.filter(|target| receives(target.target_health().and_then(|health| health.state())));
        let ids = live.filter_map(|target| Some(target.target()?.id()?.to_owned())).collect();
        Ok::<_, Error>((arn.clone(), ids))
    });
    asked.buffered(CONCURRENCY).try_collect().await
}
