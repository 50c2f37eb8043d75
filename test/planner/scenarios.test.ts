import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Request } from '../../src/model/plan.ts';
import { checkPlan } from '../../src/planner/check.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { renderPlan } from '../../src/reporter/plan.ts';
import { request } from './build-policy.ts';
import { agentStories } from './stories/agent.ts';
import { backupStories } from './stories/backups.ts';
import { checkStories } from './stories/checks.ts';
import { copyCheckStories } from './stories/copy-checks.ts';
import { domainStories } from './stories/domains.ts';
import { drillStories } from './stories/drills.ts';
import { guardStories } from './stories/guards.ts';
import { mirrorStories } from './stories/mirrors.ts';
import { retentionStories } from './stories/retention.ts';
import { spaceStories } from './stories/space.ts';
import { desiredOf, type Story } from './stories/story.ts';

const stories = [
  ...agentStories,
  ...backupStories,
  ...domainStories,
  ...retentionStories,
  ...guardStories,
  ...mirrorStories,
  ...drillStories,
  ...checkStories,
  ...copyCheckStories,
  ...spaceStories,
];
/** `UPDATE=1` writes what is expected; read the diff before it is committed. */
const isUpdate = process.env['UPDATE'] === '1';
const root = join(import.meta.dirname, '..', 'scenarios');
const told: string[] = [];

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What a story's folder must hold. */
function filesOf({ policy, observed, request: asked }: Story): Readonly<Record<string, string>> {
  // Read back, as `plan --observed FILE` would: the goldens are made of the files.
  const read = JSON.parse(JSON.stringify(observed)) as ObservedState;
  const full: Request = request(asked);
  const plan = planPolicy(desiredOf(policy, read), read, full);
  expect(checkPlan(plan, read)).toEqual([]);
  return {
    'policy.yaml': policy,
    'observed.json': pretty(read),
    ...(Object.keys(asked).length === 0 ? {} : { 'request.json': pretty(full) }),
    'plan.json': pretty(plan),
    'plan.txt': renderPlan(plan, { color: false, width: null, verbose: false }),
  };
}

describe.each(stories)('$name', (one) => {
  const folder = join(root, one.name);

  it('gives the plan that its folder says', () => {
    const files = filesOf(one);
    told.push(one.name);
    if (isUpdate) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    }
    expect(existsSync(folder) ? readdirSync(folder).toSorted() : []).toEqual(
      Object.keys(files).toSorted(),
    );
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(folder, name), 'utf8'), name).toBe(text);
    }
  });
});

it('has a story for every folder, and at least forty', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders.toSorted()).toEqual(stories.map(({ name }) => name).toSorted());
  expect(stories.length).toBeGreaterThanOrEqual(40);
});

// A loop over nothing would prove nothing.
afterAll(() => expect(told.length).toBe(stories.length));
