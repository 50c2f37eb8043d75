import { checkpointOf } from '../../../src/model/identity.ts';
import { seen } from '../../../src/model/result.ts';
import { chain, directory, pointAt } from '../build-chain.ts';
import { disk, domain, identityOf, off, tracked } from '../build-domain.ts';
import { gib, mainId, uuidOf } from '../build-policy.ts';
import { aRun, deadRun } from '../build.ts';
import { policyText, story, type Story } from './story.ts';

const policy = policyText();
const web01 = domain(1, 'web01');
const old = (one: Parameters<typeof directory>[0]) =>
  directory(one, [chain('2026-11-17T01:00:00.000Z', 5)]);
const fresh = (one: Parameters<typeof directory>[0]) =>
  directory(one, [chain('2026-11-18T01:00:00.000Z', 5)]);
const webOld = old(web01);
const webNew = fresh(web01);
const web01Image = '/var/lib/libvirt/images/web01-vda.qcow2';
const startedAt = '2026-11-22T01:00:00.000Z';
const orphan = checkpointOf(mainId, pointAt(startedAt, 'dead'));
const ourJob = {
  kind: 'backup-job',
  uuid: uuidOf(1),
  name: 'web01',
  socket: `/run/holdfast/${aRun}-0/nbd.sock`,
  scratch: [`/var/lib/holdfast/scratch/${aRun}-0/vda.scratch`],
  checkpoint: orphan,
  point: pointAt(startedAt, 'dead'),
} as const;
const started = { kind: 'started-domain', uuid: uuidOf(2), name: 'db1', runningId: 2 } as const;

const waiting = [
  domain(1, 'blocked', { blockJobs: ['vda'] }),
  domain(2, 'busy', { job: { operation: 'backup', run: null } }),
  domain(3, 'leaving', { job: { operation: 'migration-out', run: null } }),
  { ...off(domain(4, 'saved')), managedSave: true },
  domain(5, 'sleeping', { state: 'suspended' }),
  domain(6, 'stopping', { state: 'stopping' }),
];

/** Every domain in exactly one list, and what dead runs left. */
export const domainStories: readonly Story[] = [
  story('waiting', policy, waiting, waiting.map(old)),
  story(
    'not-supported',
    policy,
    [
      domain(1, 'diskless', { disks: [] }),
      domain(2, 'live-cd', { persistent: false }),
      domain(3, 'panicked', { state: 'crashed' }),
    ],
    [],
  ),
  story(
    'encrypted-disk',
    policyText({ rules: ['name: vault, encryptedDisks: plaintext', 'match: "*"'] }),
    [
      domain(1, 'secret', { disks: [disk('secret', 'vda', 101, { encrypted: true })] }),
      domain(2, 'vault', { disks: [disk('vault', 'vda', 201, { encrypted: true })] }),
    ],
    [],
  ),
  story(
    'ignored-unmanaged-gone',
    policyText({ rules: ['match: "web*"'], more: ['ignore: ["scratch-*"]'] }),
    [tracked(web01, webNew), domain(2, 'scratch-7'), domain(3, 'old01')],
    [webNew, old(domain(3, 'old01')), old(domain(4, 'web99'))],
  ),
  story('frozen-guest', policy, [tracked(web01, webNew)], [webNew], {
    runs: seen([deadRun([{ kind: 'frozen-domain', uuid: uuidOf(1), name: 'web01' }])]),
  }),
  story(
    'killed-in-a-backup',
    policy,
    [
      {
        ...tracked(web01, webOld),
        job: { operation: 'backup', run: aRun },
        checkpoints: seen(
          [webOld.tip?.checkpoint ?? '', orphan].map((name) => ({
            name,
            parent: null,
            disks: [{ target: 'vda', bitmap: name, dirtyBytes: gib }],
          })),
        ),
      },
      { ...tracked(domain(2, 'db1'), old(domain(2, 'db1'))), state: 'paused' },
    ],
    [
      {
        ...webOld,
        incoming: [
          {
            path: 'domains/web01/20261117T010000Z-00cc/.incoming-0005-20261122T010000Z-inc',
            chain: webOld.chains[0]?.id ?? chain(startedAt, 1).id,
            point: pointAt(startedAt, 'dead'),
            bytes: 300 * 1024 ** 2,
            busy: false,
          },
        ],
      },
      old(domain(2, 'db1')),
    ],
    { runs: seen([deadRun([ourJob, started])]) },
  ),
  story(
    'leftover-bitmap',
    policy,
    [
      {
        ...tracked(off(web01), webNew),
        disks: [
          disk('web01', 'vda', 101, {
            bitmaps: seen(
              [webNew.tip?.checkpoint ?? '', orphan].map((name) => ({
                name,
                granularityBytes: 65_536,
                flags: ['auto'],
              })),
            ),
          }),
        ],
      },
    ],
    [webNew],
  ),
  story(
    'resumed-by-a-person',
    policy,
    [tracked(domain(2, 'db1'), fresh(domain(2, 'db1')))],
    [fresh(domain(2, 'db1'))],
    {
      runs: seen([deadRun([started])]),
    },
  ),
  story('restore-that-died', policy, [tracked(off(web01), webOld)], [webOld], {
    runs: seen([
      deadRun([
        {
          kind: 'restore-files',
          uuid: uuidOf(1),
          name: 'web01',
          files: [{ path: `${web01Image}.restoring-${aRun}`, place: null }],
          instant: null,
        },
        {
          kind: 'restore-swap',
          uuid: uuidOf(1),
          name: 'web01',
          swaps: [{ to: web01Image, aside: `${web01Image}.before-restore-20261122T010000Z` }],
        },
      ]),
    ]),
  }),
  story(
    'restore-onto-a-device-that-died',
    policy,
    [
      {
        ...tracked(off(web01), webOld),
        disks: [
          disk('web01', 'vda', 101, {
            kind: 'block',
            images: seen([
              { identity: { ...identityOf('/dev/vg0/web01', 5), kind: 'block' }, stat: null },
            ]),
          }),
        ],
      },
    ],
    [{ ...webOld, chains: webOld.chains.map((each) => ({ ...each, closed: 'restored' })) }],
    {
      runs: seen([
        deadRun([
          { kind: 'device-write', uuid: uuidOf(1), name: 'web01', devices: ['/dev/vg0/web01'] },
        ]),
      ]),
    },
  ),
  // The image came into its place and no domain was defined; the other one and the servers are left.
  story('instant-restore-that-died', policy, [tracked(web01, webNew)], [webNew], {
    runs: seen([
      deadRun(
        [
          {
            kind: 'restore-files',
            uuid: uuidOf(1),
            name: 'web01',
            files: ['vda', 'vdb'].map((target) => ({
              path: `/var/tmp/look-${target}.qcow2.restoring-${aRun}`,
              place: `/var/tmp/look-${target}.qcow2`,
            })),
            instant: {
              sockets: `/run/holdfast/instant-${aRun}-0`,
              held: `domain/web01/${webNew.chains[0]?.id}`,
            },
          },
        ],
        {
          gone: [`/var/tmp/look-vda.qcow2.restoring-${aRun}`, '/var/tmp/look-vdb.qcow2'],
        },
      ),
    ]),
  }),
  // A person made a domain of what a restore had begun to write: it is his now.
  story(
    'leftover-in-use',
    policy,
    [
      tracked(web01, webNew),
      domain(2, 'mine', {
        disks: [
          disk('mine', 'vda', 201, {
            images: seen([
              { identity: identityOf(`${web01Image}.restoring-${aRun}`, 999), stat: null },
            ]),
          }),
        ],
      }),
    ],
    [webNew, fresh(domain(2, 'mine'))],
    {
      runs: seen([
        deadRun([
          {
            kind: 'restore-files',
            uuid: uuidOf(1),
            name: 'web01',
            files: [{ path: `${web01Image}.restoring-${aRun}`, place: null }],
            instant: null,
          },
        ]),
      ]),
    },
  ),
  // Its job is gone with QEMU, its scratch is not.
  story('scratch-left', policy, [tracked(web01, webNew)], [webNew], {
    runs: seen([deadRun([ourJob])]),
  }),
  story(
    'internal-snapshots',
    policy,
    [{ ...tracked(web01, webNew), internalSnapshots: ['before-upgrade', 'clean'] }],
    [webNew],
  ),
];
