import { describe, expect, it } from 'vitest';
import { copiesAge } from '../../src/cli/copies-age.ts';
import { mirrorFindings } from '../../src/cli/doctor-mirrors.ts';
import { asStore, resolveCopies, type MirrorCopies } from '../../src/cli/mirror-copies.ts';
import { statusExit, statusReport } from '../../src/cli/status-report.ts';
import type { MirrorAccess } from '../../src/model/desired.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain, tracked } from '../planner/build-domain.ts';
import { desiredDomain, desiredState, mainId, request } from '../planner/build-policy.ts';
import { world } from '../planner/build.ts';
import { checkStories } from '../planner/stories/checks.ts';
import { copyCheckStories } from '../planner/stories/copy-checks.ts';
import { desiredOf } from '../planner/stories/story.ts';

const web01 = domain(1, 'web01');
const where = directory(web01, [chain('2026-11-18T01:00:00.000Z', 4)]);
const away = unseen('mirror-unreachable', 'mirror nas (nas:/vol): no route to host');

/** The copies of the first points of the store's chain. */
function contentOf(count: number): ObservedMirrorContent {
  const { tip: _tip, incoming: _incoming, lastLook: _look, ...rest }: ObservedDirectory = where;
  const chains = where.chains.map((each) => ({ ...each, points: each.points.slice(0, count) }));
  return {
    store: mainId,
    kind: 'ready',
    directories: [{ ...rest, chains, deleted: [], partial: [] }],
    freeBytes: null,
    unreadable: [],
    foreign: 0,
  };
}

describe('the age of copies', () => {
  const here = where.chains;
  const there = contentOf(3).directories[0]?.chains ?? [];

  it('is that of the newest valid one, and what is newer here is behind', () => {
    const last = here[0]?.points.at(-1);
    expect(copiesAge(here, there)).toEqual({
      newestAt: there[0]?.points.at(-1)?.at,
      behind: { points: 1, bytes: last?.bytes },
    });
    const faulty = there.map((each) => ({
      ...each,
      points: each.points.map((point) => ({ ...point, fault: 'file-size' as const })),
    }));
    expect(copiesAge(here, faulty)).toMatchObject({ newestAt: null, behind: { points: 4 } });
  });

  it('is all that is known where the store was not seen', () => {
    expect(copiesAge(null, there)).toMatchObject({ behind: null });
    expect(copiesAge(null, there).newestAt).not.toBeNull();
  });
});

describe('status', () => {
  const desired = desiredState([desiredDomain(1, 'web01', { mirrors: ['nas'] })]);
  const report = (state: ReturnType<typeof seen<ObservedMirrorContent>> | typeof away) => {
    const observed = {
      ...world(desired, [tracked(web01, where)], [where]),
      mirrors: [{ name: 'nas', stores: [{ store: 'main', state }] }],
    };
    const plan = planPolicy(desired, observed, request());
    return statusReport(plan, observed, desired);
  };

  it('tells how far each mirror is behind', () => {
    const [row] = report(seen(contentOf(3))).domains;
    expect(row?.copies).toMatchObject([{ mirror: 'nas', behind: { points: 1 }, failure: null }]);
  });

  it('exits with 9 when a mirror was not seen', () => {
    const blind = report(away);
    expect(blind.unseen).toEqual([{ part: 'nas', failure: away.failure }]);
    expect(blind.domains[0]?.copies).toEqual([
      { mirror: 'nas', newestAt: null, behind: null, failure: away.failure },
    ]);
    expect(statusExit(blind)).toBe(9);
  });
});

describe('doctor', () => {
  it('says what is wrong with each mirror, and the remedy', () => {
    const [found] = contentOf(2).directories;
    if (found === undefined) throw new Error('no copies');
    const faulty = found.chains.map((each) => ({
      ...each,
      points: each.points.map((point) => ({ ...point, fault: 'file-size' as const })),
    }));
    const content = { ...contentOf(2), directories: [{ ...found, chains: faulty }] };
    const findings = mirrorFindings([
      { name: 'nas', stores: [{ store: 'main', state: seen(content) }] },
      { name: 'far', stores: [{ store: 'main', state: unseen('host-key-unknown', 'unknown') }] },
      { name: 'odd', stores: [{ store: 'main', state: unseen('mirror-failed', 'broken') }] },
    ]);
    expect(findings).toEqual([
      {
        severity: 'ok',
        code: 'mirror',
        subject: 'mirror/nas',
        message: 'can be seen: 2 copies',
        remedy: null,
      },
      {
        severity: 'error',
        code: 'faulty-copies',
        subject: 'nas:domain/web01',
        message: '2 copies are faulty',
        remedy: 'holdfast verify nas:domain/web01',
      },
      {
        severity: 'error',
        code: 'host-key-unknown',
        subject: 'mirror/far',
        message: 'unknown',
        remedy:
          'ssh to it once as the user that runs holdfast, compare the fingerprint with the one that the far end shows at its own console, and accept it',
      },
      {
        severity: 'error',
        code: 'mirror-failed',
        subject: 'mirror/odd',
        message: 'broken',
        remedy: 'do what the message says, then holdfast mirror list',
      },
    ]);
  });
});

describe('an address at a mirror', () => {
  // Only the name and the copies are looked at.
  const copies = {
    access: { name: 'nas' } as MirrorAccess,
    stores: [asStore('main', 'nas:/vol', seen(contentOf(3)))],
  } as unknown as MirrorCopies;
  const id = where.chains[0]?.id;

  it('means what lies there', () => {
    expect(resolveCopies(copies, 'nas:domain/web01/2026/2')).toMatchObject({
      value: [{ address: `nas:domain/web01/${id}/0002`, point: { sequence: 2 } }],
    });
    expect(resolveCopies(copies, 'domain/web01')).toMatchObject({
      value: [{ address: `nas:domain/web01/${id}`, point: null }],
    });
  });

  it('that nothing lies at is refused, and may be hidden where not all was seen', () => {
    expect(resolveCopies(copies, 'nas:domain/web02')).toMatchObject({
      error: {
        exit: 1,
        message: 'mirror nas holds no points of domain/web02; did you mean domain/web01?',
      },
    });
    const blind = { ...copies, stores: [asStore('main', 'nas:/vol', away)] };
    expect(resolveCopies(blind, 'nas:domain/web02')).toMatchObject({ error: { exit: 9 } });
  });
});

it('status counts the damaged points of which no mirror has a sound copy', () => {
  const counts = ['heal-from-the-next-mirror', 'heal-with-no-sound-copy-left'].map((wanted) => {
    const told = checkStories.find(({ name }) => name === wanted);
    if (told === undefined) throw new Error(`${wanted} is not told`);
    const { policy, observed } = told;
    const desired = desiredOf(policy, observed);
    const { domains } = statusReport(planPolicy(desired, observed, request()), observed, desired);
    return domains.map(({ noSoundCopy }) => noSoundCopy);
  });
  expect(counts).toEqual([[undefined], [1]]);
});

it('status says of copies how far their checks are, and which are faulty', () => {
  const rows = ['copies-that-were-never-checked', 'damaged-copy-is-copied-again'].flatMap(
    (wanted) => {
      const told = copyCheckStories.find(({ name }) => name === wanted);
      if (told === undefined) throw new Error(`${wanted} is not told`);
      const { policy, observed } = told;
      const desired = desiredOf(policy, observed);
      const { domains } = statusReport(planPolicy(desired, observed, request()), observed, desired);
      return domains.map(({ name, copies = [] }) => [name, copies[0]?.faulty, copies[0]?.checks]);
    },
  );
  const every = { depth: 'hash', everySeconds: 7 * 86_400 };
  expect(rows).toMatchObject([
    ['db1', undefined, { ...every, never: 1, overdue: 2 }],
    ['web01', undefined, { ...every, never: 3, overdue: 3, oldestAt: null }],
    ['web01', 3, { ...every, never: 0, overdue: 0 }],
  ]);
});
