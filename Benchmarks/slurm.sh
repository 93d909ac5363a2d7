#!/usr/bin/env bash
# Starts a Slurm of its own with two slurmd on this machine, runs a sweep on it and compares the
# merged bytes with a local sweep. With `soak` it also kills one slurmd while its tasks run: Slurm
# runs them again, the lost copies go on, every shard of that node runs twice, and the bytes are the
# same. With `scale` it prints the wall time of a sweep of 200 trials with -j 1, with -j 2 and on
# two slurmd. Needs root, Debian's slurm-wlm and munge, and the simulator (DSV3SIM, or the release
# build). Without them it says so and succeeds: exit status 0, `skipped` on stderr.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-quick}
simulator=$(realpath "${DSV3SIM:-.build/release/dsv3sim}")

skip() { echo "slurm.sh: skipped: $*" >&2; exit 0; }
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" > /dev/null 2>&1 || [ -x "/usr/sbin/$program" ] || skip "no $program"
done
[ "$(id -u)" -eq 0 ] || skip "needs root to start slurmd"
PATH=$PATH:/usr/sbin

# Daemons must not hold what a caller waits to see closed.
for descriptor in /proc/self/fd/*; do
  number=${descriptor##*/}
  if [ "$number" -gt 2 ] && [ "$number" -ne 255 ]; then eval "exec $number>&-"; fi
done

work=$(mktemp -d)
chmod 755 "$work"
processes=()
finish() {
  local status=$?
  timeout 10 scancel --full -u root > /dev/null 2>&1 || true
  sleep 1
  for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
  sleep 1
  # A caller may block weaker signals, and runuser passes no KILL on.
  if [ -s "$work/munge/pid" ]; then kill -KILL "$(cat "$work/munge/pid")" 2> /dev/null || true; fi
  for process in "${processes[@]}"; do kill -KILL "$process" 2> /dev/null || true; done
  wait 2> /dev/null || true # Otherwise the shell reports which ones were killed.
  if [ "$status" -ne 0 ]; then tail -n 20 "$work"/*.log >&2 || true; fi
  rm -rf "$work"
}
trap finish EXIT

# munge: a key and a socket of this script, so that a munged of the machine is left alone.
install -d -o munge -g munge -m 755 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 2> /dev/null
chown munge:munge "$work/munge/key" && chmod 400 "$work/munge/key"
runuser -u munge -- munged --foreground --force --key-file="$work/munge/key" \
  --socket="$work/munge/socket" --pid-file="$work/munge/pid" --log-file="$work/munge/log" \
  --seed-file="$work/munge/seed" > /dev/null 2>&1 &
processes+=($!)

export SLURM_CONF=$work/slurm.conf
host=$(hostname -s)
mkdir -p "$work/state" "$work/spool"
cat > "$SLURM_CONF" << END
ClusterName=rig
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SlurmdTimeout=15
KillWait=5
ReturnToService=2
MailProg=/bin/true
SchedulerParameters=sched_interval=2
NodeName=n[1-2] NodeHostname=$host NodeAddr=127.0.0.1 Port=[17001-17002] CPUs=1
PartitionName=all Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
END
slurmctld -D > "$work/slurmctld.log" 2>&1 &
processes+=($!)
declare -A daemon
for node in n1 n2; do
  mkdir -p "$work/spool/$node"
  slurmd -D -N "$node" > "$work/slurmd-$node.log" 2>&1 &
  daemon[$node]=$!
  processes+=($!)
done
idle() { [ "$(sinfo -h -N -t idle -o %N 2> /dev/null | sort -u | wc -l)" -eq 2 ]; }
for _ in $(seq 60); do idle && break; sleep 0.5; done
idle || { echo "slurm.sh: Slurm did not start" >&2; exit 1; }

# sweep_file NAME TRIALS MICROBATCHES: a sweep of so many trials.
sweep_file() {
  cat > "$work/$1.yaml" << END
name: $1
scenario: $PWD/scenarios/tiny-16gpu.yaml
axes:
  - {key: training.microbatches, values: [$3]}
replications: $2
END
}

# on_slurm NAME OPTIONS...: submits a sweep again and again until it is complete.
on_slurm() {
  local name=$1 status
  shift
  for _ in $(seq 600); do
    status=0
    "$simulator" sweep "$work/$name.yaml" -o "$work/$name.slurm" --engine slurm -j 1 "$@" \
      > "$work/$name.out" 2> "$work/$name.err" || status=$?
    [ "$status" -eq 75 ] || break
    sleep "${PAUSE:-0.5}"
  done
  [ "$status" -eq 0 ] || { cat "$work/$name.err" >&2; return 1; }
}

same() { # NAME
  cmp "$work/$1.local/merged.db" "$work/$1.slurm/merged.db"
}

seconds() { # COMMAND...: wall time
  local start
  start=$(date +%s.%N)
  "$@" > /dev/null 2>&1
  echo "$(date +%s.%N) $start" | awk '{ printf "%.1f", $1 - $2 }'
}

case "$mode" in
  quick)
    sweep_file quick 12 8
    "$simulator" sweep "$work/quick.yaml" -o "$work/quick.local" > /dev/null 2>&1
    on_slurm quick --shards 4
    same quick
    # A lost shard is the only one to run again.
    rm "$work/quick.slurm/merged.db" "$work/quick.slurm/shards/00002-of-00004.db"
    for _ in $(seq 60); do [ -z "$(squeue -h)" ] && break; sleep 0.5; done
    on_slurm quick --shards 4
    same quick
    echo "slurm.sh: 12 trials in 4 tasks, merged, one shard lost and run again: same bytes" >&2
    ;;
  soak)
    # Each task takes some 15 s, so that both run at the same time.
    sweep_file pilot 10 2048
    pilot=$(seconds "$simulator" sweep "$work/pilot.yaml" -o "$work/pilot.local" -j 1)
    trials=$(awk "BEGIN { print 2 * int(1 + 150 / $pilot) }")
    sweep_file soak "$trials" 2048
    "$simulator" sweep "$work/soak.yaml" -o "$work/soak.local" > /dev/null 2>&1
    "$simulator" sweep "$work/soak.yaml" -o "$work/soak.slurm" --engine slurm -j 1 --shards 2 \
      > /dev/null 2>&1 || true
    for _ in $(seq 60); do
      [ "$(squeue -h -t running -o %T | wc -l)" -eq 2 ] && break
      sleep 0.2
    done
    job=$(cat "$work/soak.slurm/slurm/job")
    task=$(squeue -h -r -w n2 -o %K | head -n 1)
    kill -KILL "${daemon[n2]}"
    # Slurm needs half a minute to see that a slurmd is gone. The processes of its tasks are halted
    # until then, or they might finish first.
    lost=$({ grep -slzx SLURMD_NODENAME=n2 /proc/[0-9]*/environ || true; } | tr -dc '0-9\n')
    [ -n "$lost" ] || { echo "slurm.sh: no process of a task on n2" >&2; exit 1; }
    kill -STOP $lost
    processes+=($lost)
    echo "slurm.sh: slurmd of n2 killed while task $task ran" >&2
    for _ in $(seq 120); do
      [ -n "$(squeue -h -r -t pending -j "$job" -o %K | grep -x "$task")" ] && break
      sleep 0.5
    done
    kill -CONT $lost
    # Slurm waits two minutes before it runs a task again; an administrator may shorten that.
    scontrol update "jobid=${job}_$task" StartTime=now
    PAUSE=1 on_slurm soak --shards 2
    same soak
    runs=$(cat "$work/soak.slurm/attempts/0000$task-of-00002".*.jsonl | wc -l)
    [ "$runs" -gt "$((trials / 2))" ] || { echo "slurm.sh: task $task ran once" >&2; exit 1; }
    echo "slurm.sh: $trials trials, one slurmd killed: same bytes; its task ran $runs trials instead" \
      "of $((trials / 2))" >&2
    ;;
  scale)
    sweep_file scale 200 2048
    one=$(seconds "$simulator" sweep "$work/scale.yaml" -o "$work/scale.local" -j 1)
    two=$(seconds "$simulator" sweep "$work/scale.yaml" -o "$work/scale.two" -j 2)
    slurm=$(PAUSE=0.2 seconds on_slurm scale)
    same scale
    cmp "$work/scale.local/merged.db" "$work/scale.two/merged.db"
    echo "slurm.sh: 200 trials: -j 1 $one s, -j 2 $two s, two slurmd $slurm s; same bytes" >&2
    ;;
  *) echo "slurm.sh: unknown mode $mode" >&2; exit 64 ;;
esac
