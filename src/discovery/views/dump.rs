//! Bytes written out as numbers: runs of hexadecimal digits, hex dumps, registry exports, lists of
//! decimal numbers.

use super::stretch::{self, among, is, lower};
use std::ops::Range;
use wide::u8x16;

/// Bytes written as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dump {
    pub place: Range<usize>,
    pub bytes: Vec<u8>,
    pub hex: bool,
    /// Reads as text; else only binary values are worth looking for.
    pub text: bool,
}

/// Most bytes taken for one line.
const LINE: usize = 64 << 10;
/// Fewest bytes worth decoding.
const LEAST: usize = 8;

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok())
}

/// Whether decoded bytes read as text: what has been dumped otherwise holds no names.
fn promising(bytes: &[u8]) -> bool {
    // UTF-16 has a zero in every second place; dumps mix text and other bytes.
    let telling = bytes
        .windows(2)
        .filter(|pair| {
            pair.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
                || pair[0] == 0 && pair[1].is_ascii_graphic()
                || pair[1] == 0 && pair[0].is_ascii_graphic()
                || pair[0] >= 0xC3 && pair[1] >= 0x80
        })
        .count();
    telling * 3 >= bytes.len()
}

/// All dumps in the text.
pub(crate) fn find(bytes: &[u8]) -> Vec<Dump> {
    let mut found = Vec::new();
    listings(bytes, &mut found);
    found
}

/// At least `least` digits without separators, in a run of letters and digits that begins at `offset`.
pub(crate) fn digits(run: &[u8], offset: usize, least: usize, found: &mut Vec<Dump>) {
    let mut at = 0;
    while at + least <= run.len() {
        if let Some(gap) = run[at..at + least].iter().rposition(|b| !b.is_ascii_hexdigit()) {
            at += gap + 1;
            continue;
        }
        let rest = &run[at + least..];
        let end = at + least + rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        // Where the run begins in the middle of a byte, the other parity is right.
        for start in [at, at + 1] {
            let pairs = run[start..end].chunks_exact(2);
            let decoded: Vec<u8> =
                pairs.filter_map(|p| Some(nibble(p[0])? << 4 | nibble(p[1])?)).collect();
            if promising(&decoded) {
                found.push(Dump {
                    place: offset + start..offset + end,
                    bytes: decoded,
                    hex: true,
                    text: true,
                });
                break;
            }
        }
        at = end + 1;
    }
}

/// What listings of numbers are written with: digits, `x`, and `:;,-.|\\` and white space.
fn is_listed(bytes: u8x16) -> u8x16 {
    let letters = lower(bytes);
    among(bytes, b'0', b';')
        | among(letters, b'a', b'f')
        | is(letters, b'x')
        | is(letters, b'|')
        | is(bytes, b' ')
        | among(bytes, b',', b'.')
        | among(bytes, b'\t', b'\n')
        | is(bytes, b'\r')
}

/// Stretches of nothing but digits and separators: dumps in lines with offsets, `6d,61,72`,
/// `6d-61-72`, `0x6d, 0x61`, `\x6d`, `[109, 97, 114]`.
fn listings(bytes: &[u8], found: &mut Vec<Dump>) {
    const WINDOW: usize = 24;
    let mut done = 0;
    stretch::find(bytes, WINDOW, is_listed, |place| {
        // A GUID or an address has few separators; a listing has one after every group, and it is
        // mostly the same.
        let signs = Signs::count(&bytes[place.clone()]);
        let most = signs.most();
        if signs.all() * 6 < place.len() || most < 4 {
            return;
        }
        if most >= LEAST - 1 {
            decimal(bytes, place.clone(), found);
        }
        let mut seeds = (place.start..=place.end - WINDOW).step_by(4);
        if let Some(seed) = seeds.find(|&seed| seed >= done && seed_at(&bytes[seed..seed + WINDOW]))
        {
            done = spaced(bytes, seed, found);
        }
    });
}

/// How often each sign stands in a listing.
struct Signs([usize; 8]);

/// A one in the byte that counts a sign: the six that lists are written with each have one of
/// their own, all others share one.
static COUNTED: [u64; 256] = {
    let mut counted = [1 << 48; 256];
    let signs = b" ,-:;\\";
    let mut i = 0;
    while i < signs.len() {
        counted[signs[i] as usize] = 1 << (8 * i);
        i += 1;
    }
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            counted[byte] = 0;
        }
        byte += 1;
    }
    counted
};

impl Signs {
    fn count(stretch: &[u8]) -> Self {
        let mut counts = [0; 8];
        // Eight counters of one byte at a time.
        for part in stretch.chunks(255) {
            let sums: u64 = part.iter().map(|&byte| COUNTED[usize::from(byte)]).sum();
            for (count, sum) in counts.iter_mut().zip(sums.to_le_bytes()) {
                *count += usize::from(sum);
            }
        }
        Self(counts)
    }

    fn all(&self) -> usize {
        self.0.iter().sum()
    }

    fn most(&self) -> usize {
        self.0[..6].iter().copied().max().unwrap_or(0)
    }
}

/// Digits in groups from the line of `seed` on; where they end.
fn spaced(bytes: &[u8], seed: usize, found: &mut Vec<Dump>) -> usize {
    // A list can be one very long line: never more of it than this at a time.
    let from = seed.saturating_sub(256);
    let start = memchr::memrchr(b'\n', &bytes[from..seed]).map_or(from, |i| from + i + 1);
    let mut decoded = Vec::new();
    let (mut line, mut end) = (start, start);
    while line < bytes.len() {
        let most = (bytes.len() - line).min(LINE);
        let length = memchr::memchr(b'\n', &bytes[line..line + most]).map_or(most, |n| n + 1);
        let before = decoded.len();
        dump_line(&bytes[line..line + length], line == start, &mut decoded);
        line += length;
        if decoded.len() == before {
            break;
        }
        end = line;
    }
    if decoded.len() >= LEAST {
        let text = promising(&decoded);
        found.push(Dump { place: start..end, bytes: decoded, hex: true, text });
    }
    end
}

/// Whether groups of two or four digits stand at a steady distance, with the same sign between them: a
/// date and a time have different ones.
fn seed_at(window: &[u8]) -> bool {
    let group =
        |at: usize, digits: usize| window[at..at + digits].iter().all(u8::is_ascii_hexdigit);
    let steady = |first: usize, digits: usize, step: usize| {
        let sign = window[first + digits];
        !sign.is_ascii_alphanumeric()
            && (0..4).all(|n| group(first + n * step, digits))
            && (1..3).all(|n| window[first + n * step + digits] == sign)
    };
    (0..6).any(|first| {
        steady(first, 2, 3)
            || steady(first, 2, 4)
            || first < 4 && steady(first, 2, 6)
            || steady(first, 2, 5)
            || first < 5 && window[first + 4] == b' ' && steady(first, 4, 5)
    })
}

/// The bytes of one line of a dump. What stands before the first group is skipped in the first
/// line (a label, a variable's name), and only an offset in those that follow.
fn dump_line(line: &[u8], first: bool, out: &mut Vec<u8>) {
    let digits_at = |at: usize| line[at..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (mut at, mut taken, mut blanks) = (0, 0, 0);
    while at < line.len() {
        match line[at] {
            b' ' | b'\t' => {
                blanks += 1;
                // The characters of the dump follow after a wider gap.
                if taken > 0 && blanks > 2 {
                    return;
                }
                at += 1;
                continue;
            }
            b'0' if matches!(line.get(at + 1), Some(b'x' | b'X')) && digits_at(at + 2) == 2 => {
                at += 2;
            }
            b'x' if at > 0 && line[at - 1] == b'\\' => at += 1,
            byte if byte.is_ascii_alphanumeric() => {}
            byte if taken == 0 || b",-:;.\\[{(\"'\r\n%".contains(&byte) => {
                at += 1;
                continue;
            }
            _ => return,
        }
        let length = line[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let digits = digits_at(at);
        let after = &line[at + length..];
        let prefixed = line[at..].starts_with(b"0x") && length > 4;
        let offset = prefixed && taken == 0
            || taken == 0
                && digits == length
                && (length > 4
                    || length == 4 && (after.starts_with(b":") || after.starts_with(b"  ")));
        let group = digits == length && matches!(length, 2 | 4 | 8 | 16);
        if offset || taken == 0 && first && !group {
            at += length;
            continue;
        }
        if !group {
            return;
        }
        out.extend(
            line[at..at + length]
                .chunks_exact(2)
                .filter_map(|p| Some(nibble(p[0])? << 4 | nibble(p[1])?)),
        );
        taken += length / 2;
        at += length;
        blanks = 0;
        // The characters of a full line may look like digits too.
        if taken >= 16 && line[at..].starts_with(b"  ") {
            return;
        }
    }
}

/// Decimal numbers of bytes or characters: `[109, 97, 114, 116, 97]`.
fn decimal(bytes: &[u8], stretch: Range<usize>, found: &mut Vec<Dump>) {
    let mut decoded = Vec::new();
    let mut start = stretch.start;
    let mut at = stretch.start;
    let mut close = |decoded: &mut Vec<u8>, place: Range<usize>| {
        if decoded.len() >= LEAST {
            let text = promising(decoded);
            found.push(Dump { place, bytes: std::mem::take(decoded), hex: false, text });
        }
        decoded.clear();
    };
    while at < stretch.end {
        let rest = &bytes[at..stretch.end];
        let number = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let gap = rest[number..]
            .iter()
            .take_while(|b| matches!(b, b',' | b' ' | b';' | b'\n' | b'\r' | b'\t'))
            .count();
        let value = rest[..number.min(4)].iter().fold(0, |v, b| v * 10 + u16::from(b - b'0'));
        match u8::try_from(value).ok().filter(|_| (1..4).contains(&number)) {
            Some(byte) => decoded.push(byte),
            None => close(&mut decoded, start..at),
        }
        // Anything else between two numbers, or nothing, ends the list.
        if gap == 0 {
            close(&mut decoded, start..at + number);
        }
        at += (number + gap).max(1);
        if decoded.is_empty() {
            start = at;
        }
    }
    close(&mut decoded, start..stretch.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_listings_are_these() {
        let signs = b"0123456789abcdefABCDEFxX ,-:;.|\\\t\r\n";
        for byte in 0..=255u8 {
            let listed = is_listed(u8x16::splat(byte)).to_bitmask() == 0xFFFF;
            assert_eq!(listed, signs.contains(&byte), "{byte}");
        }
    }

    fn texts(dump: &str) -> Vec<String> {
        let mut found = find(dump.as_bytes());
        digits(dump.as_bytes(), 0, 16, &mut found);
        found.into_iter().map(|d| String::from_utf8_lossy(&d.bytes).into_owned()).collect()
    }

    #[test]
    fn dumps_of_every_kind_are_read() {
        let text = "marta.quillfeather@contoso.com";
        let hex: Vec<String> = text.bytes().map(|b| format!("{b:02x}")).collect();
        let lines = |line: &dyn Fn(usize, &[String]) -> String| {
            hex.chunks(16).enumerate().map(|(n, l)| line(n * 16, l)).collect::<String>()
        };
        let dumps = [
            format!("id={} next", hex.concat()),
            format!("data: {} end", hex.join(" ")),
            format!("\"x\"=hex:{},\\\n  {}\n", hex[..20].join(","), hex[20..].join(",")),
            format!("id {} z", hex.join("-").to_uppercase()),
            format!("x = {{ 0x{} }};", hex.join(", 0x")),
            format!("s = \"\\x{}\"", hex.join("\\x")),
            lines(&|n, l| format!("{n:08x}  {}  |marta.quillfeath|\n", l.join(" "))),
            lines(&|n, l| {
                format!(
                    "{n:08x}: {}  marta.quillfeath\n",
                    l.chunks(2).map(<[String]>::concat).collect::<Vec<_>>().join(" ")
                )
            }),
            format!("[{}]", text.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", ")),
            format!("[{}]", text.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(",")),
        ];
        for dump in dumps {
            assert!(texts(&dump).iter().any(|t| t.contains(text)), "{dump}: {:?}", texts(&dump));
        }
        let log = "2026-01-05T10:11:12.123Z GET /a 10.20.30.4 d02cca70-2246-b3c5-0876-45304eafa83e";
        assert!(texts(log).is_empty());
    }
}
