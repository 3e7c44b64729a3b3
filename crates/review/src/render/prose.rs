//! Text in which what is between backticks is code.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Code(&'t str),
}

/// The pieces of a text, in order. A backtick without its like is left out.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let backticks = text.matches('`').count();
    text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty()).map(move |(index, piece)| {
        // The last piece is behind the last backtick.
        if index % 2 == 1 && index < backticks { Piece::Code(piece) } else { Piece::Text(piece) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_between_two_backticks() {
        let all: Vec<Piece<'_>> = pieces("a `b` c `d").collect();
        assert_eq!(all, [Piece::Text("a "), Piece::Code("b"), Piece::Text(" c "), Piece::Text("d")]);
    }
}
