#!/usr/bin/env bash
# Kills a sweep of 1,000 trials five times at random times and starts it again each time. Fails if
# one byte of the merged file differs from that of a sweep that was never killed. Prints the seed of
# the random times; KILL_SEED repeats them, as far as timing is reproducible. Needs the simulator
# built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=$(realpath "${DSV3SIM:-.build/release/dsv3sim}")
kills=${KILLS:-5}
trials=${TRIALS:-1000}
RANDOM=${KILL_SEED:=$((RANDOM % 10000))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/kill.yaml" << END
name: kill
scenario: $PWD/scenarios/tiny-16gpu.yaml
axes:
  - {key: training.microbatches, values: [8, 16, 24, 32, 5]}
  - {key: training.schedule, values: [1f1b, dualpipe]}
replications: $((trials / 10))
END
sweep() { exec "$simulator" sweep "$work/kill.yaml" -o "$work/$1" -j 2 2> "$work/errors"; }

start=$(date +%s%N)
(sweep whole > "$work/whole.txt") || [ $? -eq 65 ]
milliseconds=$((($(date +%s%N) - start) / 1000000))
killed=0
while [ "$killed" -lt "$kills" ]; do
  (sweep killed) > "$work/out" &
  child=$!
  pause=$((RANDOM % (milliseconds / kills + 1)))
  sleep "$((pause / 1000)).$(printf '%03d' $((pause % 1000)))"
  if kill -KILL "$child" 2> /dev/null; then killed=$((killed + 1)); else break; fi
  wait "$child" 2> /dev/null || true
done
(sweep killed > "$work/killed.txt") || [ $? -eq 65 ]
cmp "$work/whole.txt" "$work/killed.txt"
cmp "$work/whole/merged.db" "$work/killed/merged.db" || {
  echo "kill-sweep.sh: bytes differ after $killed kills, KILL_SEED=$KILL_SEED" >&2
  exit 1
}
echo "$trials trials, $killed kills: same bytes (KILL_SEED=$KILL_SEED)" >&2
