//! Suggestions for misspelled words.

/// The candidate nearest to `text`, if it is near enough to be a typo: at most a third of the
/// characters may differ, and a transposition counts once. Case is ignored.
pub(crate) fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    let most = (text.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&text, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        // Of several equally near candidates, the first; the result depends on nothing else.
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance: the number of insertions, deletions, replacements and
/// transpositions of neighbours that turn one text into the other.
pub(crate) fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &left) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, &right) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            let mut least = replaced.min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && left == to[column - 1] && from[row - 1] == right {
                let transposed: &Vec<usize> = &before;
                least = least.min(transposed[column - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (from, to, expected) in
            [("", "", 0), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("esat", "east", 1)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn only_near_candidates_are_suggested() {
        let keys = ["cost_center", "domain", "region"];
        assert_eq!(nearest("cost_centre", keys), Some("cost_center"));
        assert_eq!(nearest("Region", keys), Some("region"));
        assert_eq!(nearest("reigon", keys), Some("region"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
