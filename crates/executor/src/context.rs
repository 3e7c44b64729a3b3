//! The context of a resource provider: the clients, the plan, the observed state, and helpers to wait,
//! retry and report.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use saas_model::digest::Domain;
use saas_model::reference::OutputRef;
use saas_model::resource::{ReferenceTarget, ResourceSpec};
use saas_model::{Address, Attribute, Digest, Node, Plan, Ref, Template};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::apply::scope::Scope;
use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::event::{Event, Reporter};
use crate::postgres::Postgres;
use crate::retry_policy::RetryPolicy;
use crate::state::external_values::ExternalValue;
use crate::state::observed::{Identity, ObservedResource, ObservedState, TAG_RESOLVED_INPUTS, Tags};
use crate::state::tags_by_arn::TagIndex;
use tokio_util::sync::CancellationToken;

/// The context of a resource provider. It is cheap to copy; `at` is the address of the node it works on.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) postgres: &'a Postgres,
    pub(crate) plan: &'a Plan,
    pub(crate) live: &'a ObservedState,
    pub(crate) tag_index: &'a TagIndex,
    pub(crate) passwords: &'a Passwords,
    pub(crate) reporter: &'a dyn Reporter,
    /// The part of the platform that this run covers.
    pub(crate) scope: &'a Scope,
    /// An additional tag, with its values, that filters the listings of EC2.
    pub(crate) by_tag: Option<(&'a str, &'a [String])>,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) stop: &'a CancellationToken,
    pub(crate) at: Option<&'a Address>,
}

/// The state of a resource that changes in the background.
pub(crate) enum Readiness<T> {
    /// The resource reached the desired state.
    Ready(T),
    /// The resource is on its way; the text describes its present state.
    NotYet(String),
}

/// A transient error, and the reason for it.
///
/// AWS is eventually consistent: a resource that one service has just created may not be visible to
/// another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transient {
    /// The error code of AWS.
    pub(crate) code: &'static str,
    /// A part of the message, where the code alone is ambiguous; empty matches any message.
    pub(crate) message: &'static str,
    /// Why the error is transient, for the operator.
    pub(crate) why: &'static str,
}

/// Passwords that this run generated or read. They are wiped when it ends.
#[derive(Default)]
pub(crate) struct Passwords(Mutex<BTreeMap<Address, Zeroizing<String>>>);

impl Passwords {
    pub(crate) fn keep(&self, secret: &Address, password: Zeroizing<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.clone(), password);
    }

    pub(crate) fn get(&self, secret: &Address) -> Option<Zeroizing<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(secret).cloned()
    }
}

impl<'a> Context<'a> {
    /// This context, for the node at `address`.
    pub(crate) const fn at(self, address: &'a Address) -> Self {
        Self { at: Some(address), ..self }
    }

    /// The identity in AWS of the target of a reference.
    pub(crate) fn identity<T: ResourceSpec>(&self, reference: &Ref<T>) -> Result<Identity> {
        self.identity_at(reference.address())
    }

    /// The identity in AWS of the resource at an address.
    pub(crate) fn identity_at(&self, address: &Address) -> Result<Identity> {
        self.live.get(address).map(|found| found.identity).ok_or_else(|| Error::NotLive(address.clone()))
    }

    /// The id of the target of a reference.
    pub(crate) fn id<T: ResourceSpec>(&self, reference: &Ref<T>) -> Result<String> {
        self.identity(reference).map(|identity| identity.id)
    }

    /// The ids of the targets of references.
    pub(crate) fn ids<'r, T: ResourceSpec + 'r>(
        &self,
        references: impl IntoIterator<Item = &'r Ref<T>>,
    ) -> Result<Vec<String>> {
        references.into_iter().map(|reference| self.id(reference)).collect()
    }

    /// The ARN of the target of a reference.
    pub(crate) fn arn<T: ResourceSpec>(&self, reference: &Ref<T>) -> Result<String> {
        self.output(&OutputRef { address: reference.address().clone(), attribute: Attribute::Arn })
    }

    /// A template with the values from AWS resolved.
    pub(crate) fn text(&self, text: &Template) -> Result<String> {
        text.resolve(|output| self.output(output))
    }

    fn output(&self, output: &OutputRef) -> Result<String> {
        self.identity_at(&output.address)?
            .attribute(output.attribute)
            .map(str::to_owned)
            .ok_or_else(|| Error::NotLive(output.address.clone()))
    }

    /// A reference to the resource with this id in AWS, for fields read from AWS.
    pub(crate) fn reference<T: ResourceSpec>(&self, id: &str) -> Ref<T> {
        Ref::to(self.live.address_of(T::KIND, id))
    }

    /// The digest of the values that the references of a node resolve to now, and of the versions of the secrets
    /// and parameters outside of the plan that it injects.
    ///
    /// # Errors
    /// When one of them is not live.
    pub(crate) fn resolved_inputs(&self, node: &Node) -> Result<Digest> {
        let mut hasher = Domain::Bound.hasher();
        let mut missing = None;
        node.resource.references(&mut |reference| {
            let value = self.identity_at(reference.address).ok().and_then(|identity| match reference.target {
                // A resource that received the value of a secret depends on that very version.
                ReferenceTarget::Kind(_) => Some(match identity.version {
                    Some(version) => format!("{} {version}", identity.id),
                    None => identity.id,
                }),
                ReferenceTarget::Attribute(attribute) => identity.attribute(attribute).map(str::to_owned),
            });
            match value {
                Some(value) => drop(hasher.field(reference.address.as_str().as_bytes()).field(value.as_bytes())),
                None => missing = Some(reference.address.clone()),
            }
        });
        if let Some(address) = missing {
            return Err(Error::NotLive(address));
        }
        for value in ExternalValue::all_of(&node.resource) {
            let live = self.live.external(&value)?;
            hasher.field(live.arn.as_bytes()).field(live.version.as_bytes());
        }
        Ok(hasher.finish())
    }

    /// The tags of a resource that the call carrying them completes.
    pub(crate) fn tags(&self, node: &Node) -> Result<Tags> {
        let mut tags = self.plan.tags(node);
        tags.insert(TAG_RESOLVED_INPUTS.to_owned(), self.resolved_inputs(node)?.to_string());
        Ok(tags)
    }

    /// The tags of a resource that needs further calls. They omit the digest: it is the commit record,
    /// and is written last.
    pub(crate) fn tags_without_digest(&self, node: &Node) -> Tags {
        let mut tags = self.plan.tags(node);
        tags.remove(saas_model::plan::TAG_DIGEST);
        tags
    }

    /// An idempotency token of 64 characters. It is the same for the same node, the same fields and the
    /// same reference targets, so AWS recognises a repeated call, including one from an apply that was
    /// killed.
    ///
    /// The token covers the resolved references because their ids are parameters of the call. AWS refuses
    /// a known token with other parameters.
    ///
    /// # Errors
    /// When a target is not live.
    pub(crate) fn token(&self, node: &Node) -> Result<String> {
        let mut hasher = Domain::Token.hasher();
        hasher.field(self.plan.header().platform.as_str().as_bytes());
        hasher.field(node.address.as_str().as_bytes()).field(node.digest.as_bytes());
        hasher.field(self.resolved_inputs(node)?.as_bytes());
        Ok(hasher.finish().to_string())
    }

    /// Reports an event.
    pub(crate) fn report(&self, event: Event) {
        self.reporter.report(event);
    }

    /// Reports a retry, and why the error is transient.
    pub(crate) fn retrying(&self, why: &str) {
        if let Some(address) = self.at {
            self.report(Event::Retrying { address: address.clone(), why: why.to_owned() });
        }
    }

    /// Retries a call with growing pauses while it fails with a transient error, for at most five
    /// minutes.
    pub(crate) async fn retry<T>(&self, transients: &[Transient], call: impl AsyncFn() -> Result<T>) -> Result<T> {
        let timeout = Duration::from_secs(5 * 60).min(self.retry_policy.timeout);
        self.retry_for(timeout, transients, call).await
    }

    /// Like [`Self::retry`], with this timeout.
    pub(crate) async fn retry_for<T>(
        &self,
        timeout: Duration,
        transients: &[Transient],
        call: impl AsyncFn() -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        let mut pauses = self.retry_policy.pauses();
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let matching = transients
                .iter()
                .find(|transient| error.is(&[transient.code]) && error.to_string().contains(transient.message));
            let Some(matching) = matching.filter(|_| start.elapsed() < timeout) else { return Err(error) };
            self.retrying(matching.why);
            if self.pause(pauses.next()).await.is_break() {
                return Err(error);
            }
        }
    }

    /// Creates a resource with a call that takes no idempotency token, and never creates it twice.
    ///
    /// When the effect of an attempt is unknown, `look` decides: a resource that it returns was created
    /// by that attempt. `make` must use a client without retries of its own. The lease records the
    /// address before the first attempt and until the effect is known. So a run that follows a killed one
    /// checks as well.
    pub(crate) async fn create_idempotently<T>(
        &self,
        look: impl AsyncFn() -> Result<Option<T>>,
        make: impl AsyncFn() -> Result<T>,
    ) -> Result<T> {
        if let Some(address) = self.at {
            self.aws.lease.record_intent(address).await?;
        }
        let mut unknown = false;
        let made = self.create_with_retries(&mut unknown, look, make).await;
        if let Some(address) = self.at.filter(|_| made.is_ok() || !unknown) {
            self.aws.lease.resolve(address);
        }
        made
    }

    /// Like [`Self::create_idempotently`]; `unknown` is set when an attempt may have had its effect.
    async fn create_with_retries<T>(
        &self,
        unknown: &mut bool,
        look: impl AsyncFn() -> Result<Option<T>>,
        make: impl AsyncFn() -> Result<T>,
    ) -> Result<T> {
        const ATTEMPTS: usize = 8;
        let mut pauses = self.retry_policy.pauses();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match make().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            *unknown |= error.effect_unknown();
            // A throttled call had no effect, and was already retried until its timeout.
            if attempts == ATTEMPTS || !error.effect_unknown() {
                return Err(error);
            }
            self.retrying(&error.to_string());
            let stopped = self.pause(pauses.next()).await.is_break();
            if let Some(made) = self.until_visible(&look).await? {
                return Ok(made);
            }
            if stopped {
                return Err(error);
            }
        }
    }

    /// Waits for `pause`, or for the longest pause; breaks when cancellation is requested.
    pub(crate) async fn pause(&self, pause: Option<Duration>) -> ControlFlow<()> {
        tokio::select! {
            biased;
            () = sleep(pause.unwrap_or(self.retry_policy.longest)) => ControlFlow::Continue(()),
            () = self.stop.cancelled() => ControlFlow::Break(()),
        }
    }

    /// Polls for a resource that exists but may not be visible everywhere yet, as AWS is eventually
    /// consistent. Returns `None` when it does not become visible in time.
    pub(crate) async fn until_visible<T>(&self, look: impl AsyncFn() -> Result<Option<T>>) -> Result<Option<T>> {
        let start = Instant::now();
        let mut pauses = self.retry_policy.pauses();
        loop {
            if let Some(found) = look().await? {
                return Ok(Some(found));
            }
            if start.elapsed() >= self.retry_policy.visible_within || self.pause(pauses.next()).await.is_break() {
                return Ok(None);
            }
        }
    }

    /// Creates a resource with a unique name, or adopts the existing one when AWS reports that it exists.
    ///
    /// `look` returns the resource of that name with its tags; it is adopted when they contain our
    /// address.
    pub(crate) async fn create_or_adopt(
        &self,
        node: &Node,
        exists: &[&str],
        name: &str,
        make: impl AsyncFn() -> Result<Identity>,
        look: impl AsyncFn() -> Result<(Identity, Tags)>,
    ) -> Result<Identity> {
        let error = match make().await {
            Ok(identity) => return Ok(identity),
            Err(error) if error.is(exists) => error,
            Err(error) => return Err(error),
        };
        let found = self.until_visible(async || Ok(look().await.ok())).await?;
        let Some((identity, tags)) = found else { return Err(error) };
        let found = ObservedResource::by_tags(self.plan, node.kind(), identity.clone(), tags);
        if found.is_some_and(|found| found.address == node.address) {
            Ok(identity)
        } else {
            Err(Error::Taken { kind: node.kind().into(), name: name.to_owned() })
        }
    }

    /// Polls until a resource is ready.
    pub(crate) async fn wait<T>(&self, what: &str, look: impl AsyncFn() -> Result<Readiness<T>>) -> Result<T> {
        self.wait_for(self.retry_policy.timeout, what, look).await
    }

    /// Like [`Self::wait`], with this timeout.
    pub(crate) async fn wait_for<T>(
        &self,
        timeout: Duration,
        what: &str,
        look: impl AsyncFn() -> Result<Readiness<T>>,
    ) -> Result<T> {
        let start = Instant::now();
        let mut pauses = self.retry_policy.pauses();
        loop {
            let last = match look().await? {
                Readiness::Ready(value) => return Ok(value),
                Readiness::NotYet(last) => last,
            };
            let seconds = start.elapsed().as_secs();
            if start.elapsed() >= timeout {
                return Err(Error::Timeout { what: what.to_owned(), seconds, last });
            }
            if let Some(address) = self.at {
                let (what, last) = (what.to_owned(), last.clone());
                self.report(Event::Waiting { address: address.clone(), what, last, seconds });
            }
            if self.pause(pauses.next()).await.is_break() {
                return Err(Error::Interrupted { what: what.to_owned(), last });
            }
        }
    }
}
