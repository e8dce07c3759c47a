//! Every form in every encoding in every container is found; every longer text is not a match.

use crate::build::{Zip, bzip2, gzip, tar, zip};
use crate::persona::query;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use caseward::discovery::{IdentifierType, Limits, Outcome};
use proptest::prelude::*;

/// How a text is written.
const FORMS: [fn(&str) -> String; 15] = [
    |text| text.to_owned(),
    str::to_uppercase,
    |text| {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    },
    |text| {
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    format!("\\u{:04x}", u32::from(c))
                }
            })
            .collect()
    },
    |text| {
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    format!("&#{};", u32::from(c))
                }
            })
            .collect()
    },
    |text| {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("={b:02X}")
                }
            })
            .collect()
    },
    |text| text.bytes().map(|b| format!("\\x{b:02x}")).collect(),
    |text| STANDARD.encode(format!("some text before {text} and after it")),
    |text| URL_SAFE_NO_PAD.encode(format!("{{\"claims\":{{\"name\":\"{text}\"}}}}")),
    |text| text.bytes().map(|b| format!("\\{b:03o}")).collect(),
    |text| text.bytes().map(|b| format!("%25{b:02X}")).collect(),
    |text| text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect(),
    |text| text.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect(),
    |text| format!("blob 00{} ", text.bytes().map(|b| format!("{b:02x}")).collect::<String>()),
    |text| format!("=?utf-8?B?{}?=", STANDARD.encode(text)),
];

const ENCODINGS: [fn(&str) -> Vec<u8>; 5] = [
    |text| text.as_bytes().to_vec(),
    |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    |text| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
];

const CONTAINERS: [fn(Vec<u8>) -> Vec<u8>; 8] = [
    |bytes| bytes,
    |bytes| gzip(&bytes),
    |bytes| bzip2(&bytes),
    |bytes| tar(&[("x.log", &bytes)]),
    |bytes| zip(&[("a", b"x"), ("b.log", &bytes)], Zip::Deflated),
    |bytes| zip(&[("b.log", &bytes)], Zip::Streamed),
    |bytes| gzip(&tar(&[("y", &zip(&[("z", &bytes)], Zip::Stored))])),
    |bytes| {
        format!(
            "From: a@b.example\nSubject: x\nContent-Transfer-Encoding: base64\n\n{}\n",
            STANDARD.encode(bytes)
        )
        .into_bytes()
    },
];

fn email() -> impl Strategy<Value = String> {
    "[a-z]{1,10}[._-]?[a-z0-9]{2,10}@[a-z]{2,12}\\.(com|org|example)"
}

fn name() -> impl Strategy<Value = String> {
    "[A-ZÅÉØ][a-zøéü]{2,9} [A-ZÄ][a-zåñ]{3,12}"
}

fn log(text: &str) -> String {
    format!(
        "2026-01-05T10:00:00Z INFO started\r\nuser: {text} signed in\r\n2026-01-05T10:00:01Z INFO done\r\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_form(
        address in email(), person in name(), named in any::<bool>(),
        form in 0..FORMS.len(), encoding in 0..ENCODINGS.len(), container in 0..CONTAINERS.len(),
    ) {
        let (kind, value) = if named { (IdentifierType::Name, person) } else { (IdentifierType::Email, address) };
        let query = query(&[(kind, &value)]);
        let bytes = CONTAINERS[container](ENCODINGS[encoding](&log(&FORMS[form](&value))));
        let result = query.scan_bytes(&bytes, &Limits::default());
        prop_assert_eq!(result.outcome(), Some(Outcome::Match), "{} {} {} {}", value, form, encoding, container);
    }

    #[test]
    fn a_longer_text_is_no_match(
        address in email(), person in name(), named in any::<bool>(),
        before in "[a-z0-9]", after in "[a-z]", left in any::<bool>(),
        encoding in 0..ENCODINGS.len(), container in 0..CONTAINERS.len(),
    ) {
        let (kind, value) = if named { (IdentifierType::Name, person) } else { (IdentifierType::Email, address) };
        let query = query(&[(kind, &value)]);
        let longer = if left { format!("{before}{value}") } else { format!("{value}{after}") };
        let bytes = CONTAINERS[container](ENCODINGS[encoding](&log(&longer)));
        let result = query.scan_bytes(&bytes, &Limits::default());
        prop_assert_eq!(result.outcome(), Some(Outcome::Review), "{} in {}", value, longer);
    }

    #[test]
    fn a_longer_number_is_no_match(
        digit in "[1-9]", left in any::<bool>(), which in 0..4usize,
        encoding in 0..ENCODINGS.len(), container in 0..CONTAINERS.len(),
    ) {
        let (kind, value) = [
            (IdentifierType::Ipv4, "10.20.30.4"),
            (IdentifierType::Guid, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
            (IdentifierType::Puid, "10037FFEA1B2C3D4"),
            (IdentifierType::Machine, "DESKTOP-7QX1MQF"),
        ][which];
        let longer = if left { format!("{digit}{value}") } else { format!("{value}{digit}") };
        let bytes = CONTAINERS[container](ENCODINGS[encoding](&log(&longer)));
        let result = query(&[(kind, value)]).scan_bytes(&bytes, &Limits::default());
        prop_assert_ne!(result.outcome(), Some(Outcome::Match), "{} in {}", value, longer);
    }

    #[test]
    fn bytes_of_any_kind_break_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600), magic in 0..12usize) {
        const MAGICS: [&[u8]; 12] = [
            b"", b"\x1F\x8B\x08\0", b"BZh91AY&SY", b"\xFD7zXZ\0", b"\x28\xB5\x2F\xFD", b"PK\x03\x04", b"PK\x05\x06", b"%PDF-1.4 stream\n",
            b"From: a\nTo: b\nContent-Type: multipart/mixed; boundary=a\n\n--a\n", b"\xFF\xFE", b"begin 644 x\n", b"=?utf-8?B?",
        ];
        let query = query(&[(IdentifierType::Email, "marta.quillfeather@contoso.com")]);
        let bytes = [MAGICS[magic], &bytes].concat();
        let result = query.scan_bytes(&bytes, &Limits::default());
        prop_assert_eq!(result.bytes, bytes.len() as u64);
    }
}
