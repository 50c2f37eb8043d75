// node bench/observe.mjs [DOMAINS]: the time of a whole observation of libvirt's test driver, against a bare
// loop of `dumpxml` over the same domains in one virsh. Needs `npm run build` and virsh. Medians of five.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLibvirt } from '../dist/hypervisor/libvirt/libvirt.js';

const count = Number(process.argv[2] ?? 2000);
const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const uuidOf = (number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
// A third runs, as on a host with templates and retired machines.
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
    execFileSync('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      join(dir, `${at}-${target}.qcow2`),
      '1G',
    ]);
  }
}
const node = join(dir, 'node.xml');
writeFileSync(node, `<node>${domains.join('\n')}</node>`);
const uri = `test://${node}`;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const timed = async (work) => {
  const from = performance.now();
  await work();
  return Math.round(performance.now() - from);
};
const loop = domains.map((_, at) => `dumpxml ${uuidOf(at)}`).join('\n');
const bare = [];
const whole = [];
for (let round = 0; round < 5; round += 1) {
  bare.push(
    await timed(() =>
      execFileSync('virsh', ['-q', '-c', uri], { input: loop, maxBuffer: 2 ** 30 }),
    ),
  );
  whole.push(
    await timed(async () => {
      const seen = await createLibvirt({ uri }).observe([]);
      if (!seen.seen || seen.value.domains.length !== count)
        throw new Error('not all domains were seen');
      if (!seen.value.domains.every(({ disks }) => disks.every(({ images }) => images.seen)))
        throw new Error('not all images were seen');
    }),
  );
}
const [loopMs, observeMs] = [median(bare), median(whole)];
process.stdout.write(
  `${JSON.stringify({ domains: count, loopMs, observeMs, ratio: Math.round((observeMs / loopMs) * 100) / 100 })}\n`,
);
