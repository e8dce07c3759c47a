//! The newest cases, kept once more in one place: enough to fill a screen before the rest is read.

use super::file::{Bytes, Entry};
use super::row::{Block, CaseRow, ClockRow, Clocks, Rest, Row};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// So many: more than a screen has lines.
pub const NEWEST: usize = 200;

/// An index of its own, with a part of the rows of some of the tenants.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Newest {
    /// Engagements in the whole index.
    pub all: usize,
    pub entries: Vec<Entry>,
    /// One behind the other.
    pub blocks: Vec<u8>,
}

/// A row by its age, its tenant and its place there: the newest is the smallest.
type Place = (Reverse<i64>, usize, usize);

impl Newest {
    /// The newest of these tenants' rows. `block` gives a tenant's.
    ///
    /// # Errors
    /// A block cannot be written.
    pub(super) fn of(
        entries: &[Entry],
        block: &dyn Fn(usize) -> Option<Block>,
    ) -> Result<Self, postcard::Error> {
        let mut places: Vec<Place> = Vec::new();
        let mut windows = Vec::new();
        for (at, _) in entries.iter().enumerate() {
            let rows = block(at).map(|block| block.rest.rows).unwrap_or_default();
            let opened = rows.iter().enumerate().filter_map(|(row, known)| {
                Some((Reverse(known.case.as_ref()?.opened_at()), at, row))
            });
            places.extend(opened);
            if places.len() > 64 * NEWEST {
                keep_newest(&mut places);
            }
            // Consent is a matter of all cases of a tenant (CONS-8): the one that it hangs on goes
            // along, or a case would be shown without.
            let starts = rows.iter().map(|row| row.case.as_ref().and_then(CaseRow::window_start));
            let longest = starts.enumerate().filter_map(|(row, from)| Some((from?, row))).max();
            windows.push(longest.map(|(_, row)| row));
        }
        keep_newest(&mut places);
        places.sort_unstable_by_key(|(_, at, row)| (*at, *row));
        let mut newest =
            Self { all: entries.iter().map(|entry| entry.rows).sum(), ..Self::default() };
        for chosen in places.chunk_by(|(_, a, _), (_, b, _)| a == b) {
            let Some(&(_, at, _)) = chosen.first() else { continue };
            let Some(block) = block(at) else { continue };
            let is_chosen = |row: usize| {
                windows[at] == Some(row) || chosen.iter().any(|(_, _, other)| *other == row)
            };
            let Block { clocks, rest } = block;
            let mut places = (0..).map(is_chosen);
            let (clock_rows, rows): (Vec<ClockRow>, Vec<Row>) =
                std::iter::zip(clocks.rows, rest.rows)
                    .filter(|_| places.next() == Some(true))
                    .unzip();
            let count = rows.len();
            let block = Block {
                clocks: Clocks { listed: count, rows: clock_rows, ..Clocks::default() },
                rest: Rest { rows, ..Rest::default() },
            };
            let bytes = Bytes::of(&block)?;
            newest.entries.push(Entry::of(entries[at].head.clone(), count, &bytes));
            newest.blocks.extend_from_slice(bytes.all());
        }
        Ok(newest)
    }
}

fn keep_newest(places: &mut Vec<Place>) {
    if places.len() > NEWEST {
        places.select_nth_unstable(NEWEST);
        places.truncate(NEWEST);
    }
}
