//! Searching for all anchors at once.
//!
//! Bytes are lower-cased into a small buffer that stays in the cache and searched there: that is
//! several times faster than a case-insensitive automaton. Whatever overlaps is reported, anchors
//! inside anchors included.

use super::anchor::{AnchorKind, Anchors};
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, Input};

/// Bytes searched at a time.
const BLOCK: usize = 32 * 1024;
/// More anchors than this are past the packed searcher's strength.
const MAX_PACKED: usize = 100;

#[derive(Debug)]
pub(crate) struct AnchorIndex {
    anchors: Vec<Vec<u8>>,
    /// What each anchor means: the identifiers it serves.
    served: Vec<Vec<(usize, AnchorKind)>>,
    longest: usize,
    searcher: Engine,
}

#[derive(Debug)]
enum Engine {
    Nothing,
    Packed(Searcher),
    Automaton(Box<AhoCorasick>),
}

/// An anchor in the bytes searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnchorHit {
    pub anchor: usize,
    pub start: usize,
    pub end: usize,
}

impl AnchorIndex {
    pub(super) fn new(anchors: Anchors) -> Self {
        let (anchors, served): (Vec<_>, Vec<_>) = anchors.map.into_iter().unzip();
        let longest = anchors.iter().map(Vec::len).max().unwrap_or(0);
        let searcher = if anchors.is_empty() {
            Engine::Nothing
        } else {
            let packed = (anchors.len() <= MAX_PACKED)
                .then(|| packed::Config::new().builder().extend(&anchors).build())
                .flatten();
            match packed {
                Some(searcher) => Engine::Packed(searcher),
                None => AhoCorasick::new(&anchors)
                    .map_or(Engine::Nothing, |automaton| Engine::Automaton(Box::new(automaton))),
            }
        };
        Self { anchors, served, longest, searcher }
    }

    pub(crate) fn served(&self, anchor: usize) -> &[(usize, AnchorKind)] {
        &self.served[anchor]
    }

    /// Calls `found` for every anchor in `bytes`, in order of position. `scratch` is reused.
    pub(crate) fn search(
        &self,
        bytes: &[u8],
        scratch: &mut Vec<u8>,
        mut found: impl FnMut(AnchorHit),
    ) {
        let mut block = 0;
        while block < bytes.len() {
            let end = (block + BLOCK + self.longest).min(bytes.len());
            scratch.clear();
            scratch.extend_from_slice(&bytes[block..end]);
            scratch.make_ascii_lowercase();
            self.search_block(scratch, |hit| {
                // What begins in the overlap belongs to the next block.
                if hit.start < BLOCK {
                    found(AnchorHit { start: hit.start + block, end: hit.end + block, ..hit });
                }
            });
            block += BLOCK;
        }
    }

    fn search_block(&self, lower: &[u8], mut found: impl FnMut(AnchorHit)) {
        match &self.searcher {
            Engine::Nothing => {}
            Engine::Packed(searcher) => {
                let mut at = 0;
                while let Some(first) = searcher.find_in(lower, (at..lower.len()).into()) {
                    let start = first.start();
                    for (anchor, text) in self.anchors.iter().enumerate() {
                        if lower[start..].starts_with(text) {
                            found(AnchorHit { anchor, start, end: start + text.len() });
                        }
                    }
                    at = start + 1;
                }
            }
            Engine::Automaton(automaton) => {
                let Ok(matches) = automaton.try_find_overlapping_iter(Input::new(lower)) else {
                    return;
                };
                for hit in matches {
                    let anchor = hit.pattern().as_usize();
                    found(AnchorHit { anchor, start: hit.start(), end: hit.end() });
                }
            }
        }
    }
}
