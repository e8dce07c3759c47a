//! A case of very many files on the screen: opened, moved in, paged through, changed by another.

use crate::harness::{ANA, Stage, acting};
use crate::many_files::{asked_for, fill};
use caseward::model::Id;
use caseward::ops::case;
use caseward::workspace::CaseRef;
use std::time::Instant;

const CASE: &str = "2610240010004182";

#[test]
fn a_case_of_many_files_is_opened_moved_in_and_paged_through() {
    let count = asked_for();
    let mut stage = Stage::new();
    let dir = stage.dir.join("tenants/contoso.com/cases").join(CASE);
    fill(&dir, count);
    let (tenant, id) = (Id::new("contoso.com").unwrap(), Id::new(CASE).unwrap());
    let view = case::show(&acting(&stage.dir, ANA), &CaseRef { tenant, id }).unwrap();
    let records: Vec<&str> = view.records.iter().map(|one| one.name.as_str()).collect();
    let files: Vec<&str> = view.diagnostics.iter().map(|one| one.name.as_str()).collect();
    assert!(records.len() > count && files.len() > count / 10);
    let timed = |stage: &mut Stage, what: &str, keys: &str| {
        let began = Instant::now();
        stage.type_keys(keys);
        println!("{count} files, {what}: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    };
    timed(&mut stage, "find the case", &format!("/{CASE}<enter>"));
    timed(&mut stage, "open it", "<enter>");
    stage.shows("Overview").shows(&format!("Records {}", records.len()));
    stage.shows(&format!("Diagnostics {}", files.len()));
    timed(&mut stage, "a page of the overview", "<pagedown>");
    timed(&mut stage, "the end of the overview", "G");
    let more = view.problems.len() - 200;
    stage.shows(&format!("and {more} more; `caseward case show")).shows("--json` lists all");
    timed(&mut stage, "records", "<right>");
    timed(&mut stage, "the next record", "j");
    timed(&mut stage, "the last record", "G");
    stage.shows(records[records.len() - 1]);
    timed(&mut stage, "a page up", "<pageup>");
    timed(&mut stage, "a page down", "<pagedown>");
    timed(&mut stage, "the first record", "g");
    stage.shows(records[0]);
    timed(&mut stage, "diagnostics", "<right>");
    timed(&mut stage, "the last diagnostic", "G");
    stage.shows(files[files.len() - 1]);
    case::close(&acting(&stage.dir, ANA), CASE).unwrap();
    timed(&mut stage, "read again", "R");
    stage.shows(files[files.len() - 1]);
    timed(&mut stage, "the overview of a closed case", "<left><left>");
    stage.shows("closed");
    timed(&mut stage, "back to the list", "q");
    stage.shows("Cases (1 of 13)");
}
