//! The contents of a simulated disk, and the changes that can be made to it.

use crate::fs::{FileKind, RelPath};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

/// Index of a file or directory; it stays the same under every name.
pub(super) type NodeId = usize;

/// A file with its bytes, or a directory with its names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Dir(BTreeMap<OsString, NodeId>),
    File(Vec<u8>),
}

/// Every file and directory, the root first. Those without a name are unreachable, not gone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Disk {
    nodes: Vec<Node>,
    /// Directories on which a device of their own is mounted, with its number.
    mounts: BTreeMap<NodeId, u64>,
}

/// The device of the root.
const HOME: u64 = 1;

/// One change of names or data.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Create { dir: NodeId, name: OsString, node: NodeId, kind: FileKind },
    Rename { node: NodeId, from: (NodeId, OsString), to: (NodeId, OsString) },
    Remove { dir: NodeId, name: OsString, node: NodeId },
    Write { node: NodeId, offset: usize, bytes: Vec<u8> },
    SetLen { node: NodeId, size: usize },
}

impl Change {
    /// Whether it makes or removes a name in the directory `dir`.
    pub(super) fn is_in(&self, dir: NodeId) -> bool {
        match self {
            Self::Create { dir: at, .. } | Self::Remove { dir: at, .. } => *at == dir,
            Self::Rename { .. } | Self::Write { .. } | Self::SetLen { .. } => false,
        }
    }

    /// The file whose data it changes.
    pub(super) fn data_of(&self) -> Option<NodeId> {
        match self {
            Self::Write { node, .. } | Self::SetLen { node, .. } => Some(*node),
            Self::Create { .. } | Self::Rename { .. } | Self::Remove { .. } => None,
        }
    }
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::Dir(BTreeMap::new())], mounts: BTreeMap::new() }
    }

    /// The index of the next file or directory to be created.
    pub(super) fn next(&self) -> NodeId {
        self.nodes.len()
    }

    pub(super) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node]
    }

    /// How many names a node has.
    pub(super) fn links(&self, node: NodeId) -> u64 {
        let names = self.nodes.iter().filter_map(|one| match one {
            Node::Dir(names) => Some(names.values().filter(|id| **id == node).count() as u64),
            Node::File(_) => None,
        });
        names.sum()
    }

    pub(super) fn entry(&self, dir: NodeId, name: &OsStr) -> Option<NodeId> {
        match &self.nodes[dir] {
            Node::Dir(names) => names.get(name).copied(),
            Node::File(_) => None,
        }
    }

    pub(super) fn find(&self, path: &RelPath) -> io::Result<NodeId> {
        self.locate(path).map(|(node, _)| node)
    }

    /// A node and the device it lies on.
    pub(super) fn locate(&self, path: &RelPath) -> io::Result<(NodeId, u64)> {
        let (mut node, mut device) = (0, HOME);
        for name in path.components() {
            if matches!(self.nodes[node], Node::File(_)) {
                return Err(io::Error::from(io::ErrorKind::NotADirectory));
            }
            let next = self.entry(node, name);
            node = next.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            device = self.mounts.get(&node).copied().unwrap_or(device);
        }
        Ok((node, device))
    }

    /// Mounts a device of its own on a directory; what is in the directory is on it.
    pub(super) fn mount(&mut self, node: NodeId) {
        self.mounts.insert(node, HOME + 1 + node as u64);
    }

    pub(super) fn is_mount(&self, node: NodeId) -> bool {
        self.mounts.contains_key(&node)
    }

    /// Takes a device away: the directory it was mounted on is an empty one of the device below.
    pub(super) fn unmount(&mut self, node: NodeId) {
        if self.mounts.remove(&node).is_some() {
            self.nodes[node] = Node::Dir(BTreeMap::new());
        }
    }

    pub(super) fn dir(&self, path: &RelPath) -> io::Result<NodeId> {
        let node = self.find(path)?;
        match self.nodes[node] {
            Node::Dir(_) => Ok(node),
            Node::File(_) => Err(io::Error::from(io::ErrorKind::NotADirectory)),
        }
    }

    /// Makes the empty, nameless file or directory that a change creates: a name may outlive the
    /// creation it depends on.
    pub(super) fn prepare(&mut self, change: &Change) {
        if let Change::Create { node, kind, .. } = change
            && *node == self.nodes.len()
        {
            self.nodes.push(match kind {
                FileKind::Dir => Node::Dir(BTreeMap::new()),
                FileKind::File | FileKind::Symlink | FileKind::Other => Node::File(Vec::new()),
            });
        }
    }

    fn names(&mut self, dir: NodeId) -> Option<&mut BTreeMap<OsString, NodeId>> {
        match &mut self.nodes[dir] {
            Node::Dir(names) => Some(names),
            Node::File(_) => None,
        }
    }

    fn data(&mut self, node: NodeId) -> Option<&mut Vec<u8>> {
        match &mut self.nodes[node] {
            Node::File(data) => Some(data),
            Node::Dir(_) => None,
        }
    }

    /// Makes a change, also one that presupposes others which were not made.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Create { dir, name, node, .. } => {
                self.prepare(change);
                if let Some(names) = self.names(*dir) {
                    names.insert(name.clone(), *node);
                }
            }
            Change::Rename { node, from, to } => {
                if let Some(names) = self.names(from.0)
                    && names.get(&from.1) == Some(node)
                {
                    names.remove(&from.1);
                }
                if let Some(names) = self.names(to.0) {
                    names.insert(to.1.clone(), *node);
                }
            }
            Change::Remove { dir, name, node } => {
                if let Some(names) = self.names(*dir)
                    && names.get(name) == Some(node)
                {
                    names.remove(name);
                }
            }
            Change::Write { node, offset, bytes } => {
                if let Some(data) = self.data(*node) {
                    let end = offset + bytes.len();
                    data.resize(data.len().max(end), 0);
                    data[*offset..end].copy_from_slice(bytes);
                }
            }
            Change::SetLen { node, size } => {
                if let Some(data) = self.data(*node) {
                    data.resize(*size, 0);
                }
            }
        }
    }

    /// A number that tells states apart.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}
