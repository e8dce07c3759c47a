//! What wins over what, and what a mistake costs.

use super::*;
use crate::tui::actions::ActionId;

fn load(text: &str, flags: &Flags, around: &Surroundings) -> Preferences {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags { config: Some(path), ..flags.clone() };
    let mut read = Preferences::load(&flags, around);
    for mistake in &mut read.mistakes {
        mistake.path = "config.toml".to_owned();
    }
    read
}

fn read(text: &str) -> Preferences {
    load(text, &Flags::default(), &Surroundings::default())
}

/// The mistakes as they are shown, hints behind them.
fn mistakes(text: &str) -> Vec<String> {
    let show =
        |mistake: &Invalid| format!("{mistake} ({})", mistake.hint.as_deref().unwrap_or_default());
    read(text).mistakes.iter().map(show).collect()
}

#[test]
fn every_setting_is_read_with_its_line() {
    let read = read(
        "theme = \"light\"\nsymbols = \"ascii\"\nreduced_motion = true\nmouse = true\nplain = true\n\
         editor = \"vim -n\"\npager = \"less\"\n[keys]\ndown = [\"j\", \"ctrl-n\"]\n\
         [filters]\nmine = \"ana open\"\n",
    );
    assert_eq!(read.mistakes, []);
    assert_eq!(read.look, Chosen::new(Look::Light, Origin::File(1)));
    assert_eq!(read.symbols, Chosen::new(Symbols::Ascii, Origin::File(2)));
    assert_eq!(read.reduced_motion, Chosen::new(true, Origin::File(3)));
    assert_eq!(read.mouse, Chosen::new(true, Origin::File(4)));
    assert_eq!(read.plain, Chosen::new(true, Origin::File(5)));
    assert_eq!(read.editor, Chosen::new(Some("vim -n".to_owned()), Origin::File(6)));
    assert_eq!(read.pager, Chosen::new(Some("less".to_owned()), Origin::File(7)));
    assert_eq!(read.bound, [(ActionId::Down, 9)]);
    assert_eq!(read.keymap.keys_of(ActionId::Down).len(), 2);
    assert_eq!(read.filters.len(), 1);
    assert_eq!((read.filters[0].name.as_str(), read.filters[0].line), ("mine", 11));
}

#[test]
fn the_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "theme = \"light\"\neditor = \"vim\"\n";
    let around = Surroundings {
        no_color: true,
        dumb: true,
        editor: Some("ed".to_owned()),
        pager: Some("more".to_owned()),
        ..Surroundings::default()
    };
    let always = Flags { color: Some(true), ..Flags::default() };
    let never = Flags { color: Some(false), ..Flags::default() };
    let look = |flags: &Flags, around: &Surroundings| load(file, flags, around).look;
    assert_eq!(look(&always, &around), Chosen::new(Look::Light, Origin::File(1)));
    assert_eq!(look(&never, &around).from, Origin::Flag("--color never"));
    let no_color = look(&Flags::default(), &around);
    assert_eq!(no_color, Chosen::new(Look::Mono, Origin::Environment("NO_COLOR")));
    let dumb = Surroundings { no_color: false, ..around.clone() };
    assert_eq!(look(&Flags::default(), &dumb).value, Look::Light);
    let without = load("", &Flags::default(), &dumb);
    assert_eq!(without.look, Chosen::new(Look::Mono, Origin::Environment("TERM")));
    let both = load(file, &Flags::default(), &around);
    assert_eq!(both.editor, Chosen::new(Some("vim".to_owned()), Origin::File(2)));
    assert_eq!(both.pager, Chosen::new(Some("more".to_owned()), Origin::Environment("PAGER")));
    assert_eq!(without.editor.from, Origin::Environment("EDITOR"));
    let plain = Flags { plain: true, ..Flags::default() };
    assert_eq!(load("plain = false", &plain, &around).plain.from, Origin::Flag("--plain"));
}

#[test]
fn a_mistake_is_named_by_line_with_the_nearest_name_and_costs_itself_only() {
    let text = "them = \"dark\"\ntheme = \"lihgt\"\nmouse = \"yes\"\nsymbols = \"ascii\"\n\n[keys]\n\
                case_not = \"n\"\ndown = \"ctlr-n\"\nup = [\"k\", 3]\ncase_close = \"ctrl-x\"\n";
    let said = mistakes(text);
    assert_eq!(
        said,
        [
            "config.toml:1: `them` is no setting (did you mean `theme`?)",
            "config.toml:2: `lihgt` is no theme (did you mean `light`?)",
            "config.toml:3: this is of type string, not true or false ()",
            "config.toml:7: `case_not` is no action (did you mean `case_note`?)",
            "config.toml:8: `ctlr-n` is no key (did you mean `ctrl-n`?)",
            "config.toml:9: this is of type integer, not a string ()",
            "config.toml:10: `case_close` changes records, and ctrl-x is too easily hit (take a key without ctrl)",
        ]
    );
    let read = read(text);
    assert_eq!(read.symbols.value, Symbols::Ascii);
    assert_eq!(read.look, Chosen::default());
    assert_eq!(read.keymap.keys_of(ActionId::Down), Keymap::default().keys_of(ActionId::Down));
}

#[test]
fn what_is_no_toml_leaves_the_defaults() {
    let said = mistakes("theme = \"light\"\nmouse = = true\n");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("config.toml:2: "), "{said:?}");
    assert_eq!(read("theme = \"light\"\nmouse = =\n").look, Chosen::default());
}

#[test]
fn two_keys_for_one_action_are_well_and_one_key_for_two_is_not() {
    assert_eq!(mistakes("[keys]\ndown = [\"j\", \"n\"]\n").len(), 1);
    assert_eq!(
        mistakes("[keys]\ncase_note = \"c\"\n"),
        ["config.toml:2: c means two things under \"Case\": `case_note` and `case_consent` \
          (give `case_consent` another key as well: case_consent = \"…\")"]
    );
    // Exchanged, both have a key of their own.
    assert_eq!(mistakes("[keys]\ncase_note = \"c\"\ncase_consent = \"n\"\n"), [""; 0]);
    // Of two bindings of the user's the later is the mistake.
    let said = mistakes("[keys]\ncase_note = \"z\"\ncase_close = \"z\"\n");
    assert!(said.len() == 1 && said[0].starts_with("config.toml:3: z means"), "{said:?}");
    // On different screens one key is two actions.
    assert_eq!(mistakes("[keys]\ncase_note = \"A\"\n"), [""; 0]);
    let read = read("[keys]\ncase_note = \"c\"\n");
    assert_eq!(
        read.keymap.keys_of(ActionId::CaseNote),
        Keymap::default().keys_of(ActionId::CaseNote)
    );
}

#[test]
fn the_way_out_keeps_a_key() {
    assert!(mistakes("[keys]\nquit = []\n")[0].contains("the way out"));
    assert_eq!(mistakes("[keys]\ncase_close = []\n"), [""; 0]);
    assert!(read("[keys]\ncase_close = []\n").keymap.keys_of(ActionId::CaseClose).is_empty());
}

#[test]
fn a_file_that_somebody_named_has_to_be_there() {
    let flags = Flags { config: Some(PathBuf::from("/nonexistent/c.toml")), ..Flags::default() };
    let read = Preferences::load(&flags, &Surroundings::default());
    assert_eq!(read.mistakes.len(), 1);
    let usual = Surroundings { usual: flags.config, ..Surroundings::default() };
    assert_eq!(Preferences::load(&Flags::default(), &usual).mistakes, []);
}
