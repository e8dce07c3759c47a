# What developers run; `.ci/run` is the gate.

default: check

# Formatting, lints and tests
check: fmt lint test

fmt:
    cargo fmt --check

lint:
    cargo clippy --all-targets -- -D warnings

test:
    INSTA_UPDATE=no cargo test

# The main job without a terminal
job:
    sh .ci/job

bench:
    cargo bench

deny:
    cargo deny check bans licenses sources
