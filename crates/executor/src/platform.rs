//! The platform of a session: its plan, and the connections to what is live of it.

use saas_model::Plan;

use crate::apply::scope::ALL;
use crate::aws::{Aws, AwsOptions};
use crate::context::{Context, Passwords};
use crate::event::{Event, Reporter};
use crate::lease::LeaseOptions;
use crate::observation::Observation;
use crate::options::Options;
use crate::postgres::Postgres;
use crate::retry_policy::RetryPolicy;
use tokio_util::sync::CancellationToken;

/// The plan, the connections, and the settings of a session.
pub(crate) struct Platform<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) aws: Aws,
    postgres: Postgres,
    passwords: Passwords,
    pub(crate) reporter: &'p dyn Reporter,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) lease: LeaseOptions,
    pub(crate) stop: CancellationToken,
}

impl<'p> Platform<'p> {
    /// Prepares the clients; makes no call yet.
    pub(crate) async fn connect(plan: &'p Plan, options: Options, reporter: &'p dyn Reporter) -> Self {
        let Options { aws, postgres, retry_policy, lease, stop } = options;
        let region = Some(plan.header().region.to_string());
        let aws = AwsOptions { region, throttling_timeout: Some(retry_policy.timeout), stop: stop.clone(), ..aws };
        let aws = Aws::connect(&aws).await;
        if postgres.virtual_time.is_some() {
            aws.lease.use_virtual_time();
        }
        let postgres = Postgres::new(postgres);
        Self { plan, aws, postgres, passwords: Passwords::default(), reporter, retry_policy, lease, stop }
    }

    /// The context of resource providers, with this observation as the live state.
    pub(crate) fn cx<'a>(&'a self, observation: &'a Observation) -> Context<'a> {
        Context {
            aws: &self.aws,
            postgres: &self.postgres,
            plan: self.plan,
            live: &observation.live,
            tag_index: &observation.tag_index,
            passwords: &self.passwords,
            reporter: self.reporter,
            scope: ALL,
            by_tag: None,
            retry_policy: self.retry_policy,
            stop: &self.stop,
            at: None,
        }
    }

    /// Reports a warning that concerns no single node.
    pub(crate) fn warn(&self, message: String) {
        self.reporter.report(Event::Warning { address: None, message });
    }
}
