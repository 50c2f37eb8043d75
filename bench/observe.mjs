// A whole observation of libvirt's test driver with 2,000 domains, against a bare loop of `dumpxml` over the
// same domains in one virsh.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLibvirt } from '../dist/hypervisor/libvirt/libvirt.js';
import { compare, measure, ratio, seconds, table, verdict } from './measure.mjs';

export const title = 'Observing 2,000 domains';

const count = 2000;
const uuidOf = (number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;

export async function run() {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const uri = makeHost(dir);
    const script = join(dir, 'loop');
    writeFileSync(
      script,
      Array.from({ length: count }, (_, at) => `dumpxml ${uuidOf(at)}\n`).join(''),
    );
    const [bare, ours] = await compare([
      {
        name: 'one virsh, `dumpxml` of each',
        run: () => measure('sh', ['-c', 'virsh -q -c "$1" <"$2" >/dev/null', 'sh', uri, script]),
      },
      {
        name: 'Holdfast, everything of each',
        run: () => measure(process.execPath, [import.meta.filename, 'ours', uri]),
      },
    ]);
    return table(
      ['', 's', 'of the loop', 'target', 'verdict', 'memory'],
      [bare, ours].map((each) => [
        each.name,
        seconds(each.seconds),
        `${ratio(each.seconds, bare.seconds)} ×`,
        each === ours ? 'at most 3 ×' : '',
        each === ours ? verdict(ours.seconds / bare.seconds <= 3) : '',
        `${each.peakMiB.toFixed(0)} MiB`,
      ]),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A description for the test driver: a third runs, as on a host with templates and retired machines. */
function makeHost(dir) {
  const domains = Array.from({ length: count }, (_, at) => {
    const disks = ['vda', 'vdb'].map((target) => {
      const image = join(dir, `${at % 50}-${target}.qcow2`);
      return `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${image}'/><target dev='${target}' bus='virtio'/></disk>`;
    });
    return `<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm ${at}</name><uuid>${uuidOf(at)}</uuid><memory>8192</memory><vcpu>1</vcpu>
<os><type arch='x86_64'>hvm</type></os><devices>${disks.join('')}</devices><test:runstate>${at % 3 === 0 ? 1 : 5}</test:runstate></domain>`;
  });
  for (let at = 0; at < 50; at += 1) {
    for (const target of ['vda', 'vdb']) {
      const image = join(dir, `${at}-${target}.qcow2`);
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1G']);
    }
  }
  const node = join(dir, 'node.xml');
  writeFileSync(node, `<node>${domains.join('\n')}</node>`);
  return `test://${node}`;
}

/** One observation, as a program of its own: with Node's start, as a user has it. */
async function observeOnce(uri) {
  const seen = await createLibvirt({ uri, now: () => Date.now() }).observe([]);
  if (!seen.seen || seen.value.domains.length !== count)
    throw new Error('not all domains were seen');
  if (!seen.value.domains.every(({ disks }) => disks.every(({ images }) => images.seen)))
    throw new Error('not all images were seen');
}

const [way, given] = process.argv.slice(2);
if (import.meta.filename === process.argv[1] && way === 'ours') await observeOnce(given);
