#!/bin/sh
# install.sh [DIRECTORY …]: puts the agent's unit, directories and host file in their places. DIRECTORY: a store or a
# mirror on this host; it is made if it is missing, and the unit may write there. DESTDIR: below another root, without
# telling systemd. A host file and a policy that are there stay as they are; so do directories that an earlier run named.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
program=$(command -v holdfast) || { echo 'install.sh: there is no holdfast in PATH: install the program first' >&2; exit 1; }
for directory in "$@"; do
  case "$directory" in
    *[!A-Za-z0-9/._-]* | */../* | */..) echo "install.sh: $directory: write a directory of letters, digits and / . _ -" >&2; exit 64 ;;
    /*/ | /) echo "install.sh: $directory: write a directory without / at its end" >&2; exit 64 ;;
    /*) ;;
    *) echo "install.sh: $directory: write the whole path, from /" >&2; exit 64 ;;
  esac
done
units="$root/etc/systemd/system"
install -d -m 0755 "$units/holdfast-agent.service.d" "$root/etc/tmpfiles.d" "$root/etc/holdfast"
sed "s|/usr/local/bin/holdfast|$program|" "$here/holdfast-agent.service" >"$units/holdfast-agent.service"
chmod 0644 "$units/holdfast-agent.service"
install -m 0644 "$here/holdfast.tmpfiles" "$root/etc/tmpfiles.d/holdfast.conf"
[ -e "$root/etc/holdfast/host.yaml" ] || install -m 0644 "$here/host.yaml" "$root/etc/holdfast/host.yaml"
paths="$units/holdfast-agent.service.d/directories.conf"
[ -e "$paths" ] || printf '# Written by install.sh: what the agent may write beside what its unit names.\n[Service]\n' >"$paths"
for directory in "$@"; do
  [ -d "$root$directory" ] || install -d -m 0700 "$root$directory"
  grep -qx "ReadWritePaths=-$directory" "$paths" || echo "ReadWritePaths=-$directory" >>"$paths"
done
systemd-tmpfiles ${root:+--root="$root"} --create holdfast.conf
[ -n "$root" ] || systemctl daemon-reload
echo 'installed: holdfast-agent.service. Write a policy (holdfast init), then: systemctl enable --now holdfast-agent'
