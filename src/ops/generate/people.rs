//! Names, addresses and roles of people who do not exist, all under reserved domains.

use super::dice::Dice;
use crate::model::{Engineer, Principal};

const FIRST: &[&str] = &[
    "Adele",
    "Alejandra",
    "Amir",
    "Ana",
    "Aoife",
    "Bao",
    "Ben",
    "Bogdan",
    "Carmen",
    "Chidi",
    "Dagny",
    "Diego",
    "Elif",
    "Émilie",
    "Farid",
    "Grace",
    "Hiroshi",
    "Ines",
    "Jane",
    "John",
    "Jürgen",
    "Kofi",
    "Lidia",
    "Łukasz",
    "Mei",
    "Miriam",
    "Nadia",
    "Olu",
    "Pradeep",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomás",
    "Uma",
    "Vera",
    "Wanda",
    "Xiu",
    "Yusuf",
    "Zoë",
    "Anne-Marie",
];
const LAST: &[&str] = &[
    "Abdi",
    "Almeida",
    "Bauer",
    "Brown",
    "Castro",
    "Chen",
    "Costa",
    "Dimitrov",
    "Eriksen",
    "Evans",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jansen",
    "Kaya",
    "Kowalski",
    "Lefèvre",
    "Miller",
    "Müller",
    "Nakamura",
    "Novak",
    "O'Brien",
    "Okafor",
    "Olsen",
    "Patel",
    "Quist",
    "Rossi",
    "Sánchez",
    "Schmidt",
    "Silva",
    "Smith",
    "Tanaka",
    "Umar",
    "Vance",
    "Weber",
    "Xu",
    "Yılmaz",
    "Zhang",
    "van der Berg",
];

/// Somebody: the name as it is written, and the local part of an address.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) local: String,
}

pub(super) fn person(dice: &mut Dice) -> Person {
    let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
    let plain = |name: &str| -> String {
        let folded: String = name.chars().map(plain_letter).collect();
        folded.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    Person { name: format!("{first} {last}"), local: format!("{}.{}", plain(first), plain(last)) }
}

/// The ASCII letter of a letter with a mark, for addresses.
fn plain_letter(letter: char) -> char {
    match letter {
        'á' | 'à' | 'ä' => 'a',
        'é' | 'è' | 'ë' | 'É' => 'e',
        'í' | 'ı' => 'i',
        'ó' | 'ø' | 'ö' => 'o',
        'ú' | 'ü' => 'u',
        'Ł' => 'l',
        other => other,
    }
}

/// One engineer for some four hundred cases.
pub(super) fn engineers(dice: &mut Dice, cases: u64) -> Vec<Engineer> {
    let count = usize::try_from(cases / 400).unwrap_or(0).clamp(2, 400);
    (0..count)
        .map(|number| {
            let person = person(dice);
            Engineer {
                principal: format!("{}{}@support.example", person.local, number + 1),
                name: person.name,
                os_user: None,
                ssh_key: None,
            }
        })
        .collect()
}

/// A tenant's people: an administrator who may decide first, then contacts with and without roles.
pub(super) fn principals(dice: &mut Dice, domain: &str, count: usize) -> Vec<Principal> {
    let role = |number: usize| -> &[&str] {
        match number {
            0 => &["Service Support Administrator"],
            1 => &["Global Administrator"],
            2 => &["Reports Reader"],
            3 => &["Security Reader"],
            _ => &[],
        }
    };
    (0..count)
        .map(|number| {
            let person = person(dice);
            let suffix = if number == 0 { String::new() } else { number.to_string() };
            Principal {
                upn: format!("{}{suffix}@{domain}", person.local),
                name: person.name,
                roles: role(number).iter().map(|&role| role.to_owned()).collect(),
                ssh_key: None,
            }
        })
        .collect()
}
