# Short names for the project's commands; everything that does more than cargo itself lives in xtask.

# List the commands.
default:
    @just --list

# Run the storefront on its embedded log.
run *words:
    cargo run -- {{words}}

# Run the storefront on the nats-server that `just nats` starts.
run-nats *words:
    STHENO_URL=nats://127.0.0.1:4222 cargo run -- {{words}}

# A nats-server in the foreground, with nats.conf.
nats *words:
    cargo xtask nats {{words}}

# Three nats-servers in the foreground, with deploy/cluster.
cluster *words:
    cargo xtask cluster {{words}}

# Every test of the workspace, all set-up included.
test *words:
    cargo xtask test {{words}}

# What has to pass before a change lands.
ci:
    cargo xtask ci

# Measure a suite: embedded, nats or peers.
bench suite="embedded" *words:
    cargo xtask bench {{suite}} {{words}}

# Write the reference pages from the catalogs.
docs:
    cargo xtask docs

# Kill a process at random moments on one log.
kill rounds="1000":
    cargo xtask kill {{rounds}}

# The conformance suite on one nats-server and on three, beside mirrors of each log
mirrors:
    cargo xtask mirrors
