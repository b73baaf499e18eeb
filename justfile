# What people type most. CI is `.ci/run`.

# every hermetic test: README's second command
test:
    cargo test

# what CI checks besides the tests
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo deny check licenses bans sources

# write completions, man pages, schemas, README's tables and the picture of a real run anew
generate:
    MFACTL_UPDATE_GENERATED=1 cargo test --test generated

# ratios beside a peer or a limit, in one run; release build
bench:
    cargo bench

# everything that CI runs
ci:
    bash .ci/run
