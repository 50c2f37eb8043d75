// `npm run bench [NAME …]`: runs the benchmarks and writes docs/benchmarks.md (only when all of them ran).
// Figures are ratios against a peer or a limit of the same run: seconds of another machine mean nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { text } from './measure.mjs';

const names = [
  'backup',
  'copy',
  'guest',
  'planner',
  'simulate',
  'observe',
  'mirror',
  'unchanged',
  'drill',
  'verify',
  'startup',
  'agent',
];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`bench: no ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(64);
}

const script = (...args) =>
  execFileSync('bash', args, { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' });
script('scripts/install-packages.sh', 'bench');
script('scripts/lab.sh', 'start');
execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
const chapters = [];
try {
  for (const name of asked.length === 0 ? names : asked) {
    const { title, run } = await import(join(import.meta.dirname, `${name}.mjs`));
    console.log(`\n## ${title}\n`);
    const body = await run();
    console.log(body);
    chapters.push(`## ${title}\n\n${body}\n`);
  }
} finally {
  script('scripts/lab.sh', 'stop');
}
if (asked.length === 0) {
  const file = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
  const missed = readFileSync(join(import.meta.dirname, 'missed.md'), 'utf8');
  writeFileSync(file, `${head()}\n${chapters.join('\n')}\n${missed}`);
  console.log(`\nWritten to docs/benchmarks.md`);
}

function head() {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  return `# Benchmarks

Written by \`npm run bench\`. Contestants run in turn, medians of three rounds after one that is not counted. What
counts is the ratio: seconds differ from machine to machine, and guests run here without KVM.

Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${memory} memory; Node ${process.version},
libvirt ${text('virsh', '--version')}, ${text('qemu-img', '--version').split('\n')[0]}, virtnbdbackup ${text('virtnbdbackup', '--version')}.
`;
}
