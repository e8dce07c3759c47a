//! What in a workspace is about somebody, and so has no place in the program's log of itself.

use std::collections::BTreeSet;
use std::path::Path;
use walkdir::WalkDir;

/// Everything in a workspace that is about somebody: domains, addresses, names, titles, names of files.
pub fn personal(workspace: &Path) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for entry in WalkDir::new(workspace.join("tenants")).into_iter().map(Result::unwrap) {
        // Ids say nothing of anybody, and directories of the layout have the program's names.
        if entry.file_type().is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !["tenant.toml", "case.toml", "request.toml", "plan.jsonl"].contains(&name.as_str())
            {
                words.insert(name);
            }
        } else if entry.depth() == 1 {
            words.insert(entry.file_name().to_string_lossy().into_owned());
        }
        if entry.path().extension().is_some_and(|ending| ending == "toml") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for line in text.lines() {
                let Some((key, value)) = line.split_once(" = ") else { continue };
                let keys = ["title", "upn", "name", "customer", "opened_by", "by", "justification"];
                if keys.contains(&key) {
                    words.insert(value.trim_matches('"').to_owned());
                }
            }
        }
    }
    words.retain(|word| word.chars().count() > 4);
    words
}
