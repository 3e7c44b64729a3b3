//! Subscription filters of the platform's log groups: the destination of one can read a tenant's logs.

use futures::{StreamExt, TryStreamExt, stream};
use saas_model::resource::Kind;

use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::state::exposure::Exposure;

/// How many groups are asked at a time.
const CONCURRENCY: usize = 4;

/// The filters of the groups within the scope. saas creates none.
pub(crate) async fn of_groups(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let groups = cx.live.of_kind(Kind::LogGroup).into_iter().filter(|group| cx.scope.covers(&group.address));
    let asked = stream::iter(groups).map(async |group| {
        let name = &group.identity.id;
        let answer = cx.aws.logs.describe_subscription_filters().log_group_name(name).send().await;
        let answer = unless_gone(answer.map_err(Error::from), &["ResourceNotFoundException"])?;
        // A group has at most two, which are on one page. Source: CloudWatch Logs API, `PutSubscriptionFilter`.
        let filters = answer.and_then(|answer| answer.subscription_filters).unwrap_or_default();
        let exposures = filters.into_iter().map(|filter| {
            let id = filter.filter_name.unwrap_or_default();
            let what = format!(
                "this subscription filter sends the events of the log group to {}",
                filter.destination_arn.unwrap_or_default()
            );
            let remedy =
                format!("delete it: aws logs delete-subscription-filter --log-group-name {name} --filter-name {id}");
            Exposure::new((&group.address, group.kind), id, what, remedy)
        });
        Ok::<_, Error>(exposures.collect::<Vec<_>>())
    });
    let found: Vec<Vec<Exposure>> = asked.buffered(CONCURRENCY).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
