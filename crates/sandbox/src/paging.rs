//! Pagination of lists, common to all services.

use crate::refusal::Refusal;

/// Returns at most `size` items after the token, and the token of the next page.
///
/// Items are in the order of their keys, and a token is the key of the last item of a page. So an item
/// that is created or deleted between two pages neither repeats nor hides another item.
///
/// # Errors
/// When the token is invalid, with the service's error code for it.
pub(crate) fn page<T>(
    items: impl IntoIterator<Item = (String, T)>,
    token: Option<&str>,
    size: usize,
    invalid_token: &'static str,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let after = token.map(|token| {
        let bytes = token.strip_prefix("page-").and_then(|key| hex::decode(key).ok());
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| Refusal::new(invalid_token, "The pagination token is not one that this service gave"))
    });
    let after = after.transpose()?;
    let mut items = items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).peekable();
    let mut page = Vec::new();
    let mut last = None;
    while page.len() < size.max(1)
        && let Some((key, item)) = items.next()
    {
        page.push(item);
        last = Some(key);
    }
    let next = items.peek().and(last).map(|key| format!("page-{}", hex::encode(key)));
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> impl Iterator<Item = (String, u32)> {
        [("a", 1), ("b", 2), ("c", 3)].into_iter().map(|(key, item)| (key.to_owned(), item))
    }

    #[test]
    fn every_item_is_on_one_page() {
        let (first, token) = page(items(), None, 2, "InvalidToken").expect("no token");
        assert_eq!(first, [1, 2]);
        let (second, token) = page(items(), token.as_deref(), 2, "InvalidToken").expect("a token that was given");
        assert_eq!((second, token), (vec![3], None));
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        assert_eq!(page(items(), None, 3, "InvalidToken").expect("no token").1, None);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        assert_eq!(page(items(), Some("x"), 2, "InvalidToken").expect_err("a foreign token").code, "InvalidToken");
    }
}
