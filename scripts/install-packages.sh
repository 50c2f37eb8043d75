#!/usr/bin/env bash
# Installs what Holdfast needs to be built, and as root also what its live tests and demo need (with `bench`: and its
# benchmarks). Does nothing twice.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'set-up: %s\n' "$*"; }

# Programs that must be there, with the Debian package of each.
needed='virsh=libvirt-clients libvirtd=libvirt-daemon-system qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils
flock=util-linux systemd-analyze=systemd systemd-notify=systemd nbdkit=nbdkit nbdcopy=libnbd-bin nbdfuse=libnbd-bin fusermount3=fuse3 strace=strace busybox=busybox-static qemu-ga=qemu-guest-agent cpio=cpio
promtool=prometheus mkfs.ext4=e2fsprogs swtpm=swtpm swtpm_setup=swtpm-tools ip=iproute2
iptables=iptables dnsmasq=dnsmasq-base ssh=openssh-client
sshd=openssh-server rsync=rsync rclone=rclone swift-proxy-server=swift-proxy swift-account-server=swift-account
swift-container-server=swift-container swift-object-server=swift-object'
[ "${1:-}" != bench ] || needed="$needed virtnbdbackup=virtnbdbackup"
missing=()
for pair in $needed; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
done
[ -e /usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so ] || missing+=(libvirt-daemon-driver-qemu)
[ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] || missing+=(ovmf)
if [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" = 0 ]; then
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # A new service must not start while it is installed: lab.sh starts what it needs, and stops it.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
elif [ "${#missing[@]}" -gt 0 ]; then
  say "not installed, because this is not root: ${missing[*]}"
fi

# npm writes this file last, so it is older than the lock file exactly when node_modules is.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'installing npm packages'
  # Some tools' optional binaries for other platforms are not in the lock file, because not every registry carries
  # them; npm 11 refuses to `ci` from such a lock file, npm 10 does not. `install` takes the same locked versions.
  npm ci --no-fund --no-audit --loglevel=silent || npm install --no-save --no-fund --no-audit --loglevel=error
fi
