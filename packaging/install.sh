#!/bin/sh
# Puts the agent's unit, directories and host file in their places. DESTDIR: below another root, without telling
# systemd. A host file and a policy that are there stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
program=$(command -v holdfast) || { echo 'install.sh: there is no holdfast in PATH: install the program first' >&2; exit 1; }
install -d -m 0755 "$root/etc/systemd/system" "$root/etc/tmpfiles.d" "$root/etc/holdfast"
sed "s|/usr/local/bin/holdfast|$program|" "$here/holdfast-agent.service" >"$root/etc/systemd/system/holdfast-agent.service"
chmod 0644 "$root/etc/systemd/system/holdfast-agent.service"
install -m 0644 "$here/holdfast.tmpfiles" "$root/etc/tmpfiles.d/holdfast.conf"
[ -e "$root/etc/holdfast/host.yaml" ] || install -m 0644 "$here/host.yaml" "$root/etc/holdfast/host.yaml"
systemd-tmpfiles ${root:+--root="$root"} --create holdfast.conf
[ -n "$root" ] || systemctl daemon-reload
echo 'installed: holdfast-agent.service. To start it: systemctl enable --now holdfast-agent'
