//! The second look: why a file matched, and the text around a hit.

use crate::build::{Zip, zip};
use crate::persona::*;
use caseward::discovery::{Limits, Outcome};

#[test]
fn a_hit_is_shown_in_its_decoded_context() {
    let text = b"x\nsecret 42 u=marta.quillfeather%40contoso.com&next=Anna\ny".as_slice();
    let archive = zip(&[("a.log", text)], Zip::Deflated);
    let query = persona();
    let limits = Limits::default();
    let result = query.scan_bytes(&archive, &limits);
    let hit = result.hits.iter().find(|hit| hit.outcome == Outcome::Match).unwrap();
    let context = query.context(&mut &*archive, hit, &limits, 12).unwrap();
    assert_eq!(
        (context.before.as_str(), context.matched.as_str(), context.after.as_str()),
        ("secret 42 u=", EMAIL, "&next=Anna\ny")
    );
    let masked = context.masked();
    assert_eq!(
        (masked.before.as_str(), masked.matched.as_str(), masked.after.as_str()),
        ("•••••• •• •=", EMAIL, "&••••=••••\n•")
    );
    assert!(query.context(&mut b"changed".as_slice(), hit, &limits, 12).is_none());
}

#[test]
fn an_explanation_names_every_view_and_what_was_refused() {
    let archive =
        zip(&[("a.log", b"only quillfeather here"), ("b.log", EMAIL.as_bytes())], Zip::Deflated);
    let explanation = persona().explain(&mut &*archive, &Limits::default());
    let view = |member: Option<&str>| {
        explanation
            .views
            .iter()
            .find(|v| v.member.as_deref() == member && v.form.to_string() == "text")
            .unwrap()
    };
    assert!(view(Some("a.log")).found.is_empty());
    let refused: Vec<usize> = view(Some("a.log")).refused.iter().map(|r| r.identifier).collect();
    assert_eq!(refused, [0, 2], "the name and the address share an anchor");
    assert_eq!(view(Some("b.log")).found, [(2, Outcome::Match, None, 1)]);
    assert_eq!(view(None).bytes, archive.len() as u64);
    assert_eq!(explanation.result.outcome(), Some(Outcome::Match));
}
