//! What stands in the files: believable text about people, machines and sign-ins.

use super::dice::Dice;
use super::people::person;
use crate::model::{Category, DiagnosticKind, Principal, RecordKind, Time};
use chrono::Duration;
use flate2::{Compression, write::GzEncoder};
use std::fmt::Write as _;
use std::io::Write as _;

const HEX: &[u8] = b"0123456789abcdef";

const SENTENCES: &[&str] = &[
    "The migration batch stays at 95 % since the maintenance window.",
    "Asked for the correlation id of a failed attempt and the time zone of the client.",
    "Reproduced on a second device; the first one works after the cache was cleared.",
    "No change of conditional access policies in the last fourteen days.",
    "The token is issued, but the resource answers 403 at the second hop.",
    "Escalated to the product group, expected answer tomorrow before noon.",
    "The mailbox is visible in the address list and missing on the phone.",
    "Network trace shows resets from the proxy for large uploads only.",
    "Customer confirms: business impact is limited to one department.",
    "Workaround works: sign in with the alias, then switch back.",
    "Next step: compare the service configuration of both regions.",
    "Daten wurden geprüft, die Anmeldung schlägt weiterhin fehl.",
    "Le problème persiste après le redémarrage du service.",
];

pub(super) const TITLES: &[&str] = &[
    "Mailbox migration stalls",
    "Sign-in fails with AADSTS50105",
    "Conditional access blocks one department",
    "Calendar items disappear on phones",
    "Virtual machine unreachable after resize",
    "Storage account returns 403 from one network",
    "Licences are not assigned to new users",
    "Teams calls drop after ten minutes",
    "Backup job fails at night",
    "Synchronisation of groups is late",
    "Search finds no documents in one site",
    "Certificate renewal did not happen",
];

pub(super) const PRODUCTS: &[&str] = &[
    "Exchange Online",
    "Microsoft Entra ID",
    "SharePoint Online",
    "Microsoft Teams",
    "Azure Virtual Machines",
    "Azure Storage",
    "Microsoft Intune",
];

/// A name and what stands in the file.
pub(super) struct Contents {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Some two kilobytes of prose, rarely a megabyte, in the form that fits the kind of record.
pub(super) fn record(
    dice: &mut Dice,
    kind: RecordKind,
    number: usize,
    people: &[Principal],
    at: Time,
) -> Contents {
    let length = dice.heavy_count(500, 0.6, 1_000_000);
    let mut text = String::with_capacity(length + 512);
    let who = dice.pick(people);
    let ending = match kind {
        RecordKind::Note => {
            let _ = writeln!(
                text,
                "# Note of {}\n\nAbout {} <{}>.",
                at.date_naive(),
                who.name,
                who.upn
            );
            "md"
        }
        RecordKind::Email => {
            let other = dice.pick(people);
            let _ = write!(
                text,
                "From: {} <{}>\r\nTo: {} <{}>\r\nDate: {}\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
                 Subject: {}\r\n\r\n",
                ascii(&who.name),
                who.upn,
                ascii(&other.name),
                other.upn,
                at.to_rfc2822(),
                dice.pick(TITLES)
            );
            "eml"
        }
        RecordKind::Chat => "txt",
        RecordKind::Call => {
            text.push_str("WEBVTT\n");
            "vtt"
        }
    };
    let mut second = 0;
    while text.len() < length {
        let sentence = dice.pick(SENTENCES);
        second += 5 + dice.below(40);
        let (minutes, seconds) = (second / 60, second % 60);
        let _ = match kind {
            RecordKind::Note | RecordKind::Email => write!(text, "{sentence}\r\n"),
            RecordKind::Chat => {
                let speaker = &dice.pick(people).name;
                writeln!(text, "[{minutes:02}:{seconds:02}] {speaker}: {sentence}")
            }
            RecordKind::Call => {
                let speaker = &dice.pick(people).name;
                writeln!(
                    text,
                    "\n{minutes:02}:{seconds:02}.000 --> {minutes:02}:{seconds:02}.900\n<v {speaker}>{sentence}"
                )
            }
        };
    }
    Contents { name: format!("{kind}-{number:04}.{ending}"), bytes: text.into_bytes() }
}

fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// The categories that a kind of diagnostics is tagged with.
pub(super) fn categories(dice: &mut Dice, kind: DiagnosticKind) -> Vec<Category> {
    match kind {
        DiagnosticKind::SignInLogs => vec![Category::Euii, Category::Eupi],
        DiagnosticKind::AccessControl | DiagnosticKind::PortalAccess => {
            vec![Category::Euii, Category::Oii, Category::SystemMetadata]
        }
        DiagnosticKind::ProblemDescription | DiagnosticKind::Attachments => {
            vec![Category::SupportData]
        }
        DiagnosticKind::Advisories if dice.chance(50) => vec![Category::AccountData],
        _ => vec![Category::SystemMetadata],
    }
}

/// A collected file, from some kilobytes to some megabytes.
pub(super) fn diagnostic(
    dice: &mut Dice,
    kind: DiagnosticKind,
    number: usize,
    people: &[Principal],
    from: Time,
) -> Contents {
    let length = dice.heavy_count(1_500, 0.7, 4_000_000);
    let (ending, bytes) = match kind {
        DiagnosticKind::SignInLogs => ("json", sign_ins(dice, people, from, length)),
        DiagnosticKind::PortalAccess => ("csv", table(dice, people, from, length)),
        DiagnosticKind::VmLogs if dice.chance(30) => {
            let text = log(dice, from, length / 2);
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            ("txt", units.flat_map(u16::to_le_bytes).collect())
        }
        DiagnosticKind::Other => {
            // Fast: what stands in it matters, not how small it is.
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            // Writing to memory cannot fail.
            let _ = packed.write_all(&sign_ins(dice, people, from, length));
            ("json.gz", packed.finish().unwrap_or_default())
        }
        _ => ("log", log(dice, from, length).into_bytes()),
    };
    Contents { name: format!("{kind}-{number:03}.{ending}"), bytes }
}

fn sign_ins(dice: &mut Dice, people: &[Principal], from: Time, length: usize) -> Vec<u8> {
    let mut text = String::from("[\n");
    while text.len() < length {
        let who = dice.pick(people);
        let at = from + dice.within(Duration::days(1));
        let _ = write!(
            text,
            "{}{{\"createdDateTime\":\"{}\",\"userPrincipalName\":\"{}\",\"userDisplayName\":\"{}\",\
             \"id\":\"{}\",\"ipAddress\":\"203.0.113.{}\",\"status\":{{\"errorCode\":{}}}}}",
            if text.len() > 2 { ",\n" } else { "" },
            at.to_rfc3339(),
            who.upn,
            who.name,
            dice.guid(),
            dice.below(255),
            dice.pick(&[0, 0, 0, 50105, 50126])
        );
    }
    text.push_str("\n]\n");
    text.into_bytes()
}

fn table(dice: &mut Dice, people: &[Principal], from: Time, length: usize) -> Vec<u8> {
    let mut text = String::from("time,user,object,action,session\r\n");
    while text.len() < length {
        let at = from + dice.within(Duration::days(1));
        let session = dice.word(HEX, 16);
        let _ = write!(
            text,
            "{},{},srv-{:03},read,{session}\r\n",
            at.to_rfc3339(),
            dice.pick(people).upn,
            dice.below(400)
        );
    }
    text.into_bytes()
}

fn log(dice: &mut Dice, from: Time, length: usize) -> String {
    let mut text = String::with_capacity(length + 128);
    while text.len() < length {
        let at = from + dice.within(Duration::days(1));
        let level = dice.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR"]);
        let line = dice.word(HEX, 12);
        let _ = writeln!(
            text,
            "{} {level} srv-{:03} request {line} took {} ms",
            at.to_rfc3339(),
            dice.below(400),
            dice.below(9000)
        );
    }
    text
}

/// A file that the customer brings.
pub(super) fn transfer(dice: &mut Dice, number: usize) -> Contents {
    let length = dice.heavy_count(4_000, 0.7, 4_000_000);
    let mut text = String::from("id;name;city\n");
    while text.len() < length {
        let _ = writeln!(
            text,
            "{};{};{}",
            dice.below(1_000_000),
            person(dice).name,
            dice.pick(&["Oslo", "Porto", "Graz", "Lyon"])
        );
    }
    Contents { name: format!("customer-export-{number:02}.csv"), bytes: text.into_bytes() }
}
