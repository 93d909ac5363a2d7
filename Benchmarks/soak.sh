#!/usr/bin/env bash
# Runs parts of the stress test, which are targets of the Makefile, one after another. A part that
# fails does not stop the others. At the end, prints how long each took and what it did in numbers;
# all that it printed stays in .build/soak/PART.log. Fails if any part failed.
# usage: Benchmarks/soak.sh PART...
set -euo pipefail
cd "$(dirname "$0")/.."

# Lines in which parts say in numbers what they did, builds included.
figures='^[0-9]+ (points|trials|seeds|scenarios|disk faults|random)|^slurm.sh: [0-9]|^all '
figures+='|Test run with|^Build .*complete!'
mkdir -p .build/soak
failed=0
summary=
for part in "$@"; do
  log=.build/soak/$part.log
  start=$SECONDS
  echo "soak: $part" >&2
  state=passed
  make --no-print-directory "$part" > "$log" 2>&1 || { state=FAILED; failed=$((failed + 1)); }
  summary+=$(printf '%-18s %5d s  %s' "$part" $((SECONDS - start)) $state)$'\n'
  summary+=$(grep -aE "$figures" "$log" | tr -s ' ' | cut -c1-120 | sed 's/^[^0-9A-Za-z]*/    /')$'\n'
done
printf '%sall %d parts: %d s, %d failed\n' "$summary" $# $SECONDS $failed
[ $failed -eq 0 ]
