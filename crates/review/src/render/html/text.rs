//! Text from outside. Maud escapes what is markup; here, control characters and those that change the direction of
//! text become visible.

use maud::{Markup, html};
use saas_files::render::plain::Plain;

use super::super::prose::{Piece, pieces};
use crate::words::short_digests;

/// A text in one line.
pub(super) fn plain(text: &str) -> String {
    Plain(text).to_string()
}

/// A text with short digests.
pub(super) fn short(text: &str) -> String {
    plain(&short_digests(text))
}

/// A text in which what is between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    let text = plain(text);
    html! {
        @for piece in pieces(&text) {
            @match piece {
                Piece::Text(text) => { (text) },
                Piece::Code(code) => { code { (code) } },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_no_markup() {
        let hostile = "</script><b> \"a\" `co<d>e` \u{202e}evil\u{7}";
        assert_eq!(
            prose(hostile).into_string(),
            "&lt;/script&gt;&lt;b&gt; &quot;a&quot; <code>co&lt;d&gt;e</code> \\u{202e}evil\\u{7}"
        );
        assert_eq!(
            html! { a title=(plain("\" onclick=\"x")) {} }.into_string(),
            "<a title=\"&quot; onclick=&quot;x\"></a>"
        );
    }
}
