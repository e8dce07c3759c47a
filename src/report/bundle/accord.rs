//! Whether a report says what the log binds: no more, no less, nothing else.

use super::Opened;
use crate::attest::{OpeningRecord, TxId, Verdict};
use crate::report::{Item, ItemVerdict};
use std::collections::{BTreeMap, HashMap};

/// How the outcome of a file may appear in a report.
fn fits(verdict: Verdict, said: ItemVerdict) -> bool {
    match verdict {
        Verdict::Removed => said == ItemVerdict::Deleted,
        Verdict::Rewritten => said == ItemVerdict::Redacted,
        Verdict::AlreadyAbsent => said == ItemVerdict::AlreadyAbsent,
        Verdict::Changed => said == ItemVerdict::Retained,
        Verdict::Failed => matches!(said, ItemVerdict::Failed | ItemVerdict::Unknown),
    }
}

/// Compares the items of a report with the openings and outcomes of its transactions. The error
/// names the first item that does not agree.
pub(super) fn compare(
    items: &[Item],
    openings: &BTreeMap<TxId, Opened>,
    outcomes: &HashMap<TxId, Vec<Verdict>>,
) -> Result<(), String> {
    let mut told: HashMap<(TxId, String), &Item> = HashMap::new();
    for item in items {
        let gone = matches!(item.verdict, ItemVerdict::Deleted | ItemVerdict::Redacted);
        match item.tx {
            None if gone => return Err(format!("{}: no transaction removed it", item.path)),
            None => {}
            Some(tx) => match openings.get(&tx) {
                None => return Err(format!("{}: its transaction is not in the bundle", item.path)),
                Some(Opened { opening: None, .. }) => {
                    let what = "the opening of its transaction was destroyed";
                    return Err(format!("{}: {what}", item.path));
                }
                Some(_) => {
                    if told.insert((tx, item.path.clone()), item).is_some() {
                        return Err(format!("{}: it is told twice", item.path));
                    }
                }
            },
        }
    }
    for (tx, opened) in openings {
        let Some(opening) = &opened.opening else { continue };
        let verdicts = outcomes.get(tx).map(Vec::as_slice).unwrap_or_default();
        if verdicts.len() != opening.records.len() {
            return Err(format!("transaction {tx} has another number of outcomes than files"));
        }
        for (record, verdict) in opening.records.iter().zip(verdicts) {
            let path = record.record.path.display();
            let Some(item) = told.remove(&(*tx, path.clone())) else {
                return Err(format!("{path}: the report does not name it"));
            };
            one(item, record, *verdict).map_err(|what| format!("{path}: {what}"))?;
        }
    }
    match told.keys().next() {
        None => Ok(()),
        Some((_, path)) => Err(format!("{path}: its transaction does not know it")),
    }
}

/// Puts the items in the order of the openings, so that a reader without a JSON parser can walk
/// both at once; items without a transaction come last, by path.
pub(super) fn sort(items: &mut [Item], openings: &BTreeMap<TxId, Opened>) {
    let mut places = HashMap::new();
    for (tx, opened) in openings {
        let records = opened.opening.iter().flat_map(|opening| &opening.records);
        for (n, record) in records.enumerate() {
            places.insert((*tx, record.record.path.display()), (opened.begin, n));
        }
    }
    let place = |item: &Item| {
        let place = item.tx.and_then(|tx| places.get(&(tx, item.path.clone())));
        place.copied().unwrap_or((u64::MAX, 0))
    };
    items.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.path.cmp(&b.path)));
}

fn one(item: &Item, opened: &OpeningRecord, verdict: Verdict) -> Result<(), &'static str> {
    let record = &opened.record;
    if !fits(verdict, item.verdict) {
        return Err("the log has another verdict");
    }
    if verdict.is_gone() && item.sha256_before_removal != Some(record.sha256) {
        return Err("the log is bound to another SHA-256");
    }
    if verdict.is_gone() && item.size != record.size {
        return Err("the log is bound to another size");
    }
    if verdict == Verdict::Rewritten && item.sha256_after != record.after {
        return Err("the log is bound to another SHA-256 after redaction");
    }
    Ok(())
}
