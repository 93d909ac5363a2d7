#!/usr/bin/env bash
# Runs the network benchmark and, if SimGrid is installed (Debian's libsimgrid-dev), the same flows
# on SimGrid's CM02 model. Prints flows per second of user CPU time, the ratio, both makespans and
# the largest difference of a completion time. Fails if this exceeds 5 ps, the ninth digit of 5 ms:
# the simulator rounds times up to whole picoseconds at every event.
# Needs g++ and the simulator built by `swift build -c release`.
set -euo pipefail
cd "$(dirname "$0")/.."

simulator=${DSV3SIM:-.build/release/dsv3sim}
work=.build/benchmarks/network
mkdir -p "$work"

if [ ! -x "$simulator" ]; then
  echo "network.sh: \"$simulator\" does not exist: run swift build -c release first" >&2
  exit 66
fi
"$simulator" bench network --export "$work"

if ! echo '#include <simgrid/s4u.hpp>' | g++ -std=c++17 -fsyntax-only -x c++ - 2> /dev/null; then
  echo "network.sh: SimGrid is not installed: skipping it (apt-get install libsimgrid-dev)" >&2
  exit 0
fi
g++ -O3 -DNDEBUG -std=c++17 -o "$work/simgrid_flows" Benchmarks/Peers/simgrid_flows.cpp -lsimgrid

# Lines have: case, flows, flows/s, makespan and, from SimGrid, the largest difference in ps.
while read -r name _; do
  "$work/simgrid_flows" "$work" "$name" 2> /dev/null
done < "$work/dsv3sim.txt" > "$work/simgrid.txt"

echo
echo "The same flows on SimGrid $(dpkg-query --show --showformat='${Version}' libsimgrid-dev 2> /dev/null || true)"
awk '
  NR == FNR { rate[$1] = $3; makespan[$1] = $4; next }
  FNR == 1 {
    printf "%-14s %8s %12s %12s %8s %14s %14s %11s\n", "case", "flows", "dsv3sim/s", "SimGrid/s",
      "ratio", "makespan s", "SimGrid s", "difference"
  }
  {
    printf "%-14s %8d %12.0f %12.0f %8.1f %14.9f %14.9f %8.1f ps\n", $1, $2, rate[$1], $3,
      rate[$1] / $3, makespan[$1], $4, $5
    if ($5 > 5) wrong = wrong "\nnetwork.sh: " $1 ": completion times differ by " $5 " ps"
  }
  END { if (wrong != "") { print wrong > "/dev/stderr"; exit 70 } }' \
  "$work/dsv3sim.txt" "$work/simgrid.txt"
