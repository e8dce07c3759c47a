//! No permission, no space: an I/O error with the path and the way out, and nothing changed.

use super::harness::{MIGRATION, Ran, Sandbox};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// An account that owns nothing; root ignores modes, so root's tests run as this one.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Gives the sandbox to an account for which modes count.
fn hand_over(sandbox: &Sandbox) {
    if !is_root() {
        return;
    }
    let mut open = vec![sandbox.path().to_path_buf()];
    while let Some(path) = open.pop() {
        std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    // The program lies where that account cannot reach it.
    let program = sandbox.path().join("bin/caseward");
    std::fs::copy(env!("CARGO_BIN_EXE_caseward"), &program).unwrap();
    set_mode(&program, 0o755);
}

/// Runs as an account for which modes count.
fn run(sandbox: &Sandbox, line: &str) -> Ran {
    if !is_root() {
        return sandbox.sh(line);
    }
    let own = sandbox.command();
    let mut command = Command::new(sandbox.path().join("bin/caseward"));
    command.env_clear();
    for (name, value) in own.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.current_dir(sandbox.path()).args(line.split(' ')).uid(NOBODY).gid(NOBODY);
    Ran::from_output(line, command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_workspace_that_cannot_be_written_is_read_and_said_so() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "x");
    hand_over(&sandbox);
    for dir in [".journal", "tenants/contoso.com", "."] {
        set_mode(&sandbox.inside(dir), 0o500);
    }
    let lock = sandbox.inside(".lock");
    set_mode(&lock, 0o400);
    let before = sandbox.tree();
    for line in ["case list", "status", "case show 2610240010004182", "attest verify", "doctor"] {
        let ran = run(&sandbox, line);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    for line in [
        "case close 2610240010004182",
        "attach 2610240010004182 a.log --category euii",
        "tenant add new.example",
        "dsr new contoso.com --type delete --regulation gdpr --requester contact --option a",
    ] {
        let ran = run(&sandbox, line);
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(ran.stderr.contains("permission denied"), "{ran:?}");
        assert!(ran.stderr.contains("ws/"), "the path is named: {ran:?}");
        assert!(ran.stderr.contains("hint: check the owner and mode"), "{ran:?}");
    }
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_store_that_cannot_be_written_takes_nothing_half() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "x");
    hand_over(&sandbox);
    let store = sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/diagnostics"));
    set_mode(&store, 0o500);
    let before = sandbox.tree();
    let line = format!("attach {MIGRATION} a.log --category euii");
    let ran = run(&sandbox, &line);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("permission denied"), "{ran:?}");
    assert_eq!(sandbox.tree(), before, "nothing is changed, and nothing stays behind");
    set_mode(&store, 0o700);
    assert_eq!(run(&sandbox, &line).code, 0, "it can be repeated");
    let items = run(&sandbox, &format!("diagnostics list {MIGRATION} --json")).document();
    let copies = items["items"].as_array().unwrap().iter().filter(|item| item["size"] == 1).count();
    assert_eq!(copies, 1, "and is there once");
}

#[test]
fn a_directory_that_cannot_be_read_is_named() {
    let sandbox = Sandbox::demo();
    hand_over(&sandbox);
    set_mode(&sandbox.inside("tenants/fabrikam.com/cases"), 0o000);
    let ran = run(&sandbox, "case list");
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("tenants/fabrikam.com/cases"), "{ran:?}");
    assert!(ran.stderr.contains("permission denied"), "{ran:?}");
    set_mode(&sandbox.inside("tenants/fabrikam.com/cases"), 0o700);
}

#[test]
fn del_7_a_file_that_cannot_be_searched_makes_a_discovery_incomplete() {
    let sandbox = Sandbox::demo();
    hand_over(&sandbox);
    let path = format!("tenants/contoso.com/cases/{MIGRATION}/diagnostics/migration-users.csv");
    set_mode(&sandbox.inside(&path), 0o000);
    let made = run(
        &sandbox,
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier email=jane@contoso.com",
    );
    assert_eq!(made.code, 0, "{made:?}");
    let ran = run(&sandbox, "dsr discover DSR-2026-0002 --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = ran.document();
    assert_eq!(found["complete"], false);
    let named = found["problems"]
        .as_array()
        .unwrap()
        .iter()
        .any(|problem| problem["path"] == path.as_str());
    assert!(named, "{}", found["problems"]);
    set_mode(&sandbox.inside(&path), 0o600);
}

/// Runs under a limit on the size of files, with the signal ignored: writing fails as on a full disk.
fn run_limited(sandbox: &Sandbox, blocks: u32, line: &str) -> Ran {
    let own = sandbox.command();
    let mut command = Command::new("/bin/sh");
    command.env_clear();
    for (name, value) in own.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command
        .current_dir(sandbox.path())
        .args(["-c", &script, env!("CARGO_BIN_EXE_caseward")])
        .args(line.split(' '))
        .stdin(Stdio::null());
    Ran::from_output(line, command.output().unwrap())
}

#[test]
fn a_limit_on_file_sizes_stops_a_commit_before_anything_changed() {
    let sandbox = Sandbox::demo();
    sandbox.file("large.bin", vec![0; 4 << 20]);
    let before = sandbox.tree();
    for (blocks, line) in [
        (0, "case close 2610240010004182"),
        (0, "consent revoke 2610240010004182"),
        (1024, "attach 2610240010004182 large.bin --category euii"),
    ] {
        let ran = run_limited(&sandbox, blocks, line);
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(ran.stderr.contains("cannot write"), "{ran:?}");
        assert_eq!(sandbox.tree(), before, "{line}");
        assert_eq!(std::fs::read_dir(sandbox.inside(".journal")).unwrap().count(), 0, "{line}");
    }
    assert_eq!(sandbox.sh("case list").code, 0);
}

/// Whether a small file system can be mounted here, in a namespace of its own.
fn small_disk(script: &str, sandbox: &Sandbox) -> Option<std::process::Output> {
    mounted("mount -t tmpfs -o size=1m,mode=700 none small", script, sandbox)
}

/// Runs a script in a mount namespace of its own, after `mount`; `None` where that is not possible.
fn mounted(mount: &str, script: &str, sandbox: &Sandbox) -> Option<std::process::Output> {
    let probe = |script: &str| {
        Command::new("unshare")
            .args(["-r", "-m", "sh", "-c", script])
            .current_dir(sandbox.path())
            .stdin(Stdio::null())
            .output()
    };
    std::fs::create_dir_all(sandbox.path().join("small")).unwrap();
    match probe(mount) {
        Ok(output) if output.status.success() => {}
        other => {
            println!("not run: no small file system can be mounted here ({other:?})");
            return None;
        }
    }
    Some(probe(&format!("{mount} && {script}")).unwrap())
}

#[test]
fn a_full_disk_is_said_to_be_full_and_nothing_changed() {
    let sandbox = Sandbox::demo();
    sandbox.file("large.bin", vec![0; 2 << 20]);
    let program = env!("CARGO_BIN_EXE_caseward");
    // The same workspace on a disk of one megabyte: an attachment of two does not fit.
    let script = format!(
        "cp -a ws small/ws && before=$(cd small/ws && find . -type f | sort | xargs cat | sha256sum) && \
         CASEWARD_NOW={} NO_COLOR=1 {program} --workspace small/ws attach {MIGRATION} large.bin --category euii; \
         echo \"code $?\"; after=$(cd small/ws && find . -type f | sort | xargs cat | sha256sum); \
         test \"$before\" = \"$after\" && echo unchanged; ls small/ws/.journal | wc -l; \
         CASEWARD_NOW={} {program} --workspace small/ws case list > /dev/null && echo readable",
        super::harness::NOW,
        super::harness::NOW,
    );
    let Some(output) = small_disk(&script, &sandbox) else { return };
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("code 4\nunchanged\n0\nreadable"), "{out}\n{err}");
    assert!(err.contains("the disk is full"), "{err}");
    assert!(err.contains("hint: nothing was changed; free some space"), "{err}");
}

/// The disk has room for what is staged, and not for all that is then appended: the audit logs end
/// at the end of a page, so each needs one more.
#[test]
fn a_disk_that_fills_while_a_commit_is_applied_changes_nothing_and_blocks_nobody() {
    let sandbox = Sandbox::demo();
    let program = env!("CARGO_BIN_EXE_caseward");
    let script = format!(
        "export CASEWARD_NOW={} NO_COLOR=1; sum() {{ find ws -type f | sort | xargs cat | sha256sum; }}; \
         cp -a ws small/ws; cd small; \
         for f in ws/tenants/*/audit.jsonl; do s=$(stat -c %s $f); \
         head -c $((4095 - s % 4096)) /dev/zero | tr '\\0' ' ' >> $f; echo >> $f; done; \
         dd if=/dev/zero of=rest bs=4096 2> /dev/null; size=$(stat -c %s rest); before=$(sum); \
         for pages in 1 2 3 4 5 6 7 8 9; do truncate -s $((size - pages * 4096)) rest; \
         {program} --workspace ws case close {MIGRATION} > out 2>&1; code=$?; \
         test \"$(sum)\" = \"$before\" && state=same || state=changed; \
         {program} --workspace ws case list > /dev/null 2>&1; \
         echo \"$code $state $(ls ws/.journal | wc -l) $? $(cat out)\"; \
         test $code = 0 && exit; done",
        super::harness::NOW,
    );
    let Some(output) = small_disk(&script, &sandbox) else { return };
    let out = String::from_utf8_lossy(&output.stdout);
    let runs: Vec<&str> = out.lines().filter(|line| line.starts_with(['0', '4'])).collect();
    let (last, full) = runs.split_last().unwrap_or_else(|| panic!("{output:?}"));
    assert!(last.starts_with("0 changed 0 0"), "{out}");
    assert!(full.iter().all(|run| run.starts_with("4 same 0 0")), "{out}");
    assert!(full.iter().any(|run| run.contains("cannot append to")), "{out}");
}

/// A tenant's files on other file systems (one of its own, one bound from elsewhere) are withdrawn
/// on theirs, and nothing is left there.
#[test]
fn del_4_files_on_another_file_system_are_deleted_like_all_others() {
    let sandbox = Sandbox::demo();
    let case = "tenants/contoso.com/cases/2610150010002904";
    for line in [
        "dsr new contoso.com --type delete --regulation ccpa --requester customer --option b \
         --case 2610150010002904 --identifier email=jane@contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com",
    ] {
        let ran = sandbox.sh(line);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let mount = format!(
        "cp -a ws/{case}/diagnostics ws/{case}/records . && \
         mount -t tmpfs none ws/{case}/diagnostics && cp -a diagnostics/. ws/{case}/diagnostics/ && \
         mount --bind records ws/{case}/records"
    );
    let script = format!(
        "CASEWARD_NOW={} NO_COLOR=1 {} --workspace ws dsr execute DSR-2026-0002; echo \"code $?\"; \
         find ws/{case} records -mindepth 1 | sort; ls -A ws/.attest/trash ws/.attest/txn ws/.journal",
        super::harness::NOW,
        env!("CARGO_BIN_EXE_caseward"),
    );
    let Some(output) = mounted(&mount, &script, &sandbox) else { return };
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("code 0\n"), "{output:?}");
    let left: Vec<&str> =
        out.lines().skip_while(|line| !line.starts_with("code")).skip(1).collect();
    let mountpoint = |name: &str| format!("ws/{case}/{name}");
    assert_eq!(
        left,
        [
            &*mountpoint("diagnostics"),
            &mountpoint("records"),
            &mountpoint("tombstone.toml"),
            "ws/.attest/trash:",
            "",
            "ws/.attest/txn:",
            "",
            "ws/.journal:"
        ],
        "{out}"
    );
    let log = sandbox.sh("attest log --json").document();
    let end = log["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "end");
    let letters = end.unwrap()["outcomes"].as_str().unwrap();
    assert!(letters.len() > 4 && letters.chars().all(|letter| letter == 'g'), "{letters}");
}

#[test]
fn a_weak_file_system_is_refused_for_the_log_until_it_is_accepted() {
    let sandbox = Sandbox::demo();
    std::fs::create_dir(sandbox.path().join("weak")).unwrap();
    let script = format!(
        "export CASEWARD_NOW={} NO_COLOR=1; c={}; \
         $c demo weak/a --no-tui; echo \"code $? $(ls weak | wc -l)\"; \
         $c init weak/b --name b --origin b.example/log; echo \"code $? $(ls weak | wc -l)\"; \
         cp -a ws weak/ws; c=\"$c --workspace weak/ws\"; \
         $c attest shred --expired; echo \"code $?\"; $c doctor | grep file_system; \
         $c attest verify | tail -1; $c attest accept-weak-filesystem; \
         $c attest shred --expired; echo \"code $?\"; $c doctor | grep file_system; \
         {} init weak/c --accept-weak-filesystem --name c --origin c.example/log; echo \"code $?\"",
        super::harness::NOW,
        env!("CARGO_BIN_EXE_caseward"),
        env!("CARGO_BIN_EXE_caseward"),
    );
    // Nothing is known of ramfs, and an account of its own namespace may mount one.
    let Some(output) = mounted("mount -t ramfs none weak", &script, &sandbox) else { return };
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said: Vec<&str> = out.lines().filter(|line| !line.starts_with("work")).collect();
    assert_eq!(
        &said[..8],
        [
            "code 2 0",
            "code 2 0",
            "code 3",
            "check file_system: unknown: not known to keep what was flushed",
            said[4],
            "unknown is accepted; entries and reports say so",
            "no opening has expired",
            "code 0",
        ],
        "{out}\n{err}"
    );
    assert!(said[4].starts_with("intact"), "reading goes on: {out}");
    assert!(said[8].ends_with("and accepted"), "{out}");
    assert_eq!(said.last(), Some(&"code 0"), "{out}\n{err}");
    assert!(err.contains("--accept-weak-filesystem"), "{err}");
    assert!(err.contains("attest accept-weak-filesystem"), "{err}");
}
