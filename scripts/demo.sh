#!/usr/bin/env bash
# `npm run demo`: the main job on a throwaway machine: policy, plan, apply, an empty plan, writes, an
# increment, a restore, and a comparison bit for bit. Installs what it needs, and leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then exec sudo -n --preserve-env=PATH bash "$0"; fi
  echo 'demo: this needs root (libvirt, QEMU and a store of mode 0700): run it with sudo' >&2
  exit 1
fi

if [ -t 1 ]; then bold=$(tput bold 2>/dev/null || true); plain=$(tput sgr0 2>/dev/null || true); else bold= plain=; fi
tell() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }
# Shows a command as one would type it, then runs it.
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; "$@"; }
holdfast() { node "$root/dist/bin/main.js" --host-config "$work/host.yaml" --policy "$work/policy.yaml" "$@"; }
virsh() { command virsh -q -c qemu:///system "$@"; }

bash scripts/install-packages.sh
bash scripts/lab.sh start
root=$PWD
npm run --silent build
work=$(mktemp -d /var/tmp/holdfast-demo.XXXXXX)
chmod 755 "$work"
guest=holdfast-demo-$$
finish() {
  status=$?
  for name in "$guest" "$guest-restored"; do
    virsh destroy "$name" >/dev/null 2>&1 || true
    virsh undefine "$name" --checkpoints-metadata >/dev/null 2>&1 || true
  done
  rm -rf "$work"
  bash scripts/lab.sh stop
  exit "$status"
}
trap finish EXIT

tell "A throwaway machine with a disk of 256 MiB, of which 40 MiB hold something"
qemu-img create -q -f qcow2 "$work/disk.qcow2" 256M
chmod 666 "$work/disk.qcow2"
cat > "$work/guest.xml" <<XML
<domain type='qemu'><name>$guest</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/>
<source file='$work/disk.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>
XML
virsh define "$work/guest.xml"
virsh start "$guest"
# Writes from inside QEMU, as a guest would make them.
write() { virsh qemu-monitor-command "$guest" --hmp "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"$1\"" | grep -v '^$' || true; }
write 'write -P 0x11 8M 40M'

tell "What should be: a policy"
mkdir "$work/backups"
cat > "$work/host.yaml" <<YAML
stateDir: $work/state
runtimeDir: $work/run
scratch: { path: $work/scratch }
YAML
cat > "$work/policy.yaml" <<YAML
version: 1
timezone: UTC
stores:
  main: { path: $work/backups }
schedules:
  often: "* * * * *"
retention:
  short: { chain: { maxPoints: 10 }, keep: { last: 20 } }
defaults: { store: main, schedule: often, retention: short }
domains:
  - name: $guest
YAML
cat "$work/policy.yaml"
holdfast validate

tell "What will be done, and why"
show holdfast plan
tell "Done, exactly that"
show holdfast apply --auto-approve
tell "And now there is nothing to do"
show holdfast plan

tell "The guest goes on writing: data, zeros, and a discard. A copy is kept to compare with"
write 'write -P 0x22 16M 4M'
write 'write -z 32M 2M'
write 'discard 40M 4M'
virsh suspend "$guest"
qemu-img convert -U -O raw "$work/disk.qcow2" "$work/expected.raw"
virsh resume "$guest"

tell "A point before an upgrade: an increment, now"
show holdfast apply --now "domain/$guest" --note 'before the upgrade' --auto-approve
show holdfast points "domain/$guest"

tell "The disk is lost. The newest point comes back under another name"
show holdfast restore "domain/$guest" --as "$guest-restored" --to "$work/restored" --auto-approve
tell "Bit for bit?"
show qemu-img compare "$work/restored/$guest-restored-vda.qcow2" "$work/expected.raw"
tell "And with qemu-img alone, without Holdfast:"
newest=$(find "$work/backups/domains" -name 'vda.qcow2' | sort | tail -n 1)
show qemu-img convert -O raw "$newest" "$work/by-hand.raw"
show cmp "$work/by-hand.raw" "$work/expected.raw"
tell "Identical. The machine and everything else of this demo is removed now."
