#!/usr/bin/env bash
# Kills a comparison of 200 points ten times at random times and restarts it each time, with one and
# with two workers. Fails if any row differs from an uninterrupted run, except in table run_clock.
# Prints the seed of the random times; KILL_SEED repeats them, as far as timing is reproducible.
# Needs the simulator built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
kills=${KILLS:-10}
RANDOM=${KILL_SEED:=$((RANDOM % 10000))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

batches=$(seq -s , 4 2 82)
compare() { # FILE WORKERS
  exec "$simulator" compare scenarios/tiny-16gpu.yaml --schedule 1f1b,gpipe,zb_h1,zb_v,dualpipe \
    --over "training.microbatches=$batches" -o "$1" --jobs "$2" 2> "$work/errors"
}

# rows FILE: prints all rows of a file, except those of table run_clock.
rows() {
  local table
  for table in $("$simulator" query "$1" --format csv \
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'run_clock' ORDER BY name" |
    tr -d '\r' | tail -n +2); do
    echo "== $table"
    "$simulator" query "$1" --format csv "SELECT * FROM $table"
  done
}

(compare "$work/whole.db" 1) > "$work/whole.txt"
rows "$work/whole.db" > "$work/whole.rows"
for workers in 1 2; do
  file="$work/killed-$workers.db"
  killed=0
  while [ "$killed" -lt "$kills" ]; do
    (compare "$file" "$workers") > "$work/out" &
    child=$!
    sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
    if kill -KILL "$child" 2> /dev/null; then killed=$((killed + 1)); else break; fi
    wait "$child" 2> /dev/null || true
  done
  (compare "$file" "$workers") > "$work/killed.txt"
  rows "$file" > "$work/killed.rows"
  cmp "$work/whole.txt" "$work/killed.txt" && cmp "$work/whole.rows" "$work/killed.rows" || {
    echo "kill.sh: rows differ after kills with $workers workers, KILL_SEED=$KILL_SEED" >&2
    exit 1
  }
  echo "200 points, $killed kills, $workers workers: same rows (KILL_SEED=$KILL_SEED)" >&2
done
