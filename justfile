# What people type most. CI is `.ci/run`.

# every hermetic test: README's second command
test:
    cargo test

# jobs that several machines share, on a real PostgreSQL that the tests start themselves
postgres:
    tests/postgres/run.sh

# the real binary on a real Keycloak, which the script starts
live:
    tests/live/run.sh

# the same on a real privacyIDEA
live-privacyidea:
    tests/live/privacyidea-run.sh

# MSAL and @azure/identity sign in to the embedded service
third:
    tests/third/run.sh

# signing in on a real keyring daemon and in a real browser; installs them where they are missing
sign-in:
    tests/sign-in/run.sh

# the program for Windows, cross-built, under Wine; installs both where they are missing. No part of CI
windows:
    tests/windows/run.sh

# the files under docs/examples against the schemas of their makers, their commands against the program
examples:
    cargo build
    tests/examples/check.sh

# what CI checks besides the tests
lint:
    .ci/lint

# write completions, man pages, schemas, README's tables and the picture of a real run anew
generate:
    MFACTL_UPDATE_GENERATED=1 cargo test --test generated

# ratios beside a peer or a limit, in one run; release build
bench:
    cargo bench

# the long form of what CI runs short: a hundred kills, full disks, restarts, every fault; release build
soak:
    cargo test --release --test jobs -- --ignored --nocapture --test-threads 1 soak

# everything that CI runs
ci:
    bash .ci/run
