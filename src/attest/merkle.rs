//! The RFC 6962 Merkle tree: hashes, a root kept in logarithmic space, proofs and their checks.
//!
//! Proofs are built in one pass over the leaves in memory that does not grow with them: every
//! complete subtree passes by once as the [`Frontier`] grows, and a [`Prover`] keeps those it needs.

use super::Sha256;
use sha2::Digest;
use std::collections::HashMap;

/// The hash of a leaf: SHA-256(00 ‖ data) (RFC 9162 §2.1.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Sha256 {
    let mut hasher = sha2::Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    Sha256(hasher.finalize().into())
}

/// The hash of an inner node: SHA-256(01 ‖ left ‖ right) (RFC 9162 §2.1.1).
#[must_use]
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Sha256::of(&bytes)
}

/// The root of a list of leaves held in memory.
#[must_use]
pub fn root_of<T: AsRef<[u8]>>(leaves: impl IntoIterator<Item = T>) -> Sha256 {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(leaf_hash(leaf.as_ref()));
    }
    frontier.root()
}

/// The right edge of a growing tree: enough to append and to name the root at any time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, one for each bit set in `size`, largest first.
    nodes: Vec<Sha256>,
}

impl Frontier {
    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Sha256) {
        self.push_seen(leaf, &mut |_, _, _| {});
    }

    /// Appends a leaf and shows each complete subtree as it comes about: level (0 is a leaf),
    /// index within the level, hash.
    fn push_seen(&mut self, leaf: Sha256, seen: &mut dyn FnMut(u32, u64, Sha256)) {
        let (mut hash, mut level) = (leaf, 0);
        seen(0, self.size, hash);
        while self.size >> level & 1 == 1 {
            // A set bit has its node, so there is always one to take.
            if let Some(left) = self.nodes.pop() {
                hash = node_hash(&left, &hash);
            }
            level += 1;
            seen(level, self.size >> level, hash);
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    /// The root; of no leaves at all it is the hash of nothing (RFC 9162 §2.1.1).
    #[must_use]
    pub fn root(&self) -> Sha256 {
        let mut nodes = self.nodes.iter().rev();
        let Some(&last) = nodes.next() else { return Sha256::of(b"") };
        nodes.fold(last, |right, left| node_hash(left, &right))
    }
}

/// What to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The leaf at `index` is in the tree of `size` leaves.
    Inclusion { index: u64, size: u64 },
    /// The tree of `old` leaves is the beginning of the tree of `size` leaves.
    Consistency { old: u64, size: u64 },
}

impl Claim {
    /// Leaf ranges whose roots form the proof, in the proof's order; `None` for an impossible claim.
    fn ranges(self) -> Option<Vec<(u64, u64)>> {
        let mut ranges = Vec::new();
        match self {
            Self::Inclusion { index, size } if index < size => path(index, 0, size, &mut ranges),
            Self::Consistency { old, size } if 0 < old && old <= size => {
                subproof(old, 0, size, true, &mut ranges);
            }
            Self::Inclusion { .. } | Self::Consistency { .. } => return None,
        }
        Some(ranges)
    }
}

/// The largest power of two smaller than `size` (`size` > 1).
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// PATH of RFC 9162 §2.1.3.1 over leaves `start..end`, `index` counted from `start`.
fn path(index: u64, start: u64, end: u64, ranges: &mut Vec<(u64, u64)>) {
    if end - start <= 1 {
        return;
    }
    let middle = start + split(end - start);
    if start + index < middle {
        path(index, start, middle, ranges);
        ranges.push((middle, end));
    } else {
        path(start + index - middle, middle, end, ranges);
        ranges.push((start, middle));
    }
}

/// SUBPROOF of RFC 9162 §2.1.4.1 over leaves `start..end`, `old` counted from `start`.
fn subproof(old: u64, start: u64, end: u64, whole: bool, ranges: &mut Vec<(u64, u64)>) {
    if old == end - start {
        if !whole {
            ranges.push((start, end));
        }
        return;
    }
    let middle = start + split(end - start);
    if start + old <= middle {
        subproof(old, start, middle, whole, ranges);
        ranges.push((middle, end));
    } else {
        subproof(start + old - middle, middle, end, false, ranges);
        ranges.push((start, middle));
    }
}

/// The complete subtrees that make up `start..end`, largest first. `start` is a multiple of the
/// largest: so it is for every range of a proof.
fn subtrees(start: u64, end: u64) -> Vec<(u32, u64)> {
    let (mut at, mut nodes) = (start, Vec::new());
    while at < end {
        let level = 63 - (end - at).leading_zeros();
        nodes.push((level, at >> level));
        at += 1 << level;
    }
    nodes
}

/// Collects the nodes of several proofs while the leaves pass by once.
#[derive(Debug, Default)]
pub struct Prover {
    frontier: Frontier,
    nodes: HashMap<(u32, u64), Option<Sha256>>,
}

impl Prover {
    /// Asks for a proof before the leaves are pushed. `false` for an impossible claim.
    pub fn want(&mut self, claim: Claim) -> bool {
        let Some(ranges) = claim.ranges() else { return false };
        for (start, end) in ranges {
            self.nodes.extend(subtrees(start, end).into_iter().map(|node| (node, None)));
        }
        true
    }

    pub fn push(&mut self, leaf: Sha256) {
        let nodes = &mut self.nodes;
        self.frontier.push_seen(leaf, &mut |level, index, hash| {
            if let Some(slot) = nodes.get_mut(&(level, index)) {
                *slot = Some(hash);
            }
        });
    }

    /// The tree so far.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// A proof that was asked for; `None` before all its leaves passed, or if it was not.
    #[must_use]
    pub fn proof(&self, claim: Claim) -> Option<Vec<Sha256>> {
        let root = |(start, end): (u64, u64)| {
            let nodes: Option<Vec<Sha256>> = subtrees(start, end)
                .iter()
                .map(|node| self.nodes.get(node).copied().flatten())
                .collect();
            nodes?.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
        };
        claim.ranges()?.into_iter().map(root).collect()
    }
}

/// Checks an inclusion proof by the loop of RFC 9162 §2.1.3.2.
#[must_use]
pub fn verify_inclusion(
    leaf: Sha256,
    index: u64,
    size: u64,
    proof: &[Sha256],
    root: &Sha256,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Checks a consistency proof by the loop of RFC 9162 §2.1.4.2. Trees of equal size need no proof,
/// only equal roots; an empty old tree is a beginning of every tree and has nothing to prove.
#[must_use]
pub fn verify_consistency(
    old: u64,
    old_root: &Sha256,
    size: u64,
    root: &Sha256,
    proof: &[Sha256],
) -> bool {
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == Sha256::of(b"");
    }
    let mut steps = proof.iter().copied();
    // A complete old tree is its own first node, and the proof leaves it out.
    let first = if old.is_power_of_two() { Some(*old_root) } else { steps.next() };
    let (Some(first), true) = (first, old < size && !proof.is_empty()) else { return false };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(&step, &old_hash);
            hash = node_hash(&step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, &step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::hex;
    use super::*;

    /// The eight leaves of the Certificate Transparency reference implementation's test tree.
    fn public_leaves() -> Vec<Vec<u8>> {
        vec![
            vec![],
            vec![0x00],
            vec![0x10],
            vec![0x20, 0x21],
            vec![0x30, 0x31],
            vec![0x40, 0x41, 0x42, 0x43],
            (0x50..0x58).collect(),
            (0x60..0x70).collect(),
        ]
    }

    /// Their roots after each leaf.
    const PUBLIC_ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn root_slow(leaves: &[Vec<u8>]) -> Sha256 {
        match leaves {
            [] => Sha256::of(b""),
            [one] => leaf_hash(one),
            many => {
                let middle = usize::try_from(split(many.len() as u64)).unwrap();
                node_hash(&root_slow(&many[..middle]), &root_slow(&many[middle..]))
            }
        }
    }

    #[test]
    fn the_public_vectors_hold() {
        assert_eq!(
            root_of(Vec::<Vec<u8>>::new()).to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let leaves = public_leaves();
        for (count, expected) in PUBLIC_ROOTS.iter().enumerate() {
            assert_eq!(root_of(&leaves[..=count]).to_string(), *expected);
        }
        // PATH(5, D[8]) and PROOF(6, D[8]) of the same vectors.
        let mut prover = Prover::default();
        let (inclusion, consistency) =
            (Claim::Inclusion { index: 5, size: 8 }, Claim::Consistency { old: 6, size: 8 });
        assert!(prover.want(inclusion) && prover.want(consistency));
        for leaf in &leaves {
            prover.push(leaf_hash(leaf));
        }
        let hexes =
            |proof: Vec<Sha256>| proof.iter().map(|h| hex::encode(&h.0)).collect::<Vec<_>>();
        assert_eq!(
            hexes(prover.proof(inclusion).unwrap()),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(
            hexes(prover.proof(consistency).unwrap()),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_and_no_altered_one_does() {
        let leaves: Vec<Vec<u8>> = (0..65u8).map(|n| vec![n; usize::from(n)]).collect();
        for size in 1..=leaves.len() {
            let slow = root_slow(&leaves[..size]);
            assert_eq!(root_of(&leaves[..size]), slow);
            let size = size as u64;
            let mut prover = Prover::default();
            for n in 0..size {
                assert!(prover.want(Claim::Inclusion { index: n, size }));
                assert!(prover.want(Claim::Consistency { old: n + 1, size }));
            }
            leaves[..usize::try_from(size).unwrap()].iter().for_each(|l| prover.push(leaf_hash(l)));
            for n in 0..size {
                let at = usize::try_from(n).unwrap();
                let leaf = leaf_hash(&leaves[at]);
                let proof = prover.proof(Claim::Inclusion { index: n, size }).unwrap();
                assert!(verify_inclusion(leaf, n, size, &proof, &slow));
                assert!(!verify_inclusion(leaf, n + 1, size, &proof, &slow));
                assert!(!verify_inclusion(leaf_hash(b"other"), n, size, &proof, &slow));
                let old_root = root_slow(&leaves[..=at]);
                let steps = prover.proof(Claim::Consistency { old: n + 1, size }).unwrap();
                assert!(verify_consistency(n + 1, &old_root, size, &slow, &steps));
                let wrong = leaf_hash(b"wrong");
                assert!(!verify_consistency(n + 1, &wrong, size, &slow, &steps));
                for proof in [&proof, &steps] {
                    let mut longer = proof.clone();
                    longer.push(wrong);
                    assert!(!verify_inclusion(leaf, n, size, &longer, &slow));
                    assert!(!verify_consistency(n + 1, &old_root, size, &slow, &longer));
                }
                for step in 0..proof.len() {
                    let mut altered = proof.clone();
                    altered[step].0[7] ^= 1;
                    assert!(!verify_inclusion(leaf, n, size, &altered, &slow));
                }
                for step in 0..steps.len() {
                    let mut altered = steps.clone();
                    altered[step].0[7] ^= 1;
                    assert!(!verify_consistency(n + 1, &old_root, size, &slow, &altered));
                }
            }
        }
    }

    #[test]
    fn impossible_claims_have_no_proof() {
        let mut prover = Prover::default();
        assert!(!prover.want(Claim::Inclusion { index: 3, size: 3 }));
        assert!(!prover.want(Claim::Consistency { old: 4, size: 3 }));
        assert!(!prover.want(Claim::Consistency { old: 0, size: 3 }));
    }
}
