//! Managed prefix lists of AWS, for the services with gateway endpoints.

use super::filter::Filters;
use super::listing::{LONGEST, paged};
use crate::services::prelude::*;

/// The prefix list of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrefixList {
    pub(crate) id: &'static str,
    /// The name, which is the name of the service: `com.amazonaws.us-east-1.s3`.
    pub(crate) name: String,
    cidrs: &'static [&'static str],
}

/// The prefix lists. Their ids are those of us-east-1, and each contains some of its ranges there.
pub(super) fn all(cloud: &Cloud) -> [PrefixList; 2] {
    let name = |service: &str| format!("com.amazonaws.{}.{service}", cloud.account.region);
    [
        PrefixList { id: "pl-02cd2c6b", name: name("dynamodb"), cidrs: &["52.94.0.0/22", "52.119.224.0/20"] },
        PrefixList { id: "pl-63a5400a", name: name("s3"), cidrs: &["3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"] },
    ]
}

/// The list with an id.
pub(super) fn find(cloud: &Cloud, id: &str) -> Result<PrefixList, Refusal> {
    let found = all(cloud).into_iter().find(|list| list.id == id);
    found.ok_or_else(|| {
        Refusal::new("InvalidPrefixListId.NotFound", format!("The prefix list ID '{id}' does not exist"))
    })
}

/// `DescribePrefixLists`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let filters = Filters::of(input, &["prefix-list-id", "prefix-list-name"])?;
    let ids = input.texts("PrefixListId");
    ids.iter().try_for_each(|id| find(cloud, id).map(drop))?;
    let lists = all(cloud).into_iter().filter(|list| ids.is_empty() || ids.iter().any(|id| id == list.id));
    let items = lists.map(|list| {
        let item = vec![
            xml::text("prefixListId", list.id),
            xml::text("prefixListName", &list.name),
            xml::texts("cidrSet", "item", list.cidrs),
        ];
        (list.id.to_owned(), item)
    });
    paged(input, "prefixListSet", LONGEST, items.filter(|(_, item)| filters.admit(item, |_| Vec::new())))
}
