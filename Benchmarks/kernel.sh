#!/usr/bin/env bash
# Runs the hold model on the event kernel and on its peers, with the same events. Prints events per
# second of user CPU time (the fastest of several runs) and the ratio to std::priority_queue. Fails
# if checksums differ, that is if an engine executed different events.
# Needs g++, swift, and the simulator built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
events=4000000
runs=7
populations="1024 65536"
work=.build/benchmarks
mkdir -p "$work"

if [ ! -x "$simulator" ]; then
  echo "kernel.sh: \"$simulator\" does not exist: run swift build -c release first" >&2
  exit 66
fi
g++ -O3 -DNDEBUG -std=c++17 -o "$work/priority_queue" Benchmarks/Peers/priority_queue.cpp
swift build -c release --package-path Benchmarks/HeapPeer --scratch-path "$work/HeapPeer" >&2

# Each engine prints lines of: name, population, items/s, checksum.
{
  "$work/priority_queue" "$events" "$runs" $populations
  "$work/HeapPeer/release/HeapPeer" "$events" "$runs" $populations
  "$simulator" bench kernel --format json > "$work/kernel.json"
  # The JSON has one object per line, so sed can extract the fields.
  sed -n 's/.*"workload": "\([^"]*\)", "population": \([^,]*\), "queue": "\([^"]*\)".*"itemsPerSecond": \([^,]*\),.*"checksum": "\([^"]*\)".*/\1 dsv3sim-\3 \2 \4 \5/p' \
    "$work/kernel.json" | awk '$1 == "hold" { print $2, $3, $4, $5 }
      $1 == "mm1" { print $2 "(M/M/1)", "-", $4, "-" }'
} > "$work/kernel.txt"

awk '
  $2 != "-" && !($2 in checksum) { checksum[$2] = $4; base[$2] = $3 }
  $2 != "-" && checksum[$2] != $4 { wrong = wrong "\nkernel.sh: different events: " $0 }
  { name[NR] = $1; population[NR] = $2; rate[NR] = $3 }
  END {
    printf "%-24s %8s %14s %8s\n", "engine", "pending", "M items/s", "ratio"
    for (i = 1; i <= NR; i++) {
      ratio = population[i] == "-" ? "-" : sprintf("%.2f", rate[i] / base[population[i]])
      printf "%-24s %8s %14.2f %8s\n", name[i], population[i], rate[i] / 1e6, ratio
    }
    if (wrong != "") { print wrong > "/dev/stderr"; exit 70 }
  }' "$work/kernel.txt"
grep -o '"allocationsPerItem": [^,]*' "$work/kernel.json" | sort | uniq -c
