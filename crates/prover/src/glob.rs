//! Patterns with `*` and `?` as sets of strings: whether a string matches, and whether any string
//! matches all patterns of one list and none of another.
//!
//! The second question is decided exactly. A pattern is an automaton without loops except at `*`.
//! All automata run in parallel, breadth first, over the characters that any pattern contains and
//! one that none contains. The result is therefore a shortest string.

use std::collections::{BTreeSet, HashMap};

/// The maximum number of explored states, after which a question counts as undecided.
const MOST_STATES: usize = 200_000;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Token {
    /// A literal character.
    Literal(char),
    /// `?`: any single character.
    One,
    /// `*`: any sequence of characters.
    Many,
    /// `?` within the first five parts of an ARN: any character except `:`.
    OneInPart,
    /// `*` within the first five parts of an ARN: any sequence without `:`.
    ManyInPart,
}

/// The question has too many cases to explore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the patterns have more than {MOST_STATES} cases")]
pub struct TooManyCases;

impl Glob {
    /// The strings that match `pattern`.
    #[must_use]
    pub fn like(pattern: &str) -> Self {
        Self::default().then_like(pattern)
    }

    /// The ARNs that match `pattern` part by part: in the first five of the six parts, `*` and `?`
    /// do not match `:`. `None` if the pattern has fewer parts.
    /// Source: IAM User Guide, "Amazon Resource Name (ARN) condition operators".
    #[must_use]
    pub fn arn_like(pattern: &str) -> Option<Self> {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut colons = 0;
        for c in pattern.chars() {
            tokens.push(match c {
                '*' if colons < 5 => Token::ManyInPart,
                '?' if colons < 5 => Token::OneInPart,
                '*' => Token::Many,
                '?' => Token::One,
                c => Token::Literal(c),
            });
            colons += usize::from(c == ':');
        }
        (colons >= 5).then_some(Self(tokens))
    }

    /// Matches this string only.
    #[must_use]
    pub fn exactly(text: &str) -> Self {
        Self::default().then_exactly(text)
    }

    /// Appends a pattern.
    #[must_use]
    pub fn then_like(mut self, pattern: &str) -> Self {
        self.0.extend(pattern.chars().map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Literal(c),
        }));
        self
    }

    /// Appends a literal string, in which `*` and `?` have no special meaning.
    #[must_use]
    pub fn then_exactly(mut self, text: &str) -> Self {
        self.0.extend(text.chars().map(Token::Literal));
        self
    }

    /// Whether `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let start = self.closed(vec![0]);
        let end = text.chars().fold(start, |positions, c| self.after(&positions, c));
        self.accepts(&end)
    }

    /// The literal prefix, up to the first `*` or `?`.
    #[must_use]
    pub fn literal_prefix(&self) -> String {
        self.0
            .iter()
            .map_while(|token| match token {
                Token::Literal(c) => Some(*c),
                _ => None,
            })
            .collect()
    }

    /// The positions in the pattern after reading `c`.
    fn after(&self, positions: &[usize], c: char) -> Vec<usize> {
        let next = positions.iter().filter_map(|&at| match self.0.get(at)? {
            Token::Literal(literal) => (*literal == c).then_some(at + 1),
            Token::One => Some(at + 1),
            Token::OneInPart => (c != ':').then_some(at + 1),
            Token::Many => Some(at),
            Token::ManyInPart => (c != ':').then_some(at),
        });
        self.closed(next.collect())
    }

    /// Adds the positions that are reachable without reading a character, because `*` matches the
    /// empty string.
    fn closed(&self, mut positions: Vec<usize>) -> Vec<usize> {
        let mut done = 0;
        while done < positions.len() {
            if let Some(Token::Many | Token::ManyInPart) = self.0.get(positions[done]) {
                positions.push(positions[done] + 1);
            }
            done += 1;
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    fn accepts(&self, positions: &[usize]) -> bool {
        positions.last() == Some(&self.0.len())
    }

    /// The characters that can come next; `None` if any character can.
    fn expects(&self, positions: &[usize]) -> Option<Vec<char>> {
        let literal = |&at: &usize| match self.0.get(at) {
            Some(Token::Literal(c)) => Some(Some(*c)),
            Some(_) => None,
            None => Some(None),
        };
        positions.iter().map(literal).collect::<Option<Vec<_>>>().map(|chars| chars.into_iter().flatten().collect())
    }
}

impl Default for Glob {
    /// Matches the empty string only.
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A shortest string that matches all of `include` and none of `exclude`; `None` if there is none.
///
/// # Errors
/// When the patterns have too many cases to decide.
pub fn find(include: &[Glob], exclude: &[Glob]) -> Result<Option<String>, TooManyCases> {
    let globs: Vec<&Glob> = include.iter().chain(exclude).collect();
    let alphabet = alphabet(&globs);
    let start: Vec<Vec<usize>> = globs.iter().map(|glob| glob.closed(vec![0])).collect();
    let found = |state: &[Vec<usize>]| {
        globs.iter().zip(state).enumerate().all(|(n, (glob, at))| glob.accepts(at) == (n < include.len()))
    };
    // Each state with its predecessor and the character between them.
    let mut states = vec![(start.clone(), 0, None)];
    let mut known = HashMap::from([(start, ())]);
    let mut next = 0;
    while let Some((state, _, _)) = states.get(next) {
        if found(state) {
            return Ok(Some(spelled(&states, next)));
        }
        let expected = include.iter().zip(state).find_map(|(glob, at)| glob.expects(at));
        let state = state.clone();
        for &c in expected.as_deref().unwrap_or(&alphabet) {
            let after: Vec<Vec<usize>> = globs.iter().zip(&state).map(|(glob, at)| glob.after(at, c)).collect();
            let dead = after[..include.len()].iter().any(Vec::is_empty);
            if dead || known.insert(after.clone(), ()).is_some() {
                continue;
            }
            if states.len() >= MOST_STATES {
                return Err(TooManyCases);
            }
            states.push((after, next, Some(c)));
        }
        next += 1;
    }
    Ok(None)
}

/// All characters that the patterns contain, after one that none of them contains.
fn alphabet(globs: &[&Glob]) -> Vec<char> {
    let mut mentioned: BTreeSet<char> = globs
        .iter()
        .flat_map(|glob| &glob.0)
        .filter_map(|token| match token {
            Token::Literal(c) => Some(*c),
            Token::OneInPart | Token::ManyInPart => Some(':'),
            Token::One | Token::Many => None,
        })
        .collect();
    let fresh = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('\u{4e00}'..).find(|c| !mentioned.contains(c));
    let fresh = fresh.into_iter().collect::<Vec<char>>();
    mentioned.extend(fresh.iter().copied());
    let rest = mentioned.into_iter().filter(|c| !fresh.contains(c));
    fresh.iter().copied().chain(rest).collect()
}

type State = (Vec<Vec<usize>>, usize, Option<char>);

fn spelled(states: &[State], mut at: usize) -> String {
    let mut characters = Vec::new();
    while let (_, before, Some(c)) = &states[at] {
        characters.push(*c);
        at = *before;
    }
    characters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last.iter().flat_map(|text| "ab:c".chars().map(move |c| format!("{text}{c}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn star_and_question_mark_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "a", true),
            ("a*b", "acb", true),
            ("a?b", "ab", false),
            ("a?b", "a:b", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(Glob::like(pattern).matches(text), expected, "{pattern} {text}");
        }
        assert!(Glob::exactly("a*").matches("a*") && !Glob::exactly("a*").matches("ab"));
    }

    #[test]
    fn arn_parts_are_compared_separately() {
        let matches = |pattern: &str, text: &str| Glob::arn_like(pattern).expect("six parts").matches(text);
        assert!(matches("arn:aws:iam::*:role/a", "arn:aws:iam::12:role/a"));
        assert!(!matches("arn:aws:*:role/a:*:*", "arn:aws:iam::12:role/a"));
        assert!(matches("arn:aws:ecs:x:12:*", "arn:aws:ecs:x:12:task:with:colons"));
        assert_eq!(Glob::arn_like("arn:aws:*"), None);
    }

    #[test]
    fn intersection_equals_brute_force() {
        let patterns = ["*", "a*", "*a", "a?b", "?", "??*", "a*b*", "*b", "ab", "*:*", "a:*"];
        let texts = texts(4);
        for one in patterns {
            for other in patterns {
                for not in patterns {
                    let [one, other, not] = [one, other, not].map(Glob::like);
                    let brute = texts.iter().any(|text| one.matches(text) && other.matches(text) && !not.matches(text));
                    let found = find(&[one.clone(), other.clone()], std::slice::from_ref(&not)).expect("few cases");
                    assert_eq!(found.is_some(), brute, "{one:?} {other:?} {not:?}");
                    if let Some(text) = found {
                        assert!(one.matches(&text) && other.matches(&text) && !not.matches(&text), "{text}");
                    }
                }
            }
        }
    }
}
