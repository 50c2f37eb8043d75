#!/usr/bin/env bash
# lab.sh start|stop: libvirt's daemons for tests and demo, where no init system runs them.
# `stop` ends what `start` began, by the process ids that it noted, and nothing else.
set -euo pipefail
state=/run/holdfast-lab
say() { printf 'lab: %s\n' "$*"; }
answers() { virsh -q -c qemu:///system version >/dev/null 2>&1; }

# Starts a daemon and notes its process id; libvirt's daemons write the file themselves.
begin() {
  local name=$1 pid_file=/run/$1.pid
  # Only if it is that daemon: a file may outlive its process, and the id be used again.
  if [ -s "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = "$name" ]; then return; fi
  rm -f "$pid_file"
  "/usr/sbin/$name" --daemon --pid-file "$pid_file"
  for _ in $(seq 50); do [ -s "$pid_file" ] && break; sleep 0.1; done
  cp "$pid_file" "$state/$name.pid"
  say "started $name"
}

case "${1:-}" in
  start)
    if answers; then say 'libvirt answers already: left as it is'; exit 0; fi
    mkdir -p "$state"
    begin virtlogd
    begin libvirtd
    for _ in $(seq 100); do answers && exit 0; sleep 0.1; done
    say 'libvirtd does not answer at qemu:///system' >&2
    exit 1
    ;;
  stop)
    for name in libvirtd virtlogd; do
      [ -s "$state/$name.pid" ] || continue
      pid=$(cat "$state/$name.pid")
      # Only if it is still that daemon: a process id can be used again.
      if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ]; then
        kill "$pid"
        for _ in $(seq 50); do [ -e "/proc/$pid" ] || break; sleep 0.1; done
        say "stopped $name"
      fi
      rm -f "$state/$name.pid"
    done
    ;;
  *) echo 'usage: lab.sh start|stop' >&2; exit 64 ;;
esac
