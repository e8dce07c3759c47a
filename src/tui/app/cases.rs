//! The list of cases as it is searched and sorted: what costs time is made once, not at every key.

use crate::env;
use crate::model::Severity;
use crate::ops::case::CaseLine;
use crate::ops::status::Status;
use memchr::memmem;
use std::sync::OnceLock;
use std::thread;

/// So many lines are searched by one thread: starting another takes as long.
const ALONE: usize = if cfg!(test) { 8 } else { 10_000 };

/// The landing screen's data.
#[derive(Debug)]
pub struct CaseList {
    /// Newest first.
    pub lines: Vec<CaseLine>,
    /// `None` while only the newest lines are there, to have something to show.
    pub status: Option<Status>,
    /// How many there are in all.
    pub all: usize,
    text: OnceLock<Text>,
    orders: [OnceLock<Vec<u32>>; Sort::ALL.len()],
}

/// What the lines say in lower case, one after the other.
#[derive(Debug)]
struct Text {
    all: String,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Which letters each line has: a line that lacks one of a word's need not be searched.
    letters: Vec<Letters>,
}

/// A set of bytes: one bit for each letter and digit, and one for several others together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Letters(u64);

impl Letters {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(0, |all, &byte| {
            all | 1
                << match byte {
                    b'a'..=b'z' => byte - b'a',
                    b'0'..=b'9' => 26 + (byte - b'0'),
                    other => 36 + other % 28,
                }
        }))
    }

    fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Newest,
    Case,
    Title,
    Tenant,
    Status,
    Severity,
    Consent,
    Access,
    Due,
}

impl Sort {
    pub const ALL: [Self; 9] = [
        Self::Newest,
        Self::Case,
        Self::Title,
        Self::Tenant,
        Self::Status,
        Self::Severity,
        Self::Consent,
        Self::Access,
        Self::Due,
    ];

    /// The next in the row, from the last to the first.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The column that is sorted by, by its place in the table.
    #[must_use]
    pub const fn column(self) -> Option<usize> {
        (self as usize).checked_sub(1)
    }

    /// In words; reversed, the other way round.
    #[must_use]
    pub const fn in_words(self, reversed: bool) -> &'static str {
        match (self, reversed) {
            (Self::Newest, false) => "newest first",
            (Self::Newest, true) => "oldest first",
            (Self::Case, false) => "by id",
            (Self::Case, true) => "by id, from the last",
            (Self::Title, false) => "by title, from A",
            (Self::Title, true) => "by title, from Z",
            (Self::Tenant, false) => "by tenant, from A",
            (Self::Tenant, true) => "by tenant, from Z",
            (Self::Status, false) => "by status, open first",
            (Self::Status, true) => "by status, expunged first",
            (Self::Severity, false) => "by severity, the worst first",
            (Self::Severity, true) => "by severity, the mildest first",
            (Self::Consent, false) => "by consent, what expires soonest first",
            (Self::Consent, true) => "by consent, what expires soonest last",
            (Self::Access, false) => "by access, pending requests first",
            (Self::Access, true) => "by access, pending requests last",
            (Self::Due, false) => "by what is due, soonest first",
            (Self::Due, true) => "by what is due, soonest last",
        }
    }
}

impl CaseList {
    #[must_use]
    pub fn new(lines: Vec<CaseLine>, status: Status) -> Self {
        let (all, orders) = (lines.len(), std::array::from_fn(|_| OnceLock::new()));
        Self { lines, status: Some(status), all, text: OnceLock::new(), orders }
    }

    /// The newest alone, of so many.
    #[must_use]
    pub fn newest(lines: Vec<CaseLine>, all: usize) -> Self {
        let orders = std::array::from_fn(|_| OnceLock::new());
        Self { lines, status: None, all, text: OnceLock::new(), orders }
    }

    /// Makes everything that keys may ask for: on a thread that nobody waits for.
    pub fn prepare(&self) {
        self.text();
        for sort in Sort::ALL {
            let _ = self.order(sort);
        }
    }

    fn text(&self) -> &Text {
        self.text.get_or_init(|| {
            let mut all = String::with_capacity(self.lines.len() * 128);
            let mut ends = Vec::with_capacity(self.lines.len());
            for line in &self.lines {
                for part in line.words() {
                    if part.is_ascii() {
                        all.extend(part.chars().map(|c| c.to_ascii_lowercase()));
                    } else {
                        all.push_str(&part.to_lowercase());
                    }
                    all.push('\n');
                }
                ends.push(all.len());
            }
            let mut start = 0;
            let of = |end: &usize| {
                Letters::of(&all.as_bytes()[std::mem::replace(&mut start, *end)..*end])
            };
            let letters = ends.iter().map(of).collect();
            Text { all, ends, letters }
        })
    }

    /// The lines in this order, by index.
    #[must_use]
    pub fn order(&self, sort: Sort) -> &[u32] {
        self.orders[sort as usize].get_or_init(|| {
            let count = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
            let mut order: Vec<u32> = (0..count).collect();
            let line = |at: &u32| &self.lines[*at as usize];
            match sort {
                Sort::Newest => {}
                Sort::Case => order.sort_by(|a, b| line(a).id.cmp(&line(b).id)),
                Sort::Title => order.sort_by_cached_key(|at| line(at).title.to_lowercase()),
                Sort::Tenant => order.sort_by(|a, b| line(a).tenant.cmp(&line(b).tenant)),
                Sort::Status => order.sort_by_key(|at| match line(at).status {
                    "open" => 0,
                    "closed" => 1,
                    _ => 2,
                }),
                Sort::Severity => order.sort_by_key(|at| {
                    let severity = line(at).severity;
                    let place = Severity::ALL.iter().position(|known| Some(*known) == severity);
                    std::cmp::Reverse(place)
                }),
                Sort::Consent => order.sort_by_key(|at| {
                    let line = line(at);
                    let ends = line.consent_expires_at.filter(|_| line.consent == Some("active"));
                    (ends.is_none(), ends, line.consent != Some("active"))
                }),
                Sort::Access => order.sort_by_key(|at| {
                    std::cmp::Reverse((line(at).access_pending, line(at).access_approved))
                }),
                Sort::Due => order.sort_by_key(|at| {
                    let due = line(at).due.first().map(|due| due.at);
                    (due.is_none(), due)
                }),
            }
            order
        })
    }

    /// Which lines have all the words, wherever in them. `within`: no others are looked at.
    #[must_use]
    pub fn matching(&self, words: &str, within: Option<&[bool]>) -> Vec<bool> {
        let text = self.text();
        let words = words.to_lowercase();
        let mut words: Vec<&str> = words.split_whitespace().collect();
        // The longest word lets the fewest lines through.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut passing = match within {
            Some(within) => within.to_vec(),
            None => vec![true; self.lines.len()],
        };
        // A letter that most lines have takes a while: on all processors.
        let threads = if passing.len() > ALONE { env::processors() } else { 1 };
        let part = passing.len().div_ceil(threads).max(1);
        let parts = passing.chunks_mut(part).enumerate();
        let narrow = |(number, passing): (usize, &mut [bool])| {
            text.narrow(&words, number * part, passing, within.is_none());
        };
        thread::scope(|scope| {
            let mut parts = parts.collect::<Vec<_>>();
            let own = parts.pop();
            for other in parts {
                scope.spawn(move || narrow(other));
            }
            own.into_iter().for_each(narrow);
        });
        passing
    }
}

impl Text {
    fn start(&self, line: usize) -> usize {
        line.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn line(&self, at: usize) -> &[u8] {
        &self.all.as_bytes()[self.start(at)..self.ends[at]]
    }

    /// The line of the byte `at`, which is not before line `from`. It is near when many lines have a
    /// word, and far when few do: steps double.
    fn line_of(&self, at: usize, from: usize) -> usize {
        let (mut low, mut step) = (from, 1);
        while self.ends.get(low + step - 1).is_some_and(|end| *end <= at) {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.ends.len());
        low + self.ends[low..high].partition_point(|end| *end <= at)
    }

    /// Of the lines from `from` on, those that `passing` still lets through and that have all the
    /// words. `all`: it lets all of them through yet.
    fn narrow(&self, words: &[&str], from: usize, passing: &mut [bool], mut all: bool) {
        let known = &self.letters[from..from + passing.len()];
        for word in words {
            let all = std::mem::take(&mut all);
            let letters = Letters::of(word.as_bytes());
            if matches!(word.as_bytes(), [letter] if letter.is_ascii_alphanumeric()) {
                for (pass, line) in passing.iter_mut().zip(known) {
                    *pass &= line.contain(letters);
                }
                continue;
            }
            let finder = memmem::Finder::new(word);
            if all {
                self.with(&finder, from, passing);
                continue;
            }
            let candidates = passing.iter_mut().zip(known).enumerate();
            for (at, (pass, line)) in candidates.filter(|(_, (pass, _))| **pass) {
                *pass = line.contain(letters) && finder.find(self.line(from + at)).is_some();
            }
        }
    }

    /// Which of the lines from `from` on have the word, in one pass over their text.
    fn with(&self, finder: &memmem::Finder<'_>, from: usize, passing: &mut [bool]) {
        passing.fill(false);
        let text = &self.all.as_bytes()[..self.start(from + passing.len())];
        let (mut at, mut line) = (self.start(from), from);
        while let Some(found) = finder.find(&text[at..]) {
            line = self.line_of(at + found, line);
            passing[line - from] = true;
            at = self.ends[line];
            line += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Id;
    use proptest::prelude::*;

    fn line(number: usize, title: &str) -> CaseLine {
        let id = Id::new(format!("26{number:014}")).unwrap();
        let tenant = Id::new("contoso.com").unwrap();
        CaseLine { title: title.into(), status: "open", ..CaseLine::bare(tenant, id) }
    }

    proptest! {
        /// However it is looked for, what passes is what has all the words.
        #[test]
        fn a_filter_lets_through_what_has_all_words(
            titles in prop::collection::vec("[a-cA-C0-1Äß_ -]{0,12}", 0..40),
            words in prop::collection::vec("[a-c0-1äÄß_.-]{1,3}", 1..4),
        ) {
            let lines: Vec<CaseLine> =
                titles.iter().enumerate().map(|(number, title)| line(number, title)).collect();
            let words = words.join(" ");
            let expected: Vec<bool> =
                lines.iter().map(|line| crate::ops::case::matches_words(line, &words)).collect();
            let status = Status {
                workspace: String::new(),
                now: env::parse_time("2026-01-01T00:00:00Z").unwrap(),
                test_clock: false,
                tenants: 1,
                cases_open: 0,
                cases_closed: 0,
                cases_expunged: 0,
                access_pending: 0,
                access_approved: 0,
                dsr_open: 0,
                due: Vec::new(),
                problems: Vec::new(),
            };
            let list = CaseList::new(lines, status);
            prop_assert_eq!(&list.matching(&words, None), &expected);
            // Letter by letter, each within what the one before let through.
            let mut within: Option<Vec<bool>> = None;
            for end in (1..=words.len()).filter(|end| words.is_char_boundary(*end)) {
                within = Some(list.matching(&words[..end], within.as_deref()));
            }
            prop_assert_eq!(within.as_ref(), Some(&expected));
        }
    }
}
