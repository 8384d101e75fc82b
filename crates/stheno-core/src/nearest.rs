//! The nearest known word to a misspelt one.

/// The candidate nearest to `word`, if one is near enough to be meant: at most a third of its letters differ, and never
/// more than three.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The candidate that differs from `word` in one letter at most (one too many, one missing, another one, or two that changed places),
/// or only in case: a slip, where many other words are about and [`nearest`] would find too much.
pub(crate) fn nearest_slip<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.filter(|candidate| candidate.len().abs_diff(word.len()) <= 1);
    let measured = near.map(|candidate| (distance(word, candidate), candidate));
    measured.filter(|(distance, _)| *distance <= 1).min().map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) between two words, without regard to case.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let replaced = previous[j] + usize::from(a != b);
            let mut best = replaced.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_a_stranger_does_not() {
        let known = ["order.placed", "order.canceled", "id", "no_notification"];
        let find = |word| nearest(word, known.into_iter());
        assert_eq!(find("order.place"), Some("order.placed"));
        assert_eq!(find("order.cancelled"), Some("order.canceled"));
        assert_eq!(find("no_notificaton"), Some("no_notification"));
        assert_eq!(find("di"), Some("id"));
        assert_eq!(find("loyalty.earned"), None);
    }

    #[test]
    fn a_slip_is_one_letter() {
        let find = |word| nearest_slip(word, ["STHENO_URL"].into_iter());
        for slip in ["STHNO_URL", "SHTENO_URL", "STHENO__URL", "stheno_url", "STHENOURL", "STHENO_URI"] {
            assert_eq!(find(slip), Some("STHENO_URL"), "{slip}");
        }
        assert_eq!((find("ATHENA_URL"), find("URL")), (None, None));
    }
}
