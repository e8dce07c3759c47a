//! The list of cases as it is searched and sorted: what costs time is made once, not at every key.

use crate::model::Severity;
use crate::ops::case::CaseLine;
use crate::ops::status::Status;
use memchr::memmem;
use std::sync::OnceLock;

/// The landing screen's data.
#[derive(Debug)]
pub struct CaseList {
    /// Newest first.
    pub lines: Vec<CaseLine>,
    pub status: Status,
    text: OnceLock<Text>,
    orders: [OnceLock<Vec<u32>>; Sort::ALL.len()],
}

/// What the lines say in lower case, one after the other.
#[derive(Debug)]
struct Text {
    all: String,
    /// Where each line ends.
    ends: Vec<usize>,
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
        let orders = std::array::from_fn(|_| OnceLock::new());
        Self { lines, status, text: OnceLock::new(), orders }
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
            Text { all, ends }
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
        let mut first = within.is_none();
        for word in words {
            let finder = memmem::Finder::new(word);
            if std::mem::take(&mut first) {
                passing = text.with(&finder);
            } else {
                for (at, pass) in passing.iter_mut().enumerate().filter(|(_, pass)| **pass) {
                    *pass = finder.find(text.line(at)).is_some();
                }
            }
        }
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

    /// The lines with the word, in one pass over the whole text.
    fn with(&self, finder: &memmem::Finder<'_>) -> Vec<bool> {
        let mut passing = vec![false; self.ends.len()];
        let (mut from, mut line) = (0, 0);
        while let Some(found) = finder.find(&self.all.as_bytes()[from..]) {
            let at = from + found;
            // The next line is near when many have the word, and far when few do.
            line += self.ends[line..].partition_point(|end| *end <= at);
            passing[line] = true;
            from = self.ends[line];
            line += 1;
        }
        passing
    }
}
