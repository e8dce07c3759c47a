//! The decoders of discovery: each target makes of arbitrary bytes an input that leads into one of them,
//! with an address planted in it.

use super::{damage, split, worded};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use caseward::discovery::{
    FileResult, Identifier, IdentifierType, IntakeOptions, Limits, Outcome, Query,
};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use std::io::Write;
use std::sync::LazyLock;

const EMAIL: &str = "marta.quillfeather@contoso.com";

static QUERY: LazyLock<Query> = LazyLock::new(|| {
    let parsed: Vec<Identifier> = [
        (IdentifierType::Email, EMAIL),
        (IdentifierType::Name, "Søren Villadsén"),
        (IdentifierType::Name, "Li Na"),
        (IdentifierType::Name, "Наталья Иванова"),
        (IdentifierType::Phone, "+1 (425) 555-0137"),
        (IdentifierType::Guid, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        (IdentifierType::Puid, "10037FFEA1B2C3D4"),
        (IdentifierType::Ipv4, "10.20.30.4"),
        (IdentifierType::Ipv6, "2001:db8::1"),
        (IdentifierType::Machine, "DESKTOP-7QX1MQF"),
    ]
    .into_iter()
    .filter_map(|(kind, value)| Identifier::parse(kind, value, &IntakeOptions::default()).ok())
    .collect();
    assert_eq!(parsed.len(), 10);
    Query::compile(&parsed)
});

/// Small enough that an input of a few kilobytes cannot keep a core busy for long.
fn limits() -> Limits {
    Limits {
        inflated: 4 << 20,
        ratio_floor: 2 << 20,
        members: 200,
        depth: 6,
        memory: 1 << 20,
        ..Limits::default()
    }
}

/// Searches, and checks what holds for any bytes.
fn scan(bytes: &[u8]) -> FileResult {
    let result = QUERY.scan_bytes(bytes, &limits());
    assert_eq!(result.bytes, bytes.len() as u64, "every byte was read");
    for hit in &result.hits {
        assert!(hit.count > 0 && hit.identifier < QUERY.len());
        assert_eq!(hit.outcome == Outcome::Match, hit.reason.is_none());
        if hit.member.is_none() && hit.form.steps().is_empty() {
            assert!(hit.offset < bytes.len() as u64, "{hit:?}");
        }
    }
    result
}

/// The address in the middle of a text: it must be found or left to a person.
fn scan_with_address(before: &[u8], after: &[u8]) {
    let result = scan(&[before, EMAIL.as_bytes(), after].concat());
    assert!(result.hits.iter().any(|hit| hit.identifier == 0), "the address was dropped");
}

fn planted(data: &[u8], fragments: &[&str]) {
    let (before, after) = split(data);
    scan_with_address(&worded(before, fragments), &worded(after, fragments));
}

/// The bytes as they are, and with the address in them.
pub fn whole(data: &[u8]) {
    let first = scan(data);
    assert_eq!(first, scan(data), "the same bytes give the same result");
    let (before, after) = split(data);
    // Where all of it is a packed stream or UTF-16, an address in ASCII may be damage.
    scan(&[before, EMAIL.as_bytes(), after].concat());
    let _ = QUERY.scan_name(data);
    let _ = QUERY.explain(&mut &*data, &limits());
    for hit in first.hits.iter().take(2) {
        let _ = QUERY.context(&mut &*data, hit, &limits(), 40);
    }
}

pub fn escapes(data: &[u8]) {
    const FRAGMENTS: &[&str] = &[
        "%",
        "%25",
        "%40",
        "%u0040",
        "%C3",
        "\\",
        "\\\\",
        "\\u",
        "\\u0040",
        "\\ud83d\\ude00",
        "\\u{",
        "}",
        "\\U00000040",
        "\\x",
        "\\x6d",
        "\\x{6d}",
        "\\155",
        "\\C3\\B8",
        "\\'f8",
        "\\u248?",
        "&",
        "&#",
        "&#x6d;",
        "&#109",
        "&amp;",
        "&eacute;",
        "&commat;",
        "\u{1b}[31m",
        "\u{1b}]0;x\u{7}",
        "^[[0m",
        "_x0040_",
        "+AEA-",
        "+2E",
        "=?utf-8?B?",
        "?=",
        "=?utf-8?Q?",
        "\u{200b}",
        "\u{ad}",
        "\u{fb01}",
        "ß",
        "İ",
        "Ã¸",
        "\u{8}",
        "marta",
        "%6d%61%72%74%61",
    ];
    planted(data, FRAGMENTS);
}

pub fn base64(data: &[u8]) {
    const FRAGMENTS: &[&str] = &[
        "\r\n",
        "%2B",
        "%2F",
        "\\/",
        "\\u002b",
        "==",
        "=",
        ".",
        "-",
        "_",
        "+",
        "/",
        "\\n",
        "bWFydGEucXVpbGxmZWF0aGVyQGNvbnRvc28uY29t",
        "H4sIAAAAAAAA",
        "eyJ",
        "PHNhbWxwOg",
    ];
    planted(data, FRAGMENTS);
    // What is encoded must be found, whatever text is around it inside.
    let (before, after) = split(data);
    let inner = [b"login: ", EMAIL.as_bytes(), b" ", &worded(after, &["é", "\n"])].concat();
    for encoded in [STANDARD.encode(&inner), URL_SAFE_NO_PAD.encode(&inner)] {
        let text = [b"text\n", encoded.as_bytes(), b"\n"].concat();
        assert!(scan(&text).hits.iter().any(|hit| hit.identifier == 0), "{encoded}");
    }
    scan(STANDARD.encode(before).as_bytes());
}

pub fn mail(data: &[u8]) {
    const FRAGMENTS: &[&str] = &[
        "\r\n",
        "\n",
        "\r\n\r\n",
        "--b\r\n",
        "--b--\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "Content-Type: text/plain; charset=\"iso-8859-1\"\r\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Type: text/html; charset=utf-16le\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "Content-Transfer-Encoding: x-uuencode\r\n",
        "Content-Disposition: attachment; filename*=utf-8''a%20b\r\n",
        "Subject: =?utf-8?Q?",
        "?=",
        "=3D",
        "=\r\n",
        "=6D=61",
        "= \n",
        "From: a@b.c\r\n",
        "\nFrom ",
        "begin 644 a\n",
        "`\nend\n",
        "bWFydGE=",
        " name=\"",
        ";",
        "\t",
    ];
    let text = worded(data, FRAGMENTS);
    scan(&[b"From: a@b.example\r\nTo: c@d.example\r\n", text.as_slice()].concat());
    scan(&[b"From x Mon\nFrom: a@b.example\nTo: c@d.example\n", text.as_slice()].concat());
    let (before, after) = split(data);
    let before = [b"From: a@b.example\r\nTo: c@d.example\r\n".to_vec(), worded(before, FRAGMENTS)];
    scan_with_address(&before.concat(), &worded(after, FRAGMENTS));
}

pub fn utf16(data: &[u8]) {
    let (before, after) = split(data);
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        let text: Vec<u8> = format!(" {EMAIL} ").encode_utf16().flat_map(unit).collect();
        let result = scan(&[before, &text, after].concat());
        // Whatever is before it, at whatever parity: a string in a binary.
        let marked = before.starts_with(b"\xFF\xFE") || before.starts_with(b"\xFE\xFF");
        // What looks like a container that cannot be opened is reported as such.
        let opened = result.problems.is_empty();
        if opened && !marked && before.iter().all(|byte| (0x20..0x7F).contains(byte)) {
            assert!(result.hits.iter().any(|hit| hit.identifier == 0), "the address was dropped");
        }
    }
    for mark in [b"\xFF\xFE".as_slice(), b"\xFE\xFF", b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"] {
        scan(&[mark, data].concat());
    }
    let wide: Vec<u8> = data.iter().flat_map(|&byte| [byte, 0, 0, 0]).collect();
    scan(&wide);
}

pub fn markup(data: &[u8]) {
    const FRAGMENTS: &[&str] = &[
        "<",
        ">",
        "</",
        "/>",
        "<b>",
        "</b>",
        "<w:t>",
        "</w:t></w:r><w:r><w:t xml:space=\"preserve\">",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<p>",
        "<br/>",
        "&lt;",
        "&nbsp;",
        "&#64;",
        "<?xml ?>",
        "<a href=\"",
        "\"",
        "=",
        "<td>",
        "</td>",
        "<t>mar</t>",
        "quillfeather",
        "<span style='x'>",
    ];
    planted(data, FRAGMENTS);
}

pub fn dumps(data: &[u8]) {
    const FRAGMENTS: &[&str] = &[
        "00000000  ",
        "00000010: ",
        "6d 61 72 74 ",
        "6d,61,72,74,",
        "0x6d, 0x61, ",
        "6d-61-72-",
        "6d617274612e7175696c6c66656174686572",
        "109, 97, 114, 116, 97, ",
        "\\x6d\\x61",
        "|marta|",
        "  ",
        "\n",
        "\r\n",
        "\\\r\n  ",
        "hex(2):",
        ",",
        "-",
        ":",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "255,",
        "0",
        "[",
        "]",
        "x'",
        "begin 644 x\n",
        "M;6%R=&$",
        "\n`\nend\n",
    ];
    planted(data, FRAGMENTS);
}

/// Streams and documents: the bytes behind every magic, and damage in good ones.
pub fn packed(data: &[u8]) {
    const MAGICS: [&[u8]; 12] = [
        &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3],
        &[0x1F, 0x8B, 8, 0x1C, 0, 0, 0, 0, 0, 3],
        b"BZh91AY&SY",
        &[0xFD, b'7', b'z', b'X', b'Z', 0, 0, 4, 0xE6, 0xD6, 0xB4, 0x46],
        &[0x28, 0xB5, 0x2F, 0xFD, 0x20],
        &[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 0, 0],
        &[0x78, 0x9C],
        b"%PDF-1.4\n1 0 obj\n<< /Filter [/ASCII85Decode /FlateDecode] >>\nstream\n",
        b"%PDF-1.4\nstream\nBT (marta) Tj ",
        b"%PDF-1.4\nstream\n/CIDInit begincmap 1 beginbfrange ",
        b"MZ\0\0PK\x03\x04",
        b"ustar",
    ];
    for magic in MAGICS {
        scan(&[magic, data].concat());
    }
    let mut header = vec![0; 512];
    let head = data.len().min(500);
    header[..head].copy_from_slice(&data[..head]);
    header[257..262].copy_from_slice(b"ustar");
    scan(&[&header, data].concat());
    let (before, after) = split(data);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let inner = [b"log of ", EMAIL.as_bytes(), b"\n", &worded(after, &["é"])].concat();
    if let Ok(()) = encoder.write_all(&inner)
        && let Ok(mut stream) = encoder.finish()
    {
        let result = scan(&stream);
        assert!(result.hits.iter().any(|hit| hit.identifier == 0), "unpacked and not found");
        damage(&mut stream, before);
        scan(&stream);
    }
}

/// An archive of two members, damaged.
pub fn zip(data: &[u8]) {
    let (changes, content) = split(data);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let inner = [EMAIL.as_bytes(), b"\n", content].concat();
    let Ok(deflated) = encoder.write_all(&inner).and_then(|()| encoder.finish()) else { return };
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, method, bytes) in [("a.log", 8u16, deflated.as_slice()), ("b", 0, content)] {
        let start = archive.len() as u32;
        let mut common = vec![20, 0, 0, 0];
        common.extend(method.to_le_bytes());
        common.extend([0; 8]);
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.bytes());
        archive.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.bytes());
    }
    let start = archive.len() as u32;
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    let found = scan(&archive).hits.iter().any(|hit| hit.member.as_deref() == Some("a.log"));
    assert!(found, "a member was not searched");
    damage(&mut archive, changes);
    scan(&archive);
    scan(&[b"PK\x03\x04", data].concat());
    scan(&[data, b"PK\x05\x06", data].concat());
}

/// What a person types: accepted or refused with a sentence, and what is accepted finds itself.
pub fn intake(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let kinds = IdentifierType::ALL;
    let kind = kinds[usize::from(first) % kinds.len()];
    let typed = String::from_utf8_lossy(rest);
    let options =
        IntakeOptions { allow_single_word: first & 0x80 != 0, ..IntakeOptions::default() };
    let identifier = match Identifier::parse(kind, &typed, &options) {
        Ok(identifier) => identifier,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = Identifier::parse(kind, identifier.value(), &options);
    assert_eq!(again.as_ref().map(Identifier::value), Ok(identifier.value()), "{kind} {typed:?}");
    let text = format!("one {} two", identifier.value());
    let result = Query::compile(&[identifier]).scan_bytes(text.as_bytes(), &limits());
    assert!(!result.hits.is_empty(), "{kind} {typed:?} does not find itself");
}
