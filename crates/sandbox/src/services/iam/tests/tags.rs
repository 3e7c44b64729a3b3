//! Tags of roles.

use super::{call, make, trust};
use crate::testing::{Bench, all};

fn tag(bench: &Bench, tags: &[(&str, &str)]) -> Result<String, String> {
    request(bench, "TagRole", &[("RoleName", "role")], tags)
}

fn request(bench: &Bench, action: &str, input: &[(&str, &str)], tags: &[(&str, &str)]) -> Result<String, String> {
    let named: Vec<(String, String)> = tags
        .iter()
        .zip(1..)
        .flat_map(|((key, value), number)| {
            [
                (format!("Tags.member.{number}.Key"), (*key).to_owned()),
                (format!("Tags.member.{number}.Value"), (*value).to_owned()),
            ]
        })
        .collect();
    let tags = named.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    call(bench, action, &input.iter().copied().chain(tags).collect::<Vec<_>>())
}

fn tags(bench: &Bench) -> Vec<(String, String)> {
    let listed = call(bench, "ListRoleTags", &[("RoleName", "role")]).expect("a list");
    all(&listed, "Key").into_iter().zip(all(&listed, "Value")).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_replaced_and_removed() {
    let bench = Bench::new();
    make(&bench, "role");
    tag(&bench, &[("a", "1"), ("b", "")]).expect("tags");
    tag(&bench, &[("a", "2")]).expect("a tag");
    assert_eq!(tags(&bench), [pair("a", "2"), pair("b", "")]);
    let input = [("RoleName", "role"), ("TagKeys.member.1", "A"), ("TagKeys.member.2", "none")];
    call(&bench, "UntagRole", &input).expect("a removal");
    assert_eq!(tags(&bench), [pair("b", "")]);
}

#[tokio::test(start_paused = true)]
async fn tag_keys_are_equal_regardless_of_case() {
    let bench = Bench::new();
    make(&bench, "role");
    tag(&bench, &[("Tenant", "1")]).expect("a tag");
    tag(&bench, &[("tenant", "2")]).expect("the same tag");
    assert_eq!(tags(&bench), [pair("tenant", "2")]);
    let twice = [("key", "1"), ("KEY", "2")];
    assert_eq!(tag(&bench, &twice), Err("InvalidInput".to_owned()));
    let input = [("RoleName", "new"), ("AssumeRolePolicyDocument", &*trust())];
    assert_eq!(request(&bench, "CreateRole", &input, &twice), Err("InvalidInput".to_owned()));
    assert_eq!(call(&bench, "GetRole", &input[..1]), Err("NoSuchEntity".to_owned()), "nothing was made");
}

#[tokio::test(start_paused = true)]
async fn malformed_tags_are_refused() {
    let bench = Bench::new();
    make(&bench, "role");
    for (key, value, code) in [
        ("", "v", "ValidationError"),
        (&*"k".repeat(129), "v", "ValidationError"),
        ("k", &*"v".repeat(257), "ValidationError"),
        ("k", "v;w", "ValidationError"),
        ("k*", "v", "ValidationError"),
        ("aws:k", "v", "InvalidInput"),
    ] {
        assert_eq!(tag(&bench, &[(key, value)]), Err(code.to_owned()), "{key}={value}");
    }
    assert_eq!(tag(&bench, &[]), Err("ValidationError".to_owned()));
    assert_eq!(tags(&bench), []);
}

#[tokio::test(start_paused = true)]
async fn a_role_has_at_most_50_tags() {
    let bench = Bench::new();
    make(&bench, "role");
    let keys: Vec<String> = (0..51).map(|number| format!("key-{number}")).collect();
    let many: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    assert_eq!(tag(&bench, &many), Err("ValidationError".to_owned()), "in one request");
    tag(&bench, &many[..50]).expect("fifty tags");
    assert_eq!(tag(&bench, &many[50..]), Err("LimitExceeded".to_owned()), "in all");
    tag(&bench, &many[..1]).expect("one that is there");
}
