import { describe, expect, it } from 'vitest';
import { waitUntilUsable } from '../../src/executor/drill-wait.ts';
import type { Tools } from '../../src/executor/tools.ts';
import type { DrillHost, DrillMachine } from '../../src/hypervisor/drill-host.ts';
import type { Drill } from '../../src/model/drill-action.ts';
import { chainId, domainUuid, pointId, storeId } from '../../src/model/identity.ts';
import { fail, ok } from '../../src/model/result.ts';

const uuid = domainUuid('00000000-0000-4000-8000-000000000001');

const action = (more: Partial<Drill> = {}): Drill => ({
  kind: 'drill',
  id: 'drill:main:1',
  wave: 50,
  address: 'domain/web01',
  dependsOn: [],
  reasons: [],
  place: null,
  blockedBy: [],
  bytes: null,
  domain: { uuid, name: 'web01' },
  store: { name: 'main', path: '/s', id: storeId('a'.repeat(32)) },
  directory: 'web01',
  chain: chainId('20261122T020000Z-4f7a'),
  point: pointId('20261122T020000Z-9c1e'),
  sequence: 3,
  pointDirectory: '0003-20261122T020000Z-inc',
  from: null,
  wait: 'agent',
  port: null,
  timeoutSeconds: 60,
  script: null,
  memoryLimitBytes: 1024 ** 3,
  network: null,
  keep: false,
  ...more,
});

const place = {
  guest: { uuid, name: 'web01-drill' },
  files: '/scratch/d',
  sockets: '/run/d',
  tpm: '/tpm/d',
  paths: [],
};

/** A machine whose looks are counted; what it does not say is that all is well. */
function rig(machine: Partial<DrillMachine> = {}, host: Partial<DrillHost> = {}) {
  const asked: object[] = [];
  const whole: DrillMachine = {
    isUp: async () => ok(true),
    agentAnswers: async () => true,
    addresses: async () => ['192.0.2.7', '192.0.2.8'],
    screenshot: async () => ok(null),
    lost: new AbortController().signal,
    end: async () => ok(undefined),
    ...machine,
  };
  const hostOf = {
    portAnswers: async () => true,
    runScript: async (command: unknown, facts: object) => {
      asked.push({ command, facts });
      return ok(undefined);
    },
    ...host,
  } as unknown as DrillHost;
  // Of all tools only these are asked for.
  const tools = {
    drivers: { host: 'kvm01', drillScripts: { answers: ['/bin/answers', '-q'] } },
  } as unknown as Tools;
  const wait = (more: Partial<Drill> = {}, signal = new AbortController().signal) =>
    waitUntilUsable(
      action(more),
      { machine: whole, place, startedAt: performance.now() },
      hostOf,
      tools,
      signal,
    );
  return { wait, asked };
}

describe('waitUntilUsable', () => {
  it('asks the agent until it answers', async () => {
    let looks = 0;
    const { wait } = rig({ agentAnswers: async () => (looks += 1) === 2 });
    expect(await wait()).toEqual({ is: 'usable', seconds: expect.any(Number) });
    expect(looks).toBe(2);
  });

  it('gives up when nobody answers in time', async () => {
    const { wait } = rig({ agentAnswers: async () => false });
    expect(await wait({ timeoutSeconds: 0 })).toEqual({
      is: 'failed',
      failure: { code: 'drill-silent', message: 'Its agent did not answer within 0 s.' },
    });
    const deaf = rig({}, { portAnswers: async () => false });
    expect(await deaf.wait({ wait: 'port', port: 443, timeoutSeconds: 0 })).toEqual({
      is: 'failed',
      failure: { code: 'drill-silent', message: 'Nothing listened on port 443 within 0 s.' },
    });
  });

  it('asks the port at every address of the machine', async () => {
    const tried: string[] = [];
    const { wait } = rig(
      {},
      {
        portAnswers: async (address, port) => {
          tried.push(`${address}:${port}`);
          return address.endsWith('.8');
        },
      },
    );
    expect(await wait({ wait: 'port', port: 22 })).toMatchObject({ is: 'usable' });
    expect(tried).toEqual(['192.0.2.7:22', '192.0.2.8:22']);
  });

  it('a machine that ended is no usable one', async () => {
    const { wait } = rig({ agentAnswers: async () => false, isUp: async () => ok(false) });
    expect(await wait()).toEqual({
      is: 'failed',
      failure: {
        code: 'drill-ended',
        message: 'The machine ended before it was usable: it shut down, or QEMU failed.',
      },
    });
  });

  it('with nothing to ask, being up at the end is enough', async () => {
    const { wait } = rig();
    expect(await wait({ wait: 'none', timeoutSeconds: 0 })).toEqual({
      is: 'usable',
      seconds: null,
    });
  });

  it('asks the script last, with what it needs to know', async () => {
    const { wait, asked } = rig();
    expect(await wait({ script: 'answers' })).toMatchObject({ is: 'usable' });
    expect(asked).toEqual([
      {
        command: ['/bin/answers', '-q'],
        facts: {
          formatVersion: 1,
          kind: 'drill',
          host: 'kvm01',
          point: 'domain/web01/20261122T020000Z-4f7a/0003',
          domain: { uuid, name: 'web01' },
          machine: place.guest,
          network: null,
          addresses: ['192.0.2.7', '192.0.2.8'],
        },
      },
    ]);
  });

  it('a script alone is asked at once; what it says on its end is the reason', async () => {
    const { wait } = rig(
      { agentAnswers: async () => Promise.reject(new Error('not asked')) },
      { runScript: async () => fail({ code: 'exit', message: 'web failed (3): no table' }) },
    );
    expect(await wait({ wait: 'none', script: 'answers' })).toEqual({
      is: 'failed',
      failure: { code: 'drill-script', message: 'Script answers: web failed (3): no table.' },
    });
    expect(await wait({ wait: 'none', script: 'gone' })).toEqual({
      is: 'failed',
      failure: { code: 'drill-script', message: 'The host file has no script gone.' },
    });
  });

  it('a signal ends it, and a machine without room is to blame', async () => {
    const stop = new AbortController();
    const { wait } = rig({
      agentAnswers: async () => {
        stop.abort();
        return false;
      },
    });
    expect(await wait({}, stop.signal)).toEqual({ is: 'stopped' });
    const full = new AbortController();
    const failure = { code: 'scratch-full', message: 'no room' };
    const lost = rig({
      lost: full.signal,
      agentAnswers: async () => {
        full.abort(failure);
        return false;
      },
    });
    expect(await lost.wait()).toEqual({ is: 'failed', failure });
  });
});
