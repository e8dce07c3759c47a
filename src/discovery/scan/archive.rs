//! Searching the members of zip archives.

use super::engine::Engine;
use super::source::Source;
use super::stream::{Cut, Path};
use crate::discovery::containers::zip::{self, Member};
use crate::discovery::findings::ProblemKind;
use std::io;

impl Engine<'_> {
    pub(super) fn zip(&mut self, source: &mut dyn Source, path: &Path) {
        if self.too_deep(path) {
            return;
        }
        let directory = match zip::directory(source, self.budget.members) {
            Ok(directory) => directory,
            Err(error) => return self.unreadable(path, &error),
        };
        if let Some(damage) = directory.damage {
            self.problem(path, ProblemKind::Unreadable, damage);
        }
        if directory.more {
            self.too_many_members(path);
        }
        for member in &directory.members {
            if self.stopped() || !self.admit_member(path) {
                return;
            }
            self.member_name(&member.name, path);
            if let Err(error) = self.zip_member(source, member, path) {
                self.unreadable(&path.member(&shown(member)), &error);
            }
        }
    }

    fn zip_member(
        &mut self,
        source: &mut dyn Source,
        member: &Member,
        path: &Path,
    ) -> io::Result<()> {
        let inside = path.member(&shown(member));
        if member.name.ends_with(b"/") && member.packed == 0 {
            return Ok(());
        }
        if member.encrypted {
            self.problem(&inside, ProblemKind::Unreadable, "protected by a password");
            return Ok(());
        }
        let Some(at) = zip::data_start(source, member)? else {
            self.problem(&inside, ProblemKind::Unreadable, "damaged: its header is missing");
            return Ok(());
        };
        let left = member.packed.min(source.size()?.saturating_sub(at));
        if left < member.packed && member.packed != u64::MAX {
            self.problem(&inside, ProblemKind::Unreadable, "cut off: the archive ends inside it");
        }
        let packed = Cut { source, at, left };
        match zip::unpack(member.method, packed, left) {
            Some(mut reader) => self.stream(&mut *reader, &inside),
            None => {
                let method = zip::method_name(member.method);
                self.problem(
                    &inside,
                    ProblemKind::Unreadable,
                    format!("packed by a method that cannot be opened here ({method})"),
                );
            }
        }
        Ok(())
    }
}

/// A member's name for people.
fn shown(member: &Member) -> String {
    String::from_utf8_lossy(&member.name).into_owned()
}
