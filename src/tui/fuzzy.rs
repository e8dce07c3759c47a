//! How well a few typed letters fit a name: all of them in order, better at the beginnings of words
//! and side by side.

/// The fit of `typed` to `name`, higher is better; `None` where a letter is missing. Spaces are passed
/// over, case does not count.
#[must_use]
pub fn fit(typed: &str, name: &str) -> Option<i32> {
    let typed: Vec<char> = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    // From each place where the first letter stands; names are short.
    let first = *typed.first()?;
    let starts = name.iter().enumerate().filter(|(_, c)| same(**c, first)).map(|(at, _)| at);
    starts.filter_map(|start| fit_from(&typed, &name, start)).max()
}

fn same(a: char, b: char) -> bool {
    a == b || b.to_lowercase().eq([a])
}

fn fit_from(typed: &[char], name: &[char], start: usize) -> Option<i32> {
    let (mut at, mut score, mut last) = (start, 0, None);
    for letter in typed {
        let found = name[at..].iter().position(|c| same(*c, *letter))? + at;
        let begins = found == 0 || !name[found - 1].is_alphanumeric();
        let beside = last.is_some_and(|last| last + 1 == found);
        score += match (beside, begins) {
            (true, _) => 8,
            (false, true) => 6,
            (false, false) => 1,
        };
        last = Some(found);
        at = found + 1;
    }
    // Of equal ones the one that begins sooner, then the shorter.
    let late = i32::try_from(start.min(20)).unwrap_or(20);
    let long = i32::try_from(name.len().min(60)).unwrap_or(60) / 10;
    Some(score * 10 - late - long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_in_order_and_beginnings_win() {
        assert_eq!(fit("xyz", "request access"), None);
        assert_eq!(fit("", "request"), None);
        assert!(fit("ra", "request access") > fit("ra", "refresh a screen that stands"));
        assert!(fit("ver", "verify") > fit("ver", "every entry"));
        assert!(fit("LOG", "the attestation log").is_some());
    }
}
