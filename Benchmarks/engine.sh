#!/usr/bin/env bash
# Prints the engine's training speed on one core in tokens/s, its share of the bound set by matrix
# products and, if PyTorch is installed, the ratio to the same model in PyTorch, run alternately.
# Needs the simulator built by `make run`. PYTHON names an interpreter with torch (python3).
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
python=${PYTHON:-python3}

if [ ! -x "$simulator" ]; then
  echo "engine.sh: \"$simulator\" does not exist: run make run first" >&2
  exit 66
fi
torch=yes
if ! "$python" -c 'import torch' 2> /dev/null; then
  torch=
  echo "engine.sh: $python has no torch: skipping PyTorch (pip install torch)" >&2
fi

field() { sed -n "s/.*\"$1\": \([0-9.e+-]*\).*/\1/p"; }

printf '%-12s %10s %12s %14s %14s %8s\n' preset weights tokens/s "share of GEMM" "PyTorch tok/s" ratio
for preset in small v3-router; do
  result=$("$simulator" bench engine --preset "$preset" --steps 3 --format json)
  ours=$(printf '%s' "$result" | field tokens_per_second)
  weights=$(printf '%s' "$result" | field weights)
  peer=
  if [ -n "$torch" ]; then
    # Fields: torch, preset, threads, weights, tokens/s.
    line=$("$python" Benchmarks/engine_torch.py --preset "$preset" --steps 3)
    peer=${line##* }
    theirs=$(printf '%s' "$line" | cut -d ' ' -f 4)
    if [ "$theirs" != "$weights" ]; then
      echo "engine.sh: the models differ: $weights weights here, $theirs in PyTorch" >&2
      exit 70
    fi
  fi
  awk -v preset="$preset" -v weights="$weights" -v ours="$ours" -v peer="$peer" \
    -v share="$(printf '%s' "$result" | field share_of_product_bound)" 'BEGIN {
      printf "%-12s %10d %12.0f %14.2f %14s %8s\n", preset, weights, ours, share,
        peer == "" ? "-" : sprintf("%.0f", peer), peer == "" ? "-" : sprintf("%.2f", ours / peer)
    }'
done
