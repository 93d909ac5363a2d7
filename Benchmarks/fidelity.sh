#!/usr/bin/env bash
# Runs every shipped scenario of training with every GPU simulated and beside it folded. Fails where
# the two differ although nothing is uneven: equal loads, no fault, no switch link that ranks share.
# A scenario that only every GPU can answer (faults, listed links) is run alone. Takes minutes.
# Needs: the simulator built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The step of a scenario at a fidelity, in picoseconds; nothing where it cannot be run so.
step() {
  "$simulator" run "$1" --set "training.fidelity=$2" -o "$work/results.db" > /dev/null \
    2> "$work/errors" || return 0
  "$simulator" query "$work/results.db" --format csv \
    "SELECT max(time) FROM (SELECT sum(time_ps) AS time FROM rank_time WHERE run =
      (SELECT max(id) FROM run) GROUP BY rank)" | tail -1
}

differ=0
printf '%-28s %20s %20s %12s\n' scenario "folded, ps" "every GPU, ps" difference
for file in scenarios/*.yaml; do
  grep -q '^training:' "$file" || continue
  name=$(basename "$file" .yaml)
  every=$(step "$file" every-gpu)
  if [ -z "$every" ]; then
    if [ "$name" = does-not-fit ] && grep -q "error:" "$work/errors"; then continue; fi
    echo "fidelity.sh: $name does not run with every GPU: $(head -1 "$work/errors")" >&2
    differ=1
    continue
  fi
  folded=$(step "$file" folded)
  printf '%-28s %20s %20s %12s\n' "$name" "${folded:--}" "$every" \
    "$(awk -v a="$folded" -v b="$every" 'BEGIN {
      if (a == "") print "-"; else printf "%+.3f %%", (b / a - 1) * 100 }')"
  # Uneven experts make the folded step an estimate.
  if [ -n "$folded" ] && [ "$folded" != "$every" ] && ! grep -q '^  routing:' "$file"; then
    echo "fidelity.sh: $name differs though nothing is uneven" >&2
    differ=1
  fi
done
exit "$differ"
