//! The configuration file in the interface: keys, looks, symbols, plain lines, and what is wrong.

use crate::harness::{Setting, Stage, text_of};
use caseward::tui::theme::{Look, Symbols, Theme};
use ratatui::style::{Color, Modifier};

#[test]
fn own_keys_work_and_stand_in_footer_and_help() {
    let mut stage = Stage::configured(
        "[keys]\ndown = [\"n\", \"down\"]\ncases_due = \"z\"\n\
        request_new = \"j\"\ncase_note = \"N\"\naccess_reject = \"J\"\nrequest_deny = \"j\"\n",
    );
    stage.shows("z due and problems").shows_not("configuration");
    stage.type_keys("nn<enter>").shows("2611120010003365");
    stage.type_keys("<esc>jj<enter>").shows("2611120010003365");
    stage.type_keys("<esc>?").shows("n down");
}

#[test]
fn a_broken_file_is_said_and_stops_nothing() {
    let mut stage = Stage::configured("theme = \"drak\"\n");
    stage.shows("config.toml:1: `drak` is no theme").shows("did you mean `dark`?");
    stage.type_keys("<enter>").shows("Overview");
    stage.type_keys("!").shows("`drak` is no theme");
    let stage = Stage::configured("[keys]\nquit = \"?\"\n");
    stage.shows("? means two things").shows("q leave");
}

fn themed(theme: Theme) -> Setting {
    Setting { theme, ..Setting::default() }
}

#[test]
fn every_theme_has_a_picture() {
    let names = [
        ("theme_dark", "theme_dark_menu"),
        ("theme_light", "theme_light_menu"),
        ("theme_mono", "theme_mono_menu"),
        ("theme_high_contrast", "theme_high_contrast_menu"),
    ];
    for (look, (list, menu)) in Look::ALL.into_iter().zip(names) {
        let theme = Theme { look, ..Theme::default() };
        let mut stage = Stage::with(themed(theme), |_| {});
        insta::assert_snapshot!(list, stage.type_keys("jjjjjj").picture());
        insta::assert_snapshot!(menu, stage.type_keys("<enter>a").picture());
    }
}

/// Whoever sees no colours reads the same words: the pictures differ in their marker alone.
#[test]
fn colour_says_nothing_that_words_do_not() {
    let scripts = ["jj", "<enter>", "<tab><tab>", "a", "<esc><esc>2", "3", "4", "5"];
    let shown = |theme: Theme| {
        let mut stage = Stage::with(themed(theme), |_| {});
        let mut pictures = Vec::new();
        for script in scripts {
            stage.type_keys(script);
            pictures.push(text_of(stage.buffer()).replace(['>', '[', ']'], " "));
        }
        let words =
            |text: &String| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        pictures.iter().map(words).collect::<Vec<_>>()
    };
    let dark = shown(Theme::default());
    for look in Look::ALL {
        assert_eq!(shown(Theme { look, ..Theme::default() }), dark, "{look:?}");
    }
}

/// What has the focus, what cannot be done and what is wrong differ from plain text in more than
/// their colour.
#[test]
fn every_role_of_state_differs_without_its_colour() {
    use caseward::tui::theme::Role;
    for look in Look::ALL {
        let theme = Theme { look, ..Theme::default() };
        let bare = |role| theme.style(role).add_modifier;
        for role in
            [Role::Selected, Role::Disabled, Role::Warn, Role::Bad, Role::Heading, Role::Banner]
        {
            assert_ne!(bare(role), bare(Role::Text), "{role:?} in {look:?}");
        }
        assert_ne!(bare(Role::Warn), bare(Role::Good), "{look:?}");
        assert_ne!(bare(Role::Selected), bare(Role::Disabled), "{look:?}");
        assert!(bare(Role::Selected).contains(Modifier::REVERSED));
    }
    assert_eq!(Theme::mono().style(Role::Bad).fg, None);
    let light = Theme { look: Look::Light, ..Theme::default() };
    for role in [Role::Warn, Role::Accent, Role::Good, Role::Bad] {
        let fg = light.style(role).fg;
        assert!(fg.is_some() && fg != Some(Color::Yellow) && fg != Some(Color::Cyan), "{role:?}");
    }
}

#[test]
fn plain_is_lines_of_ascii_without_boxes_or_styles() {
    let theme = Theme { plain: true, ..Theme::default() };
    let mut stage = Stage::with(Setting { size: (120, 40), ..themed(theme) }, |_| {});
    let mut pictures = Vec::new();
    for script in ["jj", "a", "<esc><enter>", "c", "<esc>2", "A", "<esc>3<enter>", "?", "<esc>5"] {
        stage.type_keys(script);
        assert!(stage.text().is_ascii(), "{script}: {}", stage.text());
        let styled = stage.buffer().content.iter().find(|cell| {
            cell.fg != Color::Reset || cell.bg != Color::Reset || !cell.modifier.is_empty()
        });
        assert!(styled.is_none(), "{script}: {styled:?}");
        for line in stage.text().lines() {
            assert!(!line.contains("---") && !line.contains("| "), "a box: {line}");
        }
        pictures.push(stage.picture());
    }
    insta::assert_snapshot!("plain_cases", pictures[0]);
    insta::assert_snapshot!("plain_menu", pictures[1]);
    insta::assert_snapshot!("plain_case", pictures[2]);
    insta::assert_snapshot!("plain_form", pictures[3]);
    insta::assert_snapshot!("plain_question", pictures[5]);
}

#[test]
fn ascii_symbols_leave_what_others_wrote() {
    let theme = Theme { symbols: Symbols::Ascii, ..Theme::default() };
    let japanese = |dir: &std::path::Path| {
        let path = dir.join("tenants/contoso.com/cases/2610240010004182/case.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("Mailbox migration stalls", "日本語 stalls")).unwrap();
    };
    let mut stage = Stage::with(themed(theme), japanese);
    stage.shows("日本語");
    stage.type_keys("a").shows("+-");
    stage.shows_not("─").shows_not("…").shows_not("·");
}
