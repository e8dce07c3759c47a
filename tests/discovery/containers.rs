//! Containers: seen through, bounded, and reported where they cannot be.

use crate::build::{Zip, bzip2, deflate, gzip, tar, zip, zlib};
use crate::persona::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use caseward::discovery::{FileResult, Limits, Outcome, ProblemKind};
use std::fmt::Write;

const XZ: &str = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAwbG9nIGxpbmUgZm9yIG1hcnRhLnF1aWxsZmVhdGhlckBjb250b3NvLmNvbSBoZXJlCgAAAABBOQDbfwtPfgABSTFdQeNQH7bzfQEAAAAABFla";
/// One raw block, written by hand after RFC 8878.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, bytes.len() as u8];
    out.extend(&((bytes.len() as u32) << 3 | 1).to_le_bytes()[..3]);
    out.extend(bytes);
    out
}

fn line() -> Vec<u8> {
    format!("log line for {EMAIL} here\n").into_bytes()
}

#[track_caller]
fn member(result: &FileResult) -> Option<String> {
    let hit = result.hits.iter().find(|hit| hit.outcome == Outcome::Match);
    hit.unwrap_or_else(|| panic!("{result:?}")).member.clone()
}

#[test]
fn packed_streams_are_read_by_content() {
    let two = [gzip(b"first\n"), gzip(&line())].concat();
    let padded = [gzip(&line()), vec![0; 512]].concat();
    let prefixed = [b"\x50\x2A\x4D\x18\x02\0\0\0xy".to_vec(), zstd(&line())].concat();
    for packed in [
        gzip(&line()),
        two,
        padded,
        bzip2(&line()),
        [bzip2(b"x\n"), bzip2(&line())].concat(),
        STANDARD.decode(XZ).unwrap(),
        zstd(&line()),
        prefixed,
        zlib(&line()),
        gzip(&gzip(&gzip(&line()))),
    ] {
        let result = scan(&packed);
        assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
        assert!(result.problems.is_empty(), "{:?}", result.problems);
    }
}

#[test]
fn members_are_named_by_their_path() {
    let line = line();
    for how in [Zip::Stored, Zip::Deflated, Zip::Streamed, Zip::Cut] {
        let archive = zip(&[("a/other.txt", b"x"), ("logs/client.log", &line)], how);
        let result = scan(&archive);
        let found = result.hits.iter().any(|hit| hit.member.as_deref() == Some("logs/client.log"));
        assert!(found, "{result:?}");
        assert_eq!(result.problems.is_empty(), how != Zip::Cut);
    }
    let nested = zip(
        &[("in.tgz", &gzip(&tar(&[("x/app.log", &zip(&[("d.log", &line)], Zip::Deflated))])))],
        Zip::Deflated,
    );
    assert_eq!(member(&scan(&nested)).as_deref(), Some("in.tgz!/x/app.log!/d.log"));
    let named = zip(&[(&format!("export/{EMAIL}/profile.txt"), b"x")], Zip::Deflated);
    assert_eq!(outcome(&scan(&named), EMAIL), Some(Outcome::Match));
    let appended = [b"MZ program ".repeat(30), zip(&[("a.log", &line)], Zip::Deflated)].concat();
    assert_eq!(member(&scan(&appended)).as_deref(), Some("a.log"));
}

#[test]
fn damage_is_reported_and_what_comes_before_it_is_searched() {
    let mut text = line();
    for n in 0..20_000u32 {
        write!(appender(&mut text), "{:x} ", n.wrapping_mul(2_654_435_761)).unwrap();
    }
    let mut packed = gzip(&text);
    packed.truncate(packed.len() * 2 / 3);
    let result = scan(&packed);
    assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
    assert_eq!(result.problems[0].kind, ProblemKind::Unreadable);
    let mut cut = zip(&[("a.log", &text)], Zip::Deflated);
    cut.truncate(cut.len() / 2);
    let result = scan(&cut);
    assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
    assert!(!result.problems.is_empty());
}

/// Lets `write!` append to bytes.
fn appender(bytes: &mut Vec<u8>) -> impl Write + '_ {
    struct Text<'a>(&'a mut Vec<u8>);
    impl Write for Text<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend(text.bytes());
            Ok(())
        }
    }
    Text(bytes)
}

#[test]
fn what_cannot_be_opened_is_said() {
    let encrypted = zip(&[("secret.log", &line())], Zip::Encrypted);
    let cases: [(&[u8], &str); 6] = [
        (&encrypted, "password"),
        (b"7z\xBC\xAF\x27\x1C\0\x04rest of it", "7z"),
        (b"Rar!\x1A\x07\x01\0rest of it", "rar"),
        (b"MSCF\0\0\0\0rest of it", "cab"),
        (b"%PDF-1.7\ntrailer << /Encrypt 5 0 R >>", "password"),
        (&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], "gzip"),
    ];
    for (bytes, why) in cases {
        let result = scan(bytes);
        assert_eq!(result.problems.len(), 1, "{why}: {result:?}");
        assert_eq!(result.problems[0].kind, ProblemKind::Unreadable);
        assert!(result.problems[0].why.contains(why), "{:?}", result.problems);
    }
}

#[test]
fn bombs_stop_at_the_limit_and_are_reported() {
    let limits = Limits {
        inflated: 1 << 20,
        ratio_floor: 512 << 10,
        members: 50,
        depth: 4,
        ..Limits::default()
    };
    let zeros = vec![0; 2 << 20];
    let many: Vec<(String, Vec<u8>)> =
        (0..60).map(|n| (format!("{n}.txt"), b"x".to_vec())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let deep = (0..6).fold(line(), |inner, _| gzip(&inner));
    let inner = zip(&[("0", &zeros)], Zip::Deflated);
    let wide: Vec<(&str, &[u8])> = (0..10).map(|_| ("in.zip", inner.as_slice())).collect();
    for (name, bomb) in [
        ("gzip", gzip(&zeros)),
        ("zip", zip(&[("zeros", &zeros)], Zip::Deflated)),
        ("members", zip(&many, Zip::Stored)),
        ("depth", deep),
        ("wide", zip(&wide, Zip::Deflated)),
        ("overlapping", overlapping(&zeros)),
    ] {
        let result = persona().scan_bytes(&bomb, &limits);
        assert!(
            result.problems.iter().any(|p| p.kind == ProblemKind::Limit),
            "{name}: {:?}",
            result.problems
        );
    }
}

/// A hundred entries for the same data.
fn overlapping(bytes: &[u8]) -> Vec<u8> {
    let archive = zip(&[("a", bytes)], Zip::Deflated);
    let end = archive.len() - 22;
    let start = u32::from_le_bytes(archive[end + 16..end + 20].try_into().unwrap()) as usize;
    let directory = archive[start..end].repeat(100);
    let mut out = archive[..start].to_vec();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x64\0\x64\0");
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend((start as u32).to_le_bytes());
    out.extend([0; 2]);
    out
}

#[test]
fn mail_is_read_part_by_part() {
    let logs = STANDARD.encode(zip(&[("c.log", &line())], Zip::Deflated));
    let mail = format!(
        "From: a@b.example\r\nTo: c@d.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n\
         Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         S=F8ren Vil=\r\nlads=E9n\r\n--xx\r\nContent-Type: application/zip; name=\"logs.zip\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{logs}\r\n--xx--\r\n"
    );
    let result = scan(mail.as_bytes());
    assert_eq!(outcome(&result, NAME2), Some(Outcome::Match));
    let attached = result.hits.iter().find(|hit| hit.identifier == 2).unwrap();
    assert_eq!(attached.member.as_deref(), Some("part 2/logs.zip!/c.log"));
    for header in [
        "Cc: =?utf-8?B?U8O4cmVuIFZpbGxhZHPDqW4=?= <q@z.example>",
        "Cc: =?iso-8859-1?Q?S=F8ren_Villads=E9n?= <q@z.example>",
        "From: =?utf-8?Q?S=C3=B8ren_Vil?=\r\n =?utf-8?Q?lads=C3=A9n?= <q@z.example>",
    ] {
        assert_match(
            NAME2,
            format!("Subject: x\r\nDate: y\r\n{header}\r\n\r\nbody\r\n").as_bytes(),
        );
    }
}

#[test]
fn documents_show_their_text() {
    let runs = "<w:p><w:r><w:t>see marta.q</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">uillfeather@contoso.com</w:t></w:r></w:p>";
    assert_match(EMAIL, &zip(&[("word/document.xml", runs.as_bytes())], Zip::Deflated));
    let cell = "<sheetData><row r=\"1\"><c r=\"A1\"><v>14255550137</v></c></row></sheetData>";
    assert_match(PHONE, &zip(&[("xl/worksheets/sheet1.xml", cell.as_bytes())], Zip::Deflated));
    let text = zlib(
        "BT /F1 12 Tf [(Contact mar) -20 (ta.quillfeather@contoso) 3 (.com)] TJ ET".as_bytes(),
    );
    let mut pdf = b"%PDF-1.4\n4 0 obj\n<< /Filter /FlateDecode >>\nstream\n".to_vec();
    pdf.extend(&text);
    pdf.extend(b"\nendstream\nendobj\n%%EOF\n");
    assert_match(EMAIL, &pdf);
}

#[test]
fn encoded_text_is_decoded_wherever_it_stands() {
    let email = format!("{{\"login_hint\":\"{EMAIL}\",\"n\":1}}");
    let saml = deflate(
        format!("<samlp:AuthnRequest><saml:NameID>{EMAIL}</saml:NameID></samlp:AuthnRequest>")
            .as_bytes(),
    );
    let utf16: Vec<u8> =
        format!("Get-Mailbox {EMAIL}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let body = STANDARD.encode(&email);
    for text in [
        format!("state={body}"),
        format!("x={}", STANDARD.encode(STANDARD.encode(&email))),
        format!(
            "?SAMLRequest={}&x",
            STANDARD.encode(&saml).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
        ),
        format!("powershell -enc {}", STANDARD.encode(utf16)),
        format!("blob {}", STANDARD.encode(gzip(email.as_bytes()))),
        format!("\"zz{}\"", STANDARD.encode(format!("..{email}")).split_at(2).1),
        email.bytes().fold(String::from("hex "), |hex, b| hex + &format!("{b:02x}")),
    ] {
        assert_match(EMAIL, format!("one\n{text}\ntwo\n").as_bytes());
    }
}
