//! A conflict in words: what somebody else wrote, field by field, beside what was to be written.

use crate::text;
use std::collections::BTreeMap;
use toml::Value;

/// Of more fields than this only the number is said.
const SHOWN: usize = 4;
/// Columns of a value.
const WIDTH: usize = 48;

/// The fields of a record by their dotted paths, such as `consent[1].answer`.
type Fields = BTreeMap<String, String>;

/// What differs between a record as it was read and as it is now, and what this change makes of the
/// same fields: `` `status` is "closed" now and was "open" ``. Of a text that is no TOML only that
/// it has other contents.
pub(super) fn explain(read: &str, ours: Option<&[u8]>, now: &[u8]) -> String {
    let other = || "it has other contents now".to_owned();
    let (Some(read), Some(now)) = (fields(read.as_bytes()), fields(now)) else { return other() };
    let ours = ours.and_then(fields);
    let mut names: Vec<&String> = read.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    // Every write counts it up: that it differs says nothing.
    names.retain(|name| read.get(*name) != now.get(*name) && *name != "revision");
    if names.is_empty() {
        return "only comments or spacing differ".to_owned();
    }
    let said = names.iter().take(SHOWN).map(|name| {
        let (was, is) = (read.get(*name), now.get(*name));
        let differs = match (was, is) {
            (Some(was), Some(is)) => format!("is {is} now and was {was}"),
            (None, Some(is)) => format!("is {is} now and was not there"),
            (Some(was), None) => format!("is gone now and was {was}"),
            (None, None) => String::new(),
        };
        let mine = ours.as_ref().map(|ours| ours.get(*name));
        let mine = match mine {
            // What both wrote alike, and what this change leaves alone, is no quarrel.
            Some(mine) if mine != was && mine != is => {
                let would = mine.map_or("be removed".to_owned(), |mine| format!("be {mine}"));
                format!(" (this change: to {would})")
            }
            _ => String::new(),
        };
        format!("`{}` {differs}{mine}", text::safe(name))
    });
    let mut said: Vec<String> = said.collect();
    if names.len() > SHOWN {
        said.push(format!(
            "and {} differ",
            text::plural((names.len() - SHOWN) as u64, "more field")
        ));
    }
    said.join("; ")
}

/// Of each record only the fields that changes speak of: `None` when it is no TOML.
fn fields(bytes: &[u8]) -> Option<Fields> {
    let table: toml::Table = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
    let mut fields = Fields::new();
    for (key, value) in &table {
        flatten(key.clone(), value, &mut fields);
    }
    Some(fields)
}

fn flatten(path: String, value: &Value, into: &mut Fields) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                flatten(format!("{path}.{key}"), value, into);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_table) => {
            for (index, value) in values.iter().enumerate() {
                flatten(format!("{path}[{index}]"), value, into);
            }
        }
        other => {
            let shown = other.to_string();
            let shown = text::safe(&shown);
            into.insert(path, text::truncate(&shown, WIDTH).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_said_field_by_field() {
        let read = "revision = 1\nstatus = \"open\"\nassigned_to = \"ana\"\n";
        let now = "revision = 2\nstatus = \"open\"\nassigned_to = \"ben\"\nclosed_at = 1\n";
        let ours = "revision = 2\nstatus = \"open\"\nassigned_to = \"chiara\"\n";
        assert_eq!(
            explain(read, Some(ours.as_bytes()), now.as_bytes()),
            "`assigned_to` is \"ben\" now and was \"ana\" (this change: to be \"chiara\"); \
             `closed_at` is 1 now and was not there"
        );
    }

    #[test]
    fn entries_of_a_list_are_named_by_their_place() {
        let (read, now) = ("[[consent]]\nanswer = \"yes\"\n", "[[consent]]\nanswer = \"no\"\n");
        let said = explain(read, None, now.as_bytes());
        assert_eq!(said, "`consent[0].answer` is \"no\" now and was \"yes\"");
    }

    #[test]
    fn what_cannot_be_compared_is_not_guessed() {
        for now in [&b"\xff"[..], b"= 1", b""] {
            let said = explain("= nothing", None, now);
            assert_eq!(said, "it has other contents now");
        }
        assert_eq!(
            explain("a = 1\n", None, b"# by hand\na = 1\n"),
            "only comments or spacing differ"
        );
    }

    #[test]
    fn long_and_hostile_values_are_cut_and_made_safe() {
        let now =
            format!("a = \"{}\\u001b[2J\"\nb = 1\nc = 1\nd = 1\ne = 1\nf = 1\n", "x".repeat(999));
        let said = explain("", None, now.as_bytes());
        assert!(
            said.len() < 400
                && !said.contains('\x1b')
                && said.ends_with("and 2 more fields differ")
        );
    }
}
