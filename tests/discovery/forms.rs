//! Encodings and escapes an identifier is seen through.

use crate::persona::*;
use caseward::discovery::Outcome;

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn utf16_in_files_and_in_binaries() {
    for (_, value) in ALL {
        let text = format!("one\r\nuser={value} signed in\r\nthree");
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_match(value, &utf16(&text, unit));
            assert_match(value, &utf16(&format!("\u{feff}{text}"), unit));
            for offset in 0..3 {
                let mut bytes = vec![0x91; 4095 + offset];
                bytes.extend([0, 0]);
                bytes.extend(utf16(value, unit));
                bytes.extend([0, 0, 0x91, 0x92]);
                assert_match(value, &bytes);
            }
        }
    }
}

#[test]
fn escapes_are_looked_through_and_are_boundaries() {
    for text in [
        "u=marta.quillfeather%40contoso.com&x=1",
        "u=marta.quillfeather%2540contoso.com%2526",
        r#"{"user":"marta.quillfeather\u0040contoso.com"}"#,
        r#"{"p":"{\"user\":\"marta.quillfeather\\u0040contoso.com\"}"}"#,
        "<p>marta.quillfeather&#64;contoso.com</p>",
        "marta.quillfeather&commat;contoso.com",
        "line\\nmarta.quillfeather@contoso.com\\nnext",
        "\x1b[31mmarta.quillfeather@contoso.com\x1b[0m",
        "marta.\x1b[31mquillfeather\x1b[0m@contoso.com",
        "path%2fmarta.quillfeather@contoso.com",
        "marta.quillfeather=40contoso.com",
        "x=20marta.quillfeather@contoso.com",
        "mailto:marta.quillfeather@contoso.com?subject=x",
        "marta.quillfeather_x0040_contoso.com",
        "\\\"marta.quillfeather@contoso.com\\\"",
        "marta\u{ad}.quillfeather@contoso.com",
        "C:\\nmarta.quillfeather@contoso.com",
    ] {
        assert_match(EMAIL, text.as_bytes());
    }
    for text in [
        "S%C3%B8ren%20Villads%C3%A9n",
        "S\\u00f8ren Villads\\u00e9n",
        "S&oslash;ren Villads&eacute;n",
        "SØREN VILLADSÉN",
        "Søren Villadse\u{301}n",
        "S=F8ren Villads=E9n",
    ] {
        assert_match(NAME2, format!("<{text}>").as_bytes());
    }
    assert_match(NAME2, b"x S\xF8ren Villads\xE9n y");
}

#[test]
fn file_names_are_text() {
    let query = persona();
    for (value, name) in [
        (EMAIL, "marta.quillfeather@contoso.com.log"),
        (EMAIL, "marta.quillfeather@contoso.com.zip"),
        (MACHINE, "DESKTOP-7QX1MQF_diag.zip"),
        (GUID, "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}.json"),
        (NAME, "Marta Quillfeather.docx"),
    ] {
        assert_eq!(
            outcome(&query.scan_name(name.as_bytes()), value),
            Some(Outcome::Match),
            "{name}"
        );
    }
    let other = query.scan_name(b"marta.quillfeather@contoso.com.au");
    assert_eq!(outcome(&other, EMAIL), Some(Outcome::Review));
}

#[test]
fn a_hit_says_where_and_how() {
    let result =
        scan(b"one\nuser=marta.quillfeather%40contoso.com marta.quillfeather%40contoso.com");
    let [hit] = result.hits.as_slice() else { panic!("{:?}", result.hits) };
    assert_eq!((hit.count, hit.offset, hit.form.to_string().as_str()), (2, 9, "percent-encoding"));
    assert_eq!((hit.outcome, hit.reason, hit.member.as_deref()), (Outcome::Match, None, None));
}
