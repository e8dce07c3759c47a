//! The tree against an independent implementation (ct-merkle): same roots, same proofs to the byte.

use crate::attest::Sha256;
use crate::attest::merkle::{Claim, Prover, leaf_hash, verify_consistency, verify_inclusion};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};

type Peer = MemoryBackedTree<sha2::Sha256, Vec<u8>>;
type PeerRoot = RootHash<sha2::Sha256>;

const SIZES: u64 = 130;

fn steps(bytes: &[u8]) -> Vec<Sha256> {
    bytes.chunks(32).map(|chunk| Sha256(chunk.try_into().unwrap())).collect()
}

fn bytes(steps: &[Sha256]) -> Vec<u8> {
    steps.iter().flat_map(|step| step.0).collect()
}

fn at(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

#[test]
fn roots_and_proofs_of_all_trees_to_130_leaves_are_those_of_another_implementation() {
    let leaves: Vec<Vec<u8>> = (0..SIZES).map(|n| n.to_be_bytes().repeat(at(n % 7))).collect();
    let mut peer = Peer::new();
    let mut roots: Vec<(Sha256, PeerRoot)> = Vec::new();
    let mut proofs = 0;
    for size in 1..=SIZES {
        peer.push(leaves[at(size - 1)].clone());
        let mut prover = Prover::default();
        for n in 0..size {
            assert!(prover.want(Claim::Inclusion { index: n, size }));
            assert!(prover.want(Claim::Consistency { old: n + 1, size }));
        }
        leaves[..at(size)].iter().for_each(|leaf| prover.push(leaf_hash(leaf)));
        let root = prover.frontier().root();
        let peer_root = peer.root();
        assert_eq!(root.0[..], peer_root.as_bytes()[..], "{size} leaves");
        roots.push((root, peer_root.clone()));
        for n in 0..size {
            let ours = prover.proof(Claim::Inclusion { index: n, size }).unwrap();
            let theirs = peer.prove_inclusion(at(n));
            assert_eq!(ours, steps(theirs.as_bytes()), "leaf {n} of {size}");
            let leaf = leaf_hash(&leaves[at(n)]);
            assert!(verify_inclusion(leaf, n, size, &steps(theirs.as_bytes()), &root));
            let handed = InclusionProof::try_from_bytes(bytes(&ours)).unwrap();
            peer_root.verify_inclusion(&leaves[at(n)], n, &handed).unwrap();

            let old = n + 1;
            let ours = prover.proof(Claim::Consistency { old, size }).unwrap();
            let theirs = peer.prove_consistency(at(size - old));
            let (old_root, peer_old) = &roots[at(n)];
            assert_eq!(ours, steps(theirs.as_bytes()), "{old} to {size}");
            assert!(verify_consistency(old, old_root, size, &root, &steps(theirs.as_bytes())));
            let handed = ConsistencyProof::try_from_bytes(bytes(&ours)).unwrap();
            peer_root.verify_consistency(peer_old, &handed).unwrap();
            proofs += 2;
        }
    }
    assert_eq!(proofs, SIZES * (SIZES + 1));
}
