//! Where each kind of identifier begins and ends.

use crate::persona::*;

#[test]
fn every_identifier_is_found_as_typed_and_in_any_case() {
    for (_, value) in ALL {
        for context in [
            "user={} signed in",
            "<{}>",
            "'{}'",
            "note for {}.",
            "a\t{}\tb",
            "[{}]",
            "{}",
            "x: {};next",
        ] {
            for value_as in [value.to_owned(), value.to_uppercase(), value.to_lowercase()] {
                assert_match(value, context.replace("{}", &value_as).as_bytes());
            }
        }
    }
}

#[test]
fn signs_that_fold_to_letters_are_found_as_typed_and_as_those_letters() {
    use caseward::discovery::{IdentifierType, Limits};
    for (typed, letters) in [("№", "no"), ("℡ ™", "tel tm"), ("ª7", "a7"), ("㎏㎏", "kgkg")]
    {
        for kind in [IdentifierType::Custom, IdentifierType::Puid, IdentifierType::Machine] {
            let query = query(&[(kind, typed)]);
            for text in [typed, letters] {
                for text in [text.to_owned(), format!("x {text} y")] {
                    let result = query.scan_bytes(text.as_bytes(), &Limits::default());
                    assert!(!result.hits.is_empty(), "{kind:?} {typed} in {text}");
                }
            }
        }
    }
}

#[test]
fn a_longer_address_is_another() {
    for text in [
        format!("b{EMAIL}"),
        format!("x.{EMAIL}"),
        format!("x-{EMAIL}"),
        format!("x_{EMAIL}"),
        format!("first+{EMAIL}"),
        format!("é{EMAIL}"),
        format!("{EMAIL}.au"),
        format!("{EMAIL}pany"),
        format!("{EMAIL}-old.net"),
        format!("{EMAIL}&eacute;"),
        format!("&eacute;{EMAIL}"),
        format!("{EMAIL}%2Eau"),
        format!("first%2B{EMAIL}"),
        format!("{EMAIL}\\u00e9"),
        format!("o'{EMAIL}"),
        format!("e\u{301}{EMAIL}"),
    ] {
        assert_review(EMAIL, &format!("user={text} signed in"));
    }
    assert_none(EMAIL, &EMAIL.replace('@', "@sub."));
    assert_none(EMAIL, &EMAIL.replacen('a', "\u{430}", 1));
    assert_review(EMAIL, "marta.quillfeather_contoso.com#EXT#@fabrikam.onmicrosoft.com");
    assert_review(EMAIL, "/personal/marta_quillfeather_contoso_com/Documents");
    for text in [
        format!("see ...{EMAIL}"),
        format!("- {EMAIL}"),
        format!("_{EMAIL}_"),
        format!("C:\\x\\{EMAIL}.log"),
        format!("-{EMAIL}-"),
    ] {
        assert_match(EMAIL, text.as_bytes());
    }
    for text in [format!("sip:a{}", &SIP[4..]), format!("{SIP}.br"), format!("{SIP}munity")] {
        assert_review(SIP, &text);
    }
    for text in [
        format!("sips:{}", &SIP[4..]),
        format!("{SIP}:5061;transport=tls"),
        format!("<{SIP};gruu>"),
        SIP[4..].to_owned(),
    ] {
        assert_match(SIP, text.as_bytes());
    }
}

#[test]
fn a_name_is_its_words_in_order() {
    for text in [
        "Quillfeather, Marta",
        "QUILLFEATHER, Marta",
        "Marta  Quillfeather",
        "Marta\u{a0}Quillfeather",
        "Marta\tQuillfeather",
        "Marta\nQuillfeather",
        "Marta\r\nQuillfeather",
        "Marta\n> Quillfeather",
        "Marta\r\n > > Quillfeather",
        "Marta Quillfeather's",
        "CN=Marta Quillfeather,OU=Staff",
        "Marta+Quillfeather",
        "Marta%20Quillfeather",
        "CN=Quillfeather\\, Marta,OU=x",
        "担当Marta Quillfeather",
    ] {
        assert_match(NAME, format!("to {text} today").as_bytes());
    }
    for text in [
        "Marta Quillfeathers",
        "Samarta Quillfeather",
        "Marta Quillfeatheré",
        "Marta_Quillfeather",
        "Anna-Marta Quillfeather",
        "Marta Quillfeather-Smith",
        "Quillfeather Marta",
        "Marta Quillfeather&eacute;",
    ] {
        assert_review(NAME, &format!("to {text} today"));
    }
    for text in [
        "Marta. Quillfeather Inc",
        "Marta J Quillfeather",
        "marta.quillfeather",
        "MartaQuillfeather",
    ] {
        assert_none(NAME, &format!("to {text} today"));
    }
}

#[test]
fn a_phone_number_is_its_digits() {
    for text in [
        "4255550137",
        "14255550137",
        "+14255550137",
        "425-555-0137",
        "(425) 555-0137",
        "425.555.0137",
        "tel:+1-425-555-0137",
        "+1 425 555 0137",
        "001 425 555 0137",
        "+1\u{a0}425\u{a0}555\u{2011}0137",
        "tel:%2B14255550137",
        "sip:+14255550137@sbc.contoso.com;user=phone",
        "<v>14255550137</v>",
        "1.4255550137E+10",
        "425-555-0137 x42",
        "011 1 425 555 0137",
        "2026-01-01 12:00:01 425 555 0137",
        "at 17 4255550137 ok",
        "(425)555-0137",
        "425 555-01-37",
        "1-425-555-0137",
    ] {
        assert_match(PHONE, format!("call {text} now").as_bytes());
    }
    for text in [
        "94255550137",
        "42555501379",
        "1-425-555-01374",
        "+44 425 555 0137",
        "+44425-555-0137",
        "425-555-0137-9",
        "a4255550137",
        "4255550137f",
        "9-425-555-0137",
    ] {
        assert_review(PHONE, &format!("call {text} now"));
    }
    assert_none(PHONE, "425-555-0138");
    assert_none(PHONE, "425\n555\n0137");
}

#[test]
fn an_address_is_every_form_of_it_and_no_other() {
    for text in [
        "10.20.30.4:443",
        "::ffff:10.20.30.4",
        "http://10.20.30.4/x",
        "10.20.30.4/32",
        "ip-10-20-30-4.ec2",
        "4.30.20.10.in-addr.arpa",
        "010.020.030.004",
        "10.20.30.4.",
        "::ffff:a14:1e04",
        "/10.20.30.4:80",
        "10.20.30.1-10.20.30.4",
    ] {
        assert_match(IPV4, format!("from {text} ok").as_bytes());
    }
    for text in [
        "110.20.30.4",
        "10.20.30.45",
        "10.20.30.4.1",
        "1.10.20.30.4",
        "v10.20.30.4",
        "version 10.20.30.4",
        "Chrome/10.20.30.4 Safari",
        "10-20-30-4",
        "2001:db8::10.20.30.4",
    ] {
        assert_review(IPV4, &format!("from {text} ok"));
    }
    for text in [
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "[2001:db8:85a3::8a2e:370:7334]:443",
        "2001:db8:85a3::8a2e:370:7334%eth0",
        "2001:db8:85a3::8a2e:3.112.115.52",
        "2001-db8-85a3--8a2e-370-7334.ipv6-literal.net",
        "2001:DB8:85A3::8A2E:370:7334",
        "2001:db8:85a3::8a2e:370:7334/64",
        "2001:db8:85a3::8a2e:370:7334.",
        "4.3.3.7.0.7.3.0.e.2.a.8.0.0.0.0.0.0.0.0.3.a.5.8.8.b.d.0.1.0.0.2.ip6.arpa",
    ] {
        assert_match(IPV6, format!("from {text} ok").as_bytes());
    }
    for text in [
        "12001:db8:85a3::8a2e:370:7334",
        "2001:db8:85a3::8a2e:370:73341",
        "fe80:2001:db8:85a3::8a2e:370:7334",
        "2001:db8:85a3::8a2e:370:7334:1",
    ] {
        assert_review(IPV6, &format!("from {text} ok"));
    }
    assert_none(IPV6, "2001:db8:85a3::8a2e:370:7335");
}

#[test]
fn a_guid_is_its_sixteen_bytes() {
    for text in [
        "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}",
        "3f2504e04f8941d39a0c0305e82c3301",
        "urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0_4f89_41d3_9a0c_0305e82c3301",
        "0x3F2504E04F8941D39A0C0305E82C3301",
        "4AQlP4lP00GaDAMF6CwzAQ==",
        "(objectGUID=\\E0\\04\\25\\3F\\89\\4F\\D3\\41\\9A\\0C\\03\\05\\E8\\2C\\33\\01)",
        "{0x3f2504e0,0x4f89,0x41d3,{0x9a,0x0c,0x03,0x05,0xe8,0x2c,0x33,0x01}}",
        "E0-04-25-3F-89-4F-D3-41-9A-0C-03-05-E8-2C-33-01",
        "E004253F894FD3419A0C0305E82C3301",
    ] {
        assert_match(GUID, format!("id {text} ok").as_bytes());
    }
    for text in [
        format!("a{GUID}"),
        format!("{GUID}0"),
        format!("abcd-{GUID}"),
        "a3f2504e04f8941d39a0c0305e82c3301".into(),
    ] {
        let result = scan(format!("id {text} ok").as_bytes());
        assert_ne!(outcome(&result, GUID), Some(caseward::discovery::Outcome::Match), "{text}");
    }
    let mut bytes = vec![0x91; 300];
    bytes.extend([
        0xE0, 0x04, 0x25, 0x3F, 0x89, 0x4F, 0xD3, 0x41, 0x9A, 0x0C, 3, 5, 0xE8, 0x2C, 0x33, 1,
    ]);
    bytes.extend([0x91; 99]);
    assert_match(GUID, &bytes);
}

#[test]
fn ids_and_machines_stand_alone() {
    for (value, found, longer) in [
        (
            PUID,
            vec![format!("0x{PUID}"), format!("{PUID}@Live.com")],
            vec![format!("A{PUID}"), format!("{PUID}0")],
        ),
        (
            SESSION,
            vec![format!("0x{}", SESSION.to_uppercase()), format!("session-{SESSION}")],
            vec![format!("0{SESSION}"), format!("{SESSION}f"), format!("{SESSION}-41d3")],
        ),
        (
            MACHINE,
            vec![
                format!("{MACHINE}.corp.contoso.com"),
                format!("\\\\{MACHINE}\\c$"),
                format!("{MACHINE}$"),
                format!("CONTOSO\\{MACHINE}$"),
                format!("{MACHINE}_20260101.log"),
            ],
            vec![
                format!("{MACHINE}2"),
                format!("X{MACHINE}"),
                format!("{MACHINE}-OLD"),
                format!("{MACHINE}-2"),
            ],
        ),
    ] {
        for text in found {
            assert_match(value, format!("on {text} at").as_bytes());
        }
        for text in longer {
            assert_review(value, &format!("on {text} at"));
        }
    }
}

#[test]
fn bytes_of_a_binary_type_nothing_over() {
    // A backspace behind a zero takes nothing with it, whatever letter follows.
    for (_, value) in ALL {
        assert_match(value, &[b"\x02\x80\0", value.as_bytes(), b"\0\x08\xDF\xEA\xD2"].concat());
    }
    assert_match(EMAIL, b"marta.quillx\x08feather@contoso.com ");
    assert_review(EMAIL, &format!("{EMAIL} \x08x"));
}
