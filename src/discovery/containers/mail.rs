//! Mail: headers, parts, and what their transfer encoding hides.
//!
//! Own walk rather than a library's: what a mail from the field gets wrong (a missing boundary, a
//! truncated part, eight-bit bytes) must still be read as far as it goes, and where each part lies
//! in the file must be known.

use crate::discovery::views::{base64::decode_lenient, decode_charset};
use std::ops::Range;

/// One leaf of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// `2` or `2/logs.zip`; parts are counted from 1.
    pub name: String,
    /// The part's body in the file.
    pub place: Range<usize>,
    /// The body without its transfer encoding and charset; `None` when they change nothing.
    pub decoded: Option<Decoded>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub bytes: Vec<u8>,
    pub base64: bool,
}

/// Header fields that only mail has, and enough of them.
const FIELDS: [&str; 16] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "received",
    "return-path",
    "delivered-to",
    "message-id",
    "mime-version",
    "content-type",
    "x-mailer",
    "reply-to",
    "dkim-signature",
    "sender",
    "content-transfer-encoding",
];
/// Deepest nesting of multiparts and attached messages.
const MAX_DEPTH: usize = 16;
/// Most parts of a message.
const MAX_PARTS: usize = 10_000;

/// Whether `head` begins with mail headers, or with a mailbox's separator and then headers.
pub(crate) fn is_mail(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let head = if head.starts_with(b"From ") {
        memchr::memchr(b'\n', head).map_or(head, |n| &head[n + 1..])
    } else {
        head
    };
    let mut known = 0;
    for line in head.split(|&b| b == b'\n').take(60) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || known >= 2 {
            break;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            continue;
        }
        let Some(colon) = memchr::memchr(b':', line) else { return false };
        let name = &line[..colon];
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return false;
        }
        known += usize::from(FIELDS.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(name)));
    }
    known >= 2
}

/// The leaves of a message, or of every message in a mailbox.
pub(crate) fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut found = Vec::new();
    if bytes.starts_with(b"From ") {
        let mut starts: Vec<usize> =
            memchr::memmem::find_iter(bytes, b"\nFrom ").map(|n| n + 1).collect();
        starts.insert(0, 0);
        starts.push(bytes.len());
        for (number, pair) in starts.windows(2).enumerate() {
            let skip = memchr::memchr(b'\n', &bytes[pair[0]..pair[1]]).map_or(0, |n| n + 1);
            entity(bytes, pair[0] + skip..pair[1], &format!("{}.", number + 1), 0, &mut found);
        }
    } else {
        entity(bytes, 0..bytes.len(), "", 0, &mut found);
    }
    found
}

/// One entity: its headers and its body.
fn entity(all: &[u8], place: Range<usize>, prefix: &str, depth: usize, found: &mut Vec<Part>) {
    if depth > MAX_DEPTH || found.len() >= MAX_PARTS {
        return;
    }
    let (headers, body) = split(&all[place.clone()]);
    let body = place.start + body..place.end;
    let kind = field(&headers, "content-type");
    let encoding = field(&headers, "content-transfer-encoding").to_ascii_lowercase();
    if let Some(boundary) =
        parameter(&kind, "boundary").filter(|_| kind.to_ascii_lowercase().starts_with("multipart/"))
    {
        for (number, part) in between(all, body, boundary.as_bytes()).into_iter().enumerate() {
            entity(all, part, &format!("{prefix}{}.", number + 1), depth + 1, found);
        }
        return;
    }
    let name = parameter(&field(&headers, "content-disposition"), "filename")
        .or_else(|| parameter(&kind, "name"));
    let number = prefix.trim_end_matches('.');
    let number = if number.is_empty() { "1" } else { number };
    let label = match name {
        Some(name) => format!("{number}/{name}"),
        None => number.to_owned(),
    };
    let raw = &all[body.clone()];
    let transferred = match encoding.trim() {
        "base64" => Some(decode_lenient(raw)),
        "quoted-printable" => Some(quoted_printable(raw)),
        "x-uuencode" | "uuencode" | "x-uue" => Some(uudecode(raw)),
        _ => uuencoded(raw).map(uudecode),
    };
    let is_message = kind.to_ascii_lowercase().starts_with("message/rfc822");
    if transferred.is_none() && is_message {
        return entity(all, body, &format!("{number}."), depth + 1, found);
    }
    let charset = parameter(&kind, "charset").filter(|name| {
        !matches!(name.to_ascii_lowercase().as_str(), "utf-8" | "us-ascii" | "ascii" | "utf8")
    });
    let base64 = encoding.trim() == "base64";
    let textual = kind.is_empty() || kind.to_ascii_lowercase().starts_with("text/");
    let decoded = match (transferred, charset.filter(|_| textual)) {
        (Some(bytes), Some(charset)) => Some(decode_charset(&bytes, &charset).into_bytes()),
        (None, Some(charset)) => Some(decode_charset(raw, &charset).into_bytes()),
        (transferred, None) => transferred,
    };
    let decoded = decoded.map(|bytes| Decoded { bytes, base64 });
    found.push(Part { name: label, place: body, decoded });
}

/// Header fields, unfolded, and where the body begins.
fn split(entity: &[u8]) -> (Vec<(String, String)>, usize) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    while at < entity.len() {
        let length = memchr::memchr(b'\n', &entity[at..]).map_or(entity.len() - at, |n| n + 1);
        let line = entity[at..at + length].trim_ascii_end();
        at += length;
        if line.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(line);
        if text.starts_with([' ', '\t'])
            && let Some((_, value)) = headers.last_mut()
        {
            value.push(' ');
            value.push_str(text.trim());
        } else if let Some((name, value)) = text.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    (headers, at)
}

fn field(headers: &[(String, String)], name: &str) -> String {
    headers
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// A parameter of a structured field: `charset=utf-8`, `name="a b"`, `name*=utf-8''a%20b`.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some(semicolon) = rest.find(';') {
        rest = rest[semicolon + 1..].trim_start();
        let Some((known, after)) = rest.split_once('=') else { break };
        let known = known.trim().trim_end_matches('*').trim_end_matches("*0").to_ascii_lowercase();
        let after = after.trim_start();
        let (found, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (quoted[..end].to_owned(), &quoted[end..])
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if known == name {
            return Some(found);
        }
        rest = next;
    }
    None
}

/// The parts between the boundary lines; the last may lack its end.
fn between(all: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut line = b"--".to_vec();
    line.extend_from_slice(boundary);
    let bytes = &all[body.clone()];
    let mut parts = Vec::new();
    let mut start = None;
    for at in memchr::memmem::find_iter(bytes, &line) {
        if at > 0 && bytes[at - 1] != b'\n' {
            continue;
        }
        if let Some(start) = start.take() {
            parts.push(body.start + start..body.start + at);
        }
        let after = at + line.len();
        if bytes[after..].starts_with(b"--") {
            return parts;
        }
        start = memchr::memchr(b'\n', &bytes[after..]).map(|n| after + n + 1);
    }
    if let Some(start) = start {
        parts.push(body.start + start..body.end);
    }
    parts
}

/// Undoes quoted-printable, lower-case digits and trailing blanks included.
pub(crate) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let digit = |i: usize| bytes.get(i).and_then(|&b| char::from(b).to_digit(16));
    while at < bytes.len() {
        if bytes[at] != b'=' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let blank =
            bytes[at + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        if bytes.get(at + 1 + blank) == Some(&b'\n') {
            at += blank + 2;
        } else if let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) {
            out.push((high << 4 | low) as u8);
            at += 3;
        } else {
            out.push(b'=');
            at += 1;
        }
    }
    out
}

/// The lines of a uuencoded file inside a text.
fn uuencoded(bytes: &[u8]) -> Option<&[u8]> {
    uuencoded_at(bytes, memchr::memmem::find(bytes, b"begin ")?)
}

/// The lines of a uuencoded file that begin at `at`.
pub(crate) fn uuencoded_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let starts_line = at == 0 || bytes[at - 1] == b'\n';
    let mode = bytes.get(at + 6..at + 9)?;
    (starts_line && mode.iter().all(|b| (b'0'..=b'7').contains(b))).then(|| &bytes[at..])
}

pub(crate) fn uudecode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split(|&b| b == b'\n').skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(&first) = line.first() else { continue };
        if line.starts_with(b"end") {
            break;
        }
        let count = usize::from(first.wrapping_sub(32) & 63);
        let before = out.len();
        for quad in line[1..].chunks(4) {
            let value =
                |i: usize| u32::from(quad.get(i).copied().unwrap_or(32).wrapping_sub(32) & 63);
            let bits = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
            out.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
        }
        out.truncate(before + count);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@b.c\r\nTo: d@e.f\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"x y\"\r\n\r\n\
        pre\r\n--x y\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nS=F8r=\r\nen\r\n\
        --x y\r\nContent-Type: application/zip; name=logs.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsD\r\nBA==\r\n--x y\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: in\r\nFrom: x\r\n\r\nplain\r\n--x y--\r\nafter";

    #[test]
    fn parts_are_found_and_decoded() {
        assert!(is_mail(MAIL.as_bytes()));
        let parts = parts(MAIL.as_bytes());
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["1", "2/logs.zip", "3"]);
        let decoded = |n: usize| parts[n].decoded.as_ref().map(|d| d.bytes.as_slice());
        assert_eq!(decoded(0), Some("Søren\r\n".as_bytes()));
        assert_eq!(decoded(1), Some(b"PK\x03\x04".as_slice()));
        assert_eq!(decoded(2), None);
        assert_eq!(&MAIL[parts[2].place.clone()], "plain\r\n");
    }

    #[test]
    fn logs_are_no_mail() {
        assert!(!is_mail(b"2026-01-01T10:00:00 INFO from: x\nto: y\n"));
        assert!(!is_mail(b"name: x\nversion: 1\n"));
        assert!(is_mail(b"From a@b Mon Jan 5\nFrom: x\nSubject: y\n\nbody"));
    }

    #[test]
    fn uuencoded_files_are_decoded() {
        let lines = b"begin 644 x\n#0V%T\n`\nend\n";
        assert_eq!(uudecode(uuencoded(lines).unwrap_or_default()), b"Cat");
    }
}
