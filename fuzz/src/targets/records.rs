//! TOML records and the sidecars of files: what is read is written the same, whatever it was.

use caseward::fs::RelPath;
use caseward::model::{
    AccessRequest, Approval, Case, Meta, Request, Tenant, Tombstone, TransferRequest,
    WorkspaceConfig,
};
use caseward::workspace::Record;
use caseward::workspace::record::{parse, render};
use std::fmt::Debug;

/// A record of the kind that the first byte names.
pub fn records(data: &[u8]) {
    let Some((&kind, text)) = data.split_first() else { return };
    match kind % 8 {
        0 => check::<WorkspaceConfig>(text),
        1 => check::<Tenant>(text),
        2 => check::<Case>(text),
        3 => check::<AccessRequest>(text),
        4 => check::<Approval>(text),
        5 => check::<Request>(text),
        6 => check::<TransferRequest>(text),
        _ => check::<Tombstone>(text),
    }
}

pub fn sidecars(data: &[u8]) {
    check::<Meta>(data);
}

fn check<T: Record + PartialEq + Debug>(bytes: &[u8]) {
    let path = RelPath::root().join("record.toml");
    let record = match parse::<T>(&path, bytes) {
        Ok(record) => record,
        Err(invalid) => {
            assert_eq!(parse::<T>(&path, bytes).as_ref(), Err(&invalid), "refused alike twice");
            assert!(!invalid.message.is_empty());
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(invalid.line.is_none_or(|line| (1..=lines).contains(&line)), "{invalid}");
            return;
        }
    };
    let again = |text: &str| parse::<T>(&path, text.as_bytes());
    let text = std::str::from_utf8(bytes).expect("a record is text");
    // Written afresh, and written into what people wrote.
    let fresh = render(None, &record);
    assert_eq!(again(&fresh).as_ref(), Ok(&record), "{fresh}");
    let kept = render(Some(text), &record);
    assert_eq!(again(&kept).as_ref(), Ok(&record), "{kept}");
    assert_eq!(render(Some(&kept), &record), kept, "a rewrite without a change changes nothing");
    if let Some(revision) = record.revision().filter(|revision| *revision < i64::MAX as u64) {
        let mut next = record.clone();
        next.set_revision(revision + 1);
        let changed = render(Some(text), &next);
        assert_eq!(again(&changed).as_ref(), Ok(&next), "{changed}");
    }
}
