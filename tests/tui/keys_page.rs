//! `docs/keys.md`: made from the table of actions, so that it says what the program does.

use caseward::tui::actions::{ACTIONS, Danger, Scope};
use std::fmt::Write;

/// In the order of the page.
const SCOPES: &[Scope] = &[
    Scope::Global,
    Scope::List,
    Scope::Cases,
    Scope::Case,
    Scope::Picker,
    Scope::Access,
    Scope::Requests,
    Scope::Request,
    Scope::Review,
    Scope::Receipt,
    Scope::Log,
    Scope::Retention,
    Scope::Sweep,
];

const INTRO: &str = "\
# Keys and configuration

Made from the table of actions by `cargo run --example screenshots`, and held to it by a test. `?` shows the keys of a
screen, `a` what can be done on it and what cannot and why, `:` finds any action, case or request by typing.

Every action below can be given other keys in `$XDG_CONFIG_HOME/caseward/config.toml` (`--config FILE`, or
`$CASEWARD_CONFIG`). A mistake in the file is named with its line and costs its own setting only; `caseward doctor` says
what holds and who said so.

```toml
theme = \"dark\"            # dark, light, mono, high_contrast; NO_COLOR wins, --color wins over both
symbols = \"unicode\"       # unicode, ascii
reduced_motion = false    # true: long jobs show no running counts
mouse = false             # true: a click chooses, the wheel moves; M changes it while the program runs
plain = false             # true: lines of ASCII without boxes or styles, for a screen reader; also --plain
editor = \"vim\"            # else $VISUAL, else $EDITOR
pager = \"less\"            # else $PAGER, else less

[keys]                    # the name of an action: a key, or a list of keys; an empty list takes its keys away
down = [\"j\", \"down\", \"ctrl-n\"]

[filters]                 # for the list of cases, under f
mine = \"ana open\"
```

A key is a letter, or `enter`, `esc`, `tab`, `backtab`, `backspace`, `delete`, `insert`, `space`, `up`, `down`, `left`,
`right`, `pageup`, `pagedown`, `home`, `end`, `f1` to `f12`; `ctrl-` or `alt-` may stand before it. One action may have
several keys; one key never means two things on one screen; nothing that changes records lies on a ctrl key. In forms
letters are letters: tab and enter go on, shift-tab goes back, esc leaves and asks once where something was changed, ctrl-u
empties a field, ctrl-e opens the editor on a text of several lines.
";

/// The page.
pub fn page() -> String {
    let mut page = INTRO.to_owned();
    for scope in SCOPES {
        let rows: Vec<_> = ACTIONS.iter().filter(|info| info.scope == *scope).collect();
        if rows.is_empty() {
            continue;
        }
        write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", scope.title())
            .unwrap();
        for info in rows {
            let keys: Vec<String> = info.keys.iter().map(|key| format!("`{key}`")).collect();
            let asks = match info.danger {
                Danger::None => "",
                Danger::Confirm => ". Asks first",
                Danger::Typed => ". Asks for the id to be typed",
            };
            let absent = if info.writes { "; not with `--read-only`" } else { "" };
            let (name, help) = (info.name, info.help);
            writeln!(page, "| {} | `{name}` | {help}{asks}{absent} |", keys.join(" ")).unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_keys_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == page(), "docs/keys.md is out of date: `cargo run --example screenshots`");
}

#[test]
fn every_action_stands_on_the_page() {
    let page = page();
    for info in ACTIONS {
        assert!(page.contains(&format!("| `{}` |", info.name)), "{}", info.name);
    }
}
