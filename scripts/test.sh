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

# One closing line over both suites. A suite that wrote no result, or ran nothing, is a failure.
expected=1; [ "$live" = no ] || expected=2
node -e '
  const { readdirSync, readFileSync } = require("node:fs");
  const [directory, expected] = process.argv.slice(1);
  const suites = readdirSync(directory).map((file) => JSON.parse(readFileSync(`${directory}/${file}`, "utf8")));
  const sum = (key) => suites.reduce((total, suite) => total + suite[key], 0);
  const skipped = sum("numPendingTests") + sum("numTodoTests");
  const broken = suites.some((suite) => !suite.success || suite.numPassedTests === 0);
  console.log(`${sum("numPassedTests")} passed, ${sum("numFailedTests")} failed${skipped ? `, ${skipped} skipped` : ""}`);
  if (suites.length !== Number(expected) || broken) process.exit(1);
  if (process.env.CI === "true" && skipped > 0) { console.error("test: CI=true, but tests were skipped"); process.exit(1); }
' "$results" "$expected" || failed=1
exit "$failed"
