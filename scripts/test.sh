#!/usr/bin/env bash
# `npm test`: sets up what the tests need, runs all of them, and leaves nothing running.
# Without root the live tests are skipped, and it says so; with CI=true nothing may be skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'test: %s\n' "$*"; }

live=yes
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then
    say 'not root: starting again with sudo, because libvirt and mounts need it'
    exec sudo -n --preserve-env=CI,PATH bash "$0"
  fi
  if [ "${CI:-}" = true ]; then
    say 'CI=true, but neither root nor sudo without a password: the live tests cannot run' >&2
    exit 1
  fi
  live=no
  say 'SKIPPED: the live tests (libvirt, QEMU, mounts), because this is neither root nor sudo without a password'
fi

bash scripts/install-packages.sh
results=$(mktemp -d)
finish() {
  status=$?
  [ "$live" = no ] || bash scripts/lab.sh stop || status=1
  rm -rf "$results"
  exit "$status"
}
trap finish EXIT

[ "$live" = no ] || bash scripts/lab.sh start
say 'building'
npm run --silent build
failed=0
suite() {
  say "$1"
  npx vitest run --config "test/$2.config.ts" --reporter=default --reporter=json --outputFile.json="$results/$2.json" || failed=1
}
suite 'fast tests: no libvirt, no root' vitest
[ "$live" = no ] || suite 'live tests: real libvirt, QEMU, qcow2' live

# What both suites come to, and which tests passed only at their second try.
expected=1; [ "$live" = no ] || expected=2
node scripts/closing-lines.mjs "$results" "$expected" || failed=1
exit "$failed"
