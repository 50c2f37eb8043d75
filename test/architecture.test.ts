import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Each folder of src, the folders it may import, and the packages that live in it. */
const drivers = ['hypervisor', 'nbd', 'store', 'image', 'mirror'];
const stages = [
  'policy',
  'observer',
  'planner',
  'simulator',
  'executor',
  'loop',
  'reporter',
  'metrics',
];
const layers: Readonly<
  Record<string, { folders: readonly string[]; packages: readonly string[]; clock?: true }>
> = {
  model: { folders: [], packages: ['node:crypto'] },
  schedule: { folders: ['model'], packages: [] },
  process: { folders: ['model'], packages: ['execa', 'node:'], clock: true },
  policy: { folders: ['model', 'schedule'], packages: ['yaml', 're2js'] },
  nbd: { folders: ['model'], packages: ['node:'], clock: true },
  image: { folders: ['model', 'process'], packages: ['node:'], clock: true },
  hypervisor: {
    folders: ['model', 'process'],
    packages: ['@rgrove/parse-xml', 'fast-xml-parser', 'node:'],
    clock: true,
  },
  mirror: { folders: ['model', 'process', 'store', 'image'], packages: ['node:'], clock: true },
  store: { folders: ['model', 'process'], packages: ['node:'], clock: true },
  observer: { folders: ['model', 'schedule', ...drivers], packages: ['node:'], clock: true },
  planner: { folders: ['model', 'schedule'], packages: [] },
  loop: { folders: ['model', 'planner', 'executor', 'store', 'approval'], packages: [] },
  simulator: {
    folders: ['model', 'schedule', 'policy', 'observer', 'planner', 'executor', 'loop', ...drivers],
    packages: [],
  },
  executor: { folders: ['model', ...drivers], packages: ['node:'], clock: true },
  metrics: { folders: ['model'], packages: ['prom-client'] },
  reporter: { folders: ['model'], packages: ['diff', 'string-width', 'node:util'] },
  approval: {
    folders: ['model', 'process', 'store', 'source', 'policy'],
    packages: ['node:'],
  },
  source: {
    folders: ['model', 'store', 'mirror', 'policy'],
    packages: ['simple-git', 'node:'],
    clock: true,
  },
  agent: {
    folders: ['model', 'schedule', 'process', ...drivers, ...stages, 'source', 'approval'],
    packages: ['node-cron', 'node:'],
    clock: true,
  },
  cli: {
    folders: ['model', 'schedule', 'process', ...drivers, ...stages, 'source', 'approval', 'agent'],
    packages: ['commander', 'node:'],
    clock: true,
  },
};

const root = join(import.meta.dirname, '..', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

// A walk that finds nothing would guard nothing.
it('finds the source files', () => expect(files.length).toBeGreaterThan(10));

/** A file with what its folder may do. */
const partOf = (file: string) => {
  const text = readFileSync(join(root, file), 'utf8');
  const folder = file.split('/')[0] ?? '';
  return { text, folder, layer: layers[folder] ?? { folders: [], packages: [], clock: undefined } };
};

describe.each(files)('src/%s', (file) => {
  const { text, folder, layer } = partOf(file);

  it('imports only what its folder may', () => {
    expect(Object.keys(layers)).toContain(folder);
    // Whole statements only: `'made from'` and `Buffer.from('…')` import nothing.
    const statements =
      /^(?:import|export)\s[^;]*?\sfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;
    for (const [, from, bare, dynamic] of text.matchAll(statements)) {
      const specifier = from ?? bare ?? dynamic ?? '';
      if (specifier.startsWith('.')) {
        const target = relative(root, join(root, dirname(file), specifier)).split('/')[0];
        expect([folder, ...layer.folders], `imports ${specifier}`).toContain(target);
      } else {
        const known = layer.packages.some(
          (name) =>
            specifier === name || specifier.startsWith(name.endsWith(':') ? name : `${name}/`),
        );
        expect(known, `imports ${specifier}`).toBe(true);
      }
    }
  });
});

const timeless = files.filter((file) => partOf(file).layer.clock === undefined);

it('knows rooms without a clock', () => expect(timeless.length).toBeGreaterThan(50));

it.each(timeless)('src/%s asks neither clock nor dice', (file) => {
  expect(partOf(file).text).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random\(/);
});
