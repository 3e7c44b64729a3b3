//! What each kind declares for the code that handles resources of any kind. Every field is stated by every
//! kind, so a new question about kinds does not compile until all of them answer it.

use futures::future::LocalBoxFuture;
use saas_model::{Address, Kind, Resource};

use super::calls::ApiCalls;
use super::naming::Naming;
use crate::context::Context;
use crate::error::Result;
use crate::state::observed::ObservedResource;

/// What a kind declares.
pub(crate) struct Declaration {
    /// The kinds that a resource may depend on beyond those that its fields refer to. They are created before
    /// it, and cannot be deleted while it exists. Source: the guides of each service; an API that is called
    /// too early returns `DependencyViolation`, `ResourceInUse` or the like.
    pub(crate) needs: &'static [Kind],
    /// How many operations run concurrently.
    pub(crate) concurrency: Concurrency,
    /// What identifies a live resource.
    pub(crate) identification: Identification,
    /// Where its name, or another property that others may have taken, is unique.
    pub(crate) unique_within: UniqueWithin,
    /// How late its listing may be.
    pub(crate) listing: Listing,
    /// Where the digest of a completed resource is.
    pub(crate) commit_record: CommitRecord,
    /// The type in the Resource Groups Tagging API, if the listing of the kind takes its tags from there.
    pub(crate) tagging_type: Option<&'static str>,
    /// The deletion protection, if AWS has one that `saas destroy` can switch off.
    pub(crate) deletion_protection: Option<DeletionProtection>,
    /// Whether AWS keeps snapshots of a deleted resource, which can be restored under its name.
    pub(crate) has_snapshots: bool,
    /// The API calls that the provider makes.
    pub(crate) calls: ApiCalls,
}

/// How many operations of a kind run concurrently.
///
/// The limit on AWS calls is their rate ([`crate::aws::rates`]). The widths only keep the queues for it
/// short, so that a step that others depend on does not queue behind many earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concurrency {
    /// In PostgreSQL, all kinds one after the other: concurrent grants fail with `tuple concurrently updated`.
    Postgres,
    /// In AWS, so many creations and updates, and so many deletions.
    Aws { creations: usize, deletions: usize },
}

impl Concurrency {
    /// At one or two seconds for a step, more than all bursts and rates.
    pub(crate) const WIDE: Self = Self::Aws { creations: 64, deletions: 64 };
}

/// What identifies a live resource as the one of an address.
pub(crate) enum Identification {
    /// Its name, by which AWS describes it.
    Name(Naming),
    /// Its tags: AWS assigns an id and lists by tags. An address has only one such resource, because the old
    /// one is deleted before the new one is created. So only a run that was killed leaves a second.
    Tags,
    /// Its tags and the resource that it is a part of.
    Part(Part),
    /// A property that the plan determines, or a record in the database.
    Property,
}

/// A part of another resource.
pub(crate) struct Part {
    /// The address of the other resource.
    pub(crate) container: fn(&Resource) -> Option<&Address>,
    /// How parts are listed.
    pub(crate) listing: PartListing,
    /// The kind of resource that AWS deletes together with its parts, so that these need no call.
    pub(crate) deleted_with: Option<Kind>,
}

/// How the parts of a resource are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartListing {
    /// Only those with a tag.
    ByTags,
    /// All parts of a container.
    OfContainer,
}

/// Where a name, or another property that others may have taken, is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UniqueWithin {
    /// All accounts of the partition.
    Partition,
    /// The account.
    Account,
    /// The account and the Region.
    Region,
    /// One of the platform's own resources: its network, cluster, load balancer, listener or database.
    Container,
    /// Nothing: AWS assigns an id.
    Nothing,
}

/// How late a listing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// AWS shows every change within half a minute, and every writing command waits that long.
    Prompt,
    /// The service, or the index of tags, lists new resources late.
    Late,
    /// The listing lacks new resources, and still has deleted ones, for minutes.
    LateByMinutes,
}

/// Where the digest of a completed resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitRecord {
    /// In its tags.
    Tags,
    /// In a comment in the database.
    Comment,
    /// Nowhere: the service does not return tags reliably, so equal fields are the only evidence.
    Fields,
}

/// A deletion protection.
pub(crate) struct DeletionProtection {
    /// What a [`Blocker`](crate::state::blocker::Blocker) says that reports it.
    pub(crate) blocker: &'static str,
    /// Whether it is on, according to the fields.
    pub(crate) is_on: fn(&Resource) -> bool,
    /// Switches it off.
    pub(crate) switch_off: for<'a> fn(&'a Context<'a>, &'a ObservedResource) -> LocalBoxFuture<'a, Result<()>>,
}

impl Declaration {
    /// Whether its record is in PostgreSQL, which may be out of reach while AWS answers.
    pub(crate) fn is_in_postgres(&self) -> bool {
        self.commit_record == CommitRecord::Comment
    }

    /// Whether AWS lists the resources only by their tags.
    pub(crate) const fn is_found_by_tags_alone(&self) -> bool {
        match &self.identification {
            Identification::Tags => true,
            Identification::Part(part) => matches!(part.listing, PartListing::ByTags),
            Identification::Name(_) | Identification::Property => false,
        }
    }

    /// The names, if the kind has any.
    pub(crate) const fn naming(&self) -> Option<&Naming> {
        match &self.identification {
            Identification::Name(naming) => Some(naming),
            Identification::Tags | Identification::Part(_) | Identification::Property => None,
        }
    }

    /// What the resources are parts of, if they are.
    pub(crate) const fn part(&self) -> Option<&Part> {
        match &self.identification {
            Identification::Part(part) => Some(part),
            Identification::Tags | Identification::Name(_) | Identification::Property => None,
        }
    }
}
