//! A client-side token bucket, which schedules each call.
//!
//! It models the bucket of AWS. AWS may throttle nevertheless, because other callers use the same account
//! or because the rate differs from the published one. Then the bucket slows down by a factor, and
//! recovers a little with every accepted call.

use std::time::Duration;

use tokio::time::Instant;

use super::published::Limit;

/// The share of a rate that is used, so that varying clocks and latencies do not send a call too early.
const MARGIN: f64 = 0.99;
/// The factor by which a rate falls each time that AWS throttles.
const DECREASE: f64 = 0.8;
/// The share of the limit by which a rate recovers with each accepted call.
const RECOVERY: f64 = 0.02;
/// The upper bound of an unpublished rate, as a multiple of the assumed one.
const MAX_INCREASE: f64 = 10.0;
/// The lower bound of any rate.
const MIN_SHARE: f64 = 0.05;

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    limit: Limit,
    per_second: f64,
    /// The number of calls that may be sent now; below zero, the number that are scheduled for later.
    tokens: f64,
    last_refill: Instant,
    last_decrease: Option<Instant>,
}

impl Bucket {
    pub(super) fn full(limit: Limit, now: Instant) -> Self {
        // One call of the burst is reserved for clock differences.
        let tokens = (limit.burst - 1.0).max(1.0);
        Self { limit, per_second: limit.per_second * MARGIN, tokens, last_refill: now, last_decrease: None }
    }

    pub(super) const fn per_second(&self) -> f64 {
        self.per_second
    }

    /// The time at which the next call may be sent.
    pub(super) fn turn(&mut self, now: Instant) -> Instant {
        self.refill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { now } else { now + Duration::from_secs_f64(-self.tokens / self.per_second) }
    }

    /// Records that AWS throttled a call that was scheduled at `decided_at`. Only a call scheduled after the
    /// last slowdown is evidence about the present rate.
    pub(super) fn throttled(&mut self, decided_at: Instant, now: Instant) {
        self.refill(now);
        self.tokens = self.tokens.min(0.0);
        if self.last_decrease.is_none_or(|last_decrease| decided_at > last_decrease) {
            self.per_second = (self.per_second * DECREASE).max(self.limit.per_second * MIN_SHARE);
            self.last_decrease = Some(now);
        }
    }

    /// Records that AWS accepted a call.
    pub(super) fn accepted(&mut self) {
        let at_most = self.limit.per_second * if self.limit.published { MARGIN } else { MAX_INCREASE };
        // An assumed rate stays unchanged until AWS throttles for the first time.
        if self.last_decrease.is_some() {
            self.per_second = (self.per_second + self.limit.per_second * RECOVERY).min(at_most);
        }
    }

    fn refill(&mut self, now: Instant) {
        let gained = now.duration_since(self.last_refill).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min((self.limit.burst - 1.0).max(1.0));
        self.last_refill = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::published::limit;
    use super::*;

    /// The seconds from now at which each of `calls` calls may be sent.
    fn turns(bucket: &mut Bucket, now: Instant, calls: usize) -> Vec<f64> {
        (0..calls).map(|_| bucket.turn(now).duration_since(now).as_secs_f64()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn burst_is_sent_immediately_and_the_rest_at_the_rate() {
        let now = Instant::now();
        let mut bucket = Bucket::full(limit("ECS", "RegisterTaskDefinition"), now);
        let turns = turns(&mut bucket, now, 29);
        assert!(turns[..19].iter().all(|turn| *turn == 0.0), "{turns:?}");
        assert!((10.0..10.5).contains(&turns[28]), "ten more at one a second: {turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn rate_is_reduced_once_for_calls_sent_before_a_throttling_and_recovers() {
        let now = Instant::now();
        let later = now + Duration::from_secs(30);
        let mut bucket = Bucket::full(limit("EC2", "CreateSecurityGroup"), now);
        (0..10).for_each(|_| bucket.throttled(now, later));
        assert!((3.9..4.0).contains(&bucket.per_second()), "{}", bucket.per_second());
        assert!(bucket.turn(later) > later, "what AWS throttles is empty");
        bucket.throttled(later + Duration::from_secs(1), later + Duration::from_secs(2));
        assert!((3.1..3.2).contains(&bucket.per_second()), "{}", bucket.per_second());
        (0..100).for_each(|_| bucket.accepted());
        assert!((4.9..5.0).contains(&bucket.per_second()), "{}", bucket.per_second());
    }

    #[tokio::test(start_paused = true)]
    async fn call_is_sent_eventually_despite_repeated_throttling() {
        let mut now = Instant::now();
        let mut bucket = Bucket::full(limit("IAM", "CreateRole"), now);
        for _ in 0..100 {
            now += Duration::from_secs(1);
            bucket.throttled(now, now);
        }
        assert!(bucket.turn(now) <= now + Duration::from_secs(3));
    }

    /// AWS counts two actions together, which the client does not know.
    #[tokio::test(start_paused = true)]
    async fn rate_adapts_to_half_of_the_published_limit() {
        let start = Instant::now();
        let mut now = start;
        let mut bucket = Bucket::full(limit("ECS", "DeregisterTaskDefinition"), now);
        let (mut tokens, mut last_refill, mut left) = (20.0_f64, now, 120);
        let mut waiting: Vec<(Instant, Instant)> = (0..64).map(|_| (bucket.turn(now), now)).collect();
        while left > 0 {
            waiting.sort();
            let (turn, decided_at) = waiting.remove(0);
            now = now.max(turn);
            tokens = (tokens + (now - last_refill).as_secs_f64() * 0.5).min(20.0);
            last_refill = now;
            if tokens >= 1.0 {
                tokens -= 1.0;
                left -= 1;
                bucket.accepted();
            } else {
                bucket.throttled(decided_at, now);
            }
            waiting.push((bucket.turn(now), now));
        }
        let (took, floor) = ((now - start).as_secs_f64(), 200.0);
        assert!(took < floor * 1.3, "{took}");
    }
}
