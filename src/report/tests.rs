//! Reports and bundles: what they say, and that nobody can make them say something else.

#![allow(clippy::unwrap_used)]

mod bundle;

use super::*;
use crate::attest::{Log, Outcome, Removal, RemovalItem, Sha256, TxId, Verdict, Warnings, Why};
use crate::fs::{Fs, RealFs, RelPath};
use chrono::{DateTime, Utc};
use std::sync::Arc;

pub(super) fn at(hour: u32) -> DateTime<Utc> {
    format!("2026-11-05T{hour:02}:00:00Z").parse().unwrap()
}

const FILES: [(&str, &str); 5] = [
    ("tenants/contoso.com/cases/1/case.toml", "title = \"Mailbox\""),
    ("tenants/contoso.com/cases/1/records/call <1>.txt", "Jane called"),
    ("tenants/contoso.com/cases/1/records/\u{fc}ber.eml", "From: jane@contoso.com"),
    ("tenants/contoso.com/cases/1/diagnostics/a.json", "{\"user\":\"jane\"}"),
    ("tenants/contoso.com/cases/1/diagnostics/b.json", "{}"),
];

/// A workspace whose log holds three finished removals of two, two and one file; in the last the
/// file changed and was kept.
pub(super) struct Place {
    pub(super) dir: tempfile::TempDir,
    pub(super) log: Log,
    pub(super) outcomes: Vec<Outcome>,
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        for (path, content) in FILES {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir.path()).unwrap());
        let log = Log::create(fs, "support.example.com/eu/deletions", at(8)).unwrap();
        let mut session = log.lock(at(9)).unwrap();
        let mut outcomes = Vec::new();
        for files in [&FILES[..2], &FILES[2..4], &FILES[4..]] {
            let items = files.iter().map(|(path, content)| {
                let (path, bytes) = (RelPath::new(path).unwrap(), content.as_bytes());
                RemovalItem::remove(path, bytes.len() as u64, Sha256::of(bytes))
            });
            let removal = Removal {
                tx: TxId::random().unwrap(),
                why: Why::Dsr,
                request: "DSR-2026-0001".into(),
                engineer: "ana.silva@support.example.com".into(),
                memo: String::new(),
                warnings: Warnings::default(),
                items: items.collect(),
            };
            let last = files.len() == 1;
            let spoil = dir.path().join(files[0].0);
            let outcome = session.remove(&removal, &mut |progress| {
                if last && progress.step == crate::attest::Step::Recording {
                    std::fs::write(&spoil, "changed").unwrap();
                }
            });
            outcomes.push(outcome.unwrap());
            session.forget(removal.tx).unwrap();
        }
        drop(session);
        Self { dir, log, outcomes }
    }

    pub(super) fn txs(&self) -> Vec<TxId> {
        self.outcomes.iter().map(|outcome| outcome.tx).collect()
    }

    pub(super) fn content(&self) -> Content {
        let items = self.outcomes.iter().flat_map(|outcome| {
            outcome.items.iter().map(|item| {
                let gone = item.verdict == Verdict::Removed;
                Item {
                    tx: Some(outcome.tx),
                    path: item.path.display(),
                    categories: vec!["euii".into()],
                    origin: "collected".into(),
                    size: item.size,
                    sha256_at_attach: item.sha256,
                    sha256_before_removal: item.sha256.filter(|_| gone),
                    sha256_after: None,
                    collected_at: Some(at(7)),
                    attached_at: Some(at(7)),
                    removed_at: gone.then(|| at(9)),
                    verdict: if gone { ItemVerdict::Deleted } else { ItemVerdict::Retained },
                    hash_mismatch: false,
                    reason: item.reason.clone(),
                    verification: "seen absent after removal".into(),
                }
            })
        });
        let store = |store: &str, why: Option<&str>| Store {
            store: store.into(),
            files: why.is_none().then_some(5),
            bytes: why.is_none().then_some(90),
            why: why.map(str::to_owned),
        };
        Content {
            id: "REP-2026-0001".into(),
            issued_at: at(10),
            issuer: Issuer {
                organisation: "Example Support GmbH".into(),
                person: "Ana Silva".into(),
                principal: "ana.silva@support.example.com".into(),
                role: "support engineer".into(),
                contact: "ana.silva@support.example.com".into(),
            },
            approvals: vec![Approval {
                what: "deletion approved".into(),
                by: "bo.lind@support.example.com".into(),
                at: at(8),
                basis: Basis::Declared,
            }],
            customer: Customer { name: "Contoso".into(), tenants: vec!["contoso.com".into()] },
            processor: "Example Support GmbH".into(),
            engagements: vec!["1".into()],
            portal_schedules: vec![PortalSchedule {
                engagement: "1".into(),
                expected_on: at(10).date_naive(),
                warning: "extract copies before".into(),
            }],
            request: Some(Request {
                id: "DSR-2026-0001".into(),
                kind: "delete".into(),
                manner: "support request".into(),
                regulation: "gdpr".into(),
                received_at: at(1),
                answered_at: None,
                basis: "GDPR Art. 28(3)(e)".into(),
                denial_basis: None,
                choice: "delete".into(),
                copies: vec!["No other file had the same content.".into()],
                legal_storage: vec!["The record of this request.".into()],
            }),
            identifiers: vec![Identifier {
                kind: "email".into(),
                mask: mask("email", "jane@contoso.com"),
                commitment: "00".repeat(32),
            }],
            scope: Scope {
                option: Some("a".into()),
                tenants: vec!["contoso.com".into()],
                searched: vec![store("records", None)],
                not_searched: vec![store("transfer", Some("its content is never searched"))],
                problems: vec![],
                transfer_request: None,
            },
            items: items.collect(),
            retained: vec![],
            tool: Tool { name: "caseward".into(), version: env!("CARGO_PKG_VERSION").into() },
            workspace: "EU support".into(),
            region: "EU".into(),
            notices: vec!["decisions were declared, not signed".into()],
        }
    }

    fn report(&self) -> Report {
        let log = LogState {
            origin: "o".into(),
            size: 7,
            root: Sha256::of(b""),
            vkey: "k".into(),
            transactions: vec![],
        };
        Report::new(self.content(), log, None)
    }
}

/// Text that tries to become markup, to hide or to turn around what follows.
const HOSTILE: &str =
    "<script>alert(1)</script>|x\n# y\u{202e}gpj.exe \"q' [a](http://b) `c` &amp; \u{1b}[2J";

fn hostile(place: &Place) -> Report {
    let mut report = place.report();
    for item in &mut report.content.items {
        item.path = HOSTILE.into();
        item.reason = Some(HOSTILE.into());
    }
    report.content.id = HOSTILE.into();
    report.content.notices = vec![HOSTILE.into()];
    report.content.issuer.person = HOSTILE.into();
    report
}

#[test]
fn hostile_text_stays_text() {
    let report = hostile(&Place::new());
    let page = String::from_utf8(html(&report)).unwrap();
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
    let text = String::from_utf8(markdown(&report)).unwrap();
    assert!(text.contains("\\<script\\>"));
    assert!(!text.contains("\n# y"), "a line feed in a value starts no heading");
    for rendered in [&page, &text] {
        assert!(!rendered.contains(['\u{202e}', '\u{1b}']));
    }
    let again: Report = serde_json::from_slice(&report.json()).unwrap();
    assert_eq!(again, report);
}

#[test]
fn the_page_fetches_nothing_and_prints() {
    let page = String::from_utf8(html(&Place::new().report())).unwrap().to_lowercase();
    for outside in ["http://", "https://", "src=", "url(", "@import", "<link", "<script", "onload"]
    {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("@media print"));
    let colours = page.split('#').skip(1).map(|rest| &rest[..3]);
    for colour in colours.filter(|c| c.bytes().all(|b| b.is_ascii_hexdigit())) {
        let digits = colour.as_bytes();
        assert!(digits[0] == digits[1] && digits[1] == digits[2], "#{colour} is no grey");
    }
}

#[test]
fn an_unsigned_report_says_so_on_its_first_line() {
    let report = Place::new().report();
    for rendered in [report.json(), markdown(&report), html(&report)] {
        let text = String::from_utf8(rendered).unwrap();
        assert!(text.lines().next().unwrap().contains("UNSIGNED"), "{}", &text[..80]);
    }
}

#[test]
fn att_5_the_report_claims_no_more_than_it_may() {
    let report = Place::new().report();
    let text = String::from_utf8(markdown(&report)).unwrap().to_lowercase();
    for word in ["purge", "sanitise", "unrecoverab", "irrecoverab", "wiped", "shredded", "cleared"]
    {
        assert!(!text.contains(word), "{word}");
    }
    for part in ["not searched", "transfer", "backups and snapshots", "nist sp 800-88r2"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("jane@"), "identifiers are masked");
}

#[test]
fn totals_are_those_of_the_items() {
    let report = Place::new().report();
    let totals = report.totals;
    assert_eq!((totals.items, totals.deleted, totals.retained), (5, 4, 1));
    assert!(!totals.complete, "something was retained");
    let bytes: usize = FILES[..4].iter().map(|(_, content)| content.len()).sum();
    assert_eq!(totals.bytes_deleted, bytes as u64);
}
