//! The last lines of a log stream.

use crate::context::Context;
use crate::task_output::TaskOutput;

/// How many lines are read.
const LINES: i32 = 20;

/// How often to look for lines: the last ones of a container arrive after its end.
const LOOKS: usize = 3;

/// The last lines of a stream; none where it does not exist or cannot be read, because the failure that they
/// explain is worth more than that error.
pub(crate) async fn last_lines(cx: &Context<'_>, group: &str, stream: &str) -> TaskOutput {
    let mut pauses = cx.retry_policy.pauses();
    for look in 1..=LOOKS {
        let call = cx.aws.logs.get_log_events().log_group_name(group).log_stream_name(stream);
        let answer = call.start_from_head(false).limit(LINES).send().await;
        let events = answer.map(|answer| answer.events.unwrap_or_default()).unwrap_or_default();
        if !events.is_empty() || look == LOOKS || cx.pause(pauses.next()).await.is_break() {
            return TaskOutput::of(events.into_iter().filter_map(|event| event.message).collect());
        }
    }
    TaskOutput::default()
}
