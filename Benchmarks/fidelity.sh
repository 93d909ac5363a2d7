#!/usr/bin/env bash
# Compares the fidelities `folded` and 4 (members per expert group) with `every-gpu` on every
# shipped scenario of a step. Prints the differences in step time (percent) and in exposed
# communication (percentage points of the step), and the CPU time of every-gpu relative to folded.
# Fails if step times differ at all where expert loads are even, or in folded by more than 1 % where
# they are uneven: 5 % in scenarios that set every-gpu because their GPUs hold one expert each.
# Scenarios with listed links run with every-gpu only. Takes minutes.
# Needs the simulator built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%U %S'

# measure FILE QUESTION FIDELITY: prints step time in picoseconds (the sum of the rows of any
# simulated GPU), exposed communication over step time, and CPU seconds. Fails if the run fails.
measure() {
  rm -f "$work/results.db"
  { time "$simulator" run "$1" --set "$2.fidelity=$3" --replications 0 -o "$work/results.db" \
    > /dev/null 2> "$work/errors"; } 2> "$work/time" || return 1
  "$simulator" query "$work/results.db" --format csv "
    SELECT min(time) AS least, max(time) AS most, (
      SELECT value FROM metric WHERE name = 'exposed_communication_ratio') AS exposed
    FROM (SELECT sum(time_ps) AS time FROM rank_time GROUP BY rank, member)" |
    tr -d '\r' | awk -F , -v time="$(cat "$work/time")" 'NR == 2 {
      split(time, of, " "); print ($1 == $2 ? $2 : "unequal"), $3, of[1] + of[2] }'
}

failed=0
fail() {
  echo "fidelity.sh: $*" >&2
  failed=1
}

printf '%-28s %20s %10s %10s %9s %7s\n' \
  scenario "every GPU, ps" "4 members" folded exposed time
for file in scenarios/*.yaml; do
  name=$(basename "$file" .yaml)
  # Services and whole runs have no fidelity of their own.
  question=$(grep -oE '^(training|inference):' "$file" | tr -d :) || continue
  if ! every=$(measure "$file" "$question" every-gpu); then
    [ "$name" = does-not-fit ] && grep -q 'error:' "$work/errors" ||
      fail "$name does not run with every GPU: $(head -1 "$work/errors")"
    continue
  fi
  if ! folded=$(measure "$file" "$question" folded); then
    grep -q 'listed links' "$work/errors" ||
      fail "$name does not run folded: $(head -1 "$work/errors")"
    printf '%-28s %20s %10s %10s %9s %7s\n' "$name" "${every%% *}" - - - -
    continue
  fi
  four=$(measure "$file" "$question" 4) || fail "$name does not run with 4 members"
  awk -v name="$name" -v every="$every" -v four="$four" -v folded="$folded" 'BEGIN {
    split(every, e, " "); split(four, f, " "); split(folded, g, " ")
    printf "%-28s %20s %+8.3f %% %+8.3f %% %+9.3f %6.1fx\n", name, e[1], (f[1] / e[1] - 1) * 100,
      (g[1] / e[1] - 1) * 100, (g[2] - e[2]) * 100, e[3] / g[3] }'
  if ! grep -q '^  routing:' "$file"; then
    for other in "$four" "$folded"; do
      [ "${other%% *}" = "${every%% *}" ] || fail "$name differs although expert loads are even"
    done
  else
    limit=1
    ! grep -q '^  fidelity: every-gpu' "$file" || limit=5
    awk -v a="${folded%% *}" -v b="${every%% *}" -v limit=$limit 'BEGIN {
      exit (a - b) ^ 2 > (limit / 100 * b) ^ 2 }' ||
      fail "$name differs by more than $limit % when folded"
  fi
done
exit "$failed"
