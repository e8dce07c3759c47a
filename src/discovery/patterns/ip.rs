//! IP addresses: every textual form of the same address, and no part of another.

use super::around::{Around, at, stands};
use super::{Found, Verdict};
use crate::discovery::findings::Reason;
use crate::discovery::text::{Glyph, is_word};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Longest textual form of an IPv4 address.
const V4_CHARS: usize = 15;
/// Longest textual form of an IPv6 address, as reversed nibbles.
const V6_CHARS: usize = 64;

pub(super) fn verify_v4(address: Ipv4Addr, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let mut best: Option<Found> = None;
    for start in near.start.saturating_sub(V4_CHARS)..near.end {
        let Some((octets, sign, end)) = quad(glyphs, start) else { continue };
        if end <= near.start {
            continue;
        }
        let around = Around { glyphs, start, end };
        let mut reversed = octets;
        reversed.reverse();
        let reason = if octets == address.octets() {
            if sign == '.' { dotted(&around, address) } else { dashed(&around) }
        } else if reversed == address.octets() && sign == '.' && follows(&around, ".in-addr.arpa") {
            digit_beside(&around, '.').then_some(Reason::LongerNumber)
        } else {
            continue;
        };
        best = Some(Found { start, end, verdict: Verdict::unless(reason) }.better(best));
    }
    best.or_else(|| mapped_hex(address, glyphs, near))
        .or_else(|| other_notation(address, glyphs, near))
}

/// The address as one number, or with its dots in brackets.
fn other_notation(address: Ipv4Addr, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let forms = [
        (format!("{number:08x}"), Reason::OtherNotation),
        (number.to_string(), Reason::OtherNotation),
        (format!("{a}[.]{b}[.]{c}[.]{d}"), Reason::Rewritten),
    ];
    forms.into_iter().find_map(|(form, reason)| {
        let form: Vec<char> = form.chars().collect();
        let start = (near.start.saturating_sub(form.len())..near.end)
            .find(|&at| stands(glyphs, at, &form))?;
        let around = Around { glyphs, start, end: start + form.len() };
        let prefixed = around.left(0) == Some('x') && around.left(1) == Some('0');
        let free = (prefixed || !around.left_is_word(0)) && !around.right_is_word(0);
        free.then_some(Found { start, end: around.end, verdict: Verdict::Review(reason) })
    })
}

/// Four numbers joined by one and the same sign: the numbers, the sign, the end.
fn quad(glyphs: &[Glyph], start: usize) -> Option<([u8; 4], char, usize)> {
    let mut octets = [0u8; 4];
    let mut next = start;
    let mut sign = '\0';
    for (n, octet) in octets.iter_mut().enumerate() {
        if n == 1 {
            sign = Some(at(glyphs, next)).filter(|c| matches!(c, '.' | '-' | '_'))?;
        }
        if n > 0 {
            (at(glyphs, next) == sign).then_some(())?;
            next += 1;
        }
        let digits = (0..3).take_while(|&i| at(glyphs, next + i).is_ascii_digit()).count();
        let value = (0..digits)
            .filter_map(|i| at(glyphs, next + i).to_digit(10))
            .fold(0, |v, d| v * 10 + d);
        *octet = u8::try_from(value).ok().filter(|_| digits > 0)?;
        next += digits;
    }
    Some((octets, sign, next))
}

fn follows(around: &Around, text: &str) -> bool {
    text.chars().eq(around.after().take(text.len()))
}

/// A digit directly beside, or beyond one more `sign`.
fn digit_beside(around: &Around, sign: char) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    digit(around.left(0))
        || digit(around.right(0))
        || around.left(0) == Some(sign) && digit(around.left(1))
        || around.right(0) == Some(sign) && digit(around.right(1))
}

fn dotted(around: &Around, address: Ipv4Addr) -> Option<Reason> {
    if digit_beside(around, '.') {
        return Some(Reason::LongerNumber);
    }
    if around.left_is_word(0) || around.right_is_word(0) {
        let version = around.left(0) == Some('v') && !around.left_is_word(1);
        return Some(if version { Reason::VersionNumber } else { Reason::LongerWord });
    }
    if version_before(around) {
        return Some(Reason::VersionNumber);
    }
    // The tail of an IPv6 address is this one only when it is mapped or translated.
    let head: String = around.before().take_while(|&c| c.is_ascii_hexdigit() || c == ':').collect();
    if head.starts_with(':') && head.len() > 1 && head.contains("::")
        || head.matches(':').count() > 1
    {
        let head: String = head.chars().rev().collect();
        let known = format!("{head}{address}").parse::<Ipv6Addr>().ok().is_some_and(|whole| {
            let segments = whole.segments();
            segments[..5] == [0; 5] && matches!(segments[5], 0 | 0xFFFF)
                || segments[..6] == [0x64, 0xFF9B, 0, 0, 0, 0]
        });
        return (!known).then_some(Reason::PartOfHost);
    }
    None
}

/// `version 10.20.30.4`, `FileVersion="10.20.30.4`, `Chrome/10.20.30.4`.
fn version_before(around: &Around) -> bool {
    if around.left(0) == Some('/') {
        return around.left(1).is_some_and(char::is_alphabetic) && around.right(0) != Some(':');
    }
    let word: String = around
        .before()
        .skip_while(|c| matches!(c, ' ' | ':' | '=' | '"' | '\'' | '>'))
        .take_while(|c| c.is_alphabetic())
        .take(24)
        .collect();
    let word: String = word.chars().rev().collect();
    word == "v" || word == "ver" || word == "build" || word.ends_with("version")
}

/// `ip-10-20-30-4.ec2.internal`, and the like in names of hosts.
fn dashed(around: &Around) -> Option<Reason> {
    let sign =
        around.glyphs[around.start..around.end].iter().map(|g| g.c).find(|c| !c.is_ascii_digit());
    if digit_beside(around, sign.unwrap_or('-')) {
        return Some(Reason::LongerNumber);
    }
    let labelled = around.left(0) == Some('-') && around.left(1).is_some_and(char::is_alphabetic);
    let suffixed = around.right(0) == Some('.') && around.right(1).is_some_and(char::is_alphabetic);
    (!(labelled || suffixed)).then_some(Reason::PartOfHost)
}

/// `::ffff:a14:1e04`, the mapped form in hexadecimal.
fn mapped_hex(address: Ipv4Addr, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    verify_v6(address.to_ipv6_mapped(), glyphs, near)
}

pub(super) fn verify_v6(address: Ipv6Addr, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    arpa(address, glyphs, near).or_else(|| {
        // Colons first: hyphens stand for them only in names of hosts and files.
        [':', '-'].into_iter().find_map(|sign| textual(address, sign, glyphs, near))
    })
}

/// The widest stretch around `near` that could be one address.
fn textual(address: Ipv6Addr, sign: char, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let part = |c: char| c.is_ascii_hexdigit() || c == sign || c == '.';
    let (mut start, mut end) = (near.start, near.start);
    while start > 0
        && near.start - start < V6_CHARS
        && part(at(glyphs, start - 1))
        && !glyphs[start].gap
    {
        start -= 1;
    }
    while end < glyphs.len()
        && end - start < V6_CHARS
        && part(at(glyphs, end))
        && (end == start || !glyphs[end].gap)
    {
        end += 1;
    }
    // A sentence's colon or full stop, and the suffix of a literal, are not part of it.
    while end > start
        && (at(glyphs, end - 1) == '.'
            || at(glyphs, end - 1) == sign && at(glyphs, end.wrapping_sub(2)) != sign)
    {
        end -= 1;
    }
    while end > start && at(glyphs, start) == '.'
        || at(glyphs, start) == sign && at(glyphs, start + 1) != sign && start < end
    {
        start += 1;
    }
    // "ip:2001:db8::1", "peer:fe80::1": a label's hexadecimal letters are no group.
    let mut text: String = glyphs[start..end].iter().map(|g| g.c).collect();
    if sign == '-' {
        text = text.replace('-', ":");
        if let Some(dot) = text.find('.') {
            end = start + dot;
            text.truncate(dot);
        }
    }
    if text.parse::<Ipv6Addr>().ok()? != address {
        return None;
    }
    let around = Around { glyphs, start, end };
    let reason = if around.left_is_word(0) || around.right_is_word(0) {
        Some(Reason::LongerWord)
    } else if sign == '-' && !follows(&around, ".ipv6-literal.net") && around.left(0) != Some('\\')
    {
        Some(Reason::PartOfHost)
    } else {
        None
    };
    Some(Found { start, end, verdict: Verdict::unless(reason) })
}

/// Reversed nibbles before `ip6.arpa`.
fn arpa(address: Ipv6Addr, glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let nibbles: Vec<char> = address
        .octets()
        .iter()
        .rev()
        .flat_map(|b| [b & 15, b >> 4])
        .filter_map(|n| char::from_digit(u32::from(n), 16))
        .collect();
    let is_name = |start: usize| {
        nibbles.iter().enumerate().all(|(n, &c)| at(glyphs, start + 2 * n) == c)
            && (0..31).all(|n| at(glyphs, start + 2 * n + 1) == '.')
    };
    let start = (near.start.saturating_sub(V6_CHARS)..near.end).find(|&start| is_name(start))?;
    let around = Around { glyphs, start, end: start + 63 };
    let free = !around.left(0).is_some_and(|c| is_word(c) || c == '.');
    let reason = (!(free && follows(&around, ".ip6.arpa"))).then_some(Reason::PartOfHost);
    Some(Found { start, end: around.end, verdict: Verdict::unless(reason) })
}
