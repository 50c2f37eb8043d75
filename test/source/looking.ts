import { expect } from 'vitest';
import {
  lookAtSource,
  type SourceLook,
  type SourceSetting,
} from '../../src/source/look-at-source.ts';
import { policyOf, type GitRig } from './git-rig.ts';

/** Looks at a branch. */
export async function look(setting: SourceSetting): Promise<SourceLook> {
  const found = await lookAtSource(setting);
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

/** What a look came to: the commit in force, and what is wrong. */
export const outcome = ({ state }: SourceLook) => ({
  inForce: state.inForce?.commit ?? null,
  refused:
    state.refused === null
      ? null
      : ([state.refused.refusal.code, state.refused.refusal.facts] as const),
  failed: state.failed?.failure.message ?? null,
});

/** A repository of one signed commit, which is in force. */
export async function followed(rig: GitRig): Promise<string> {
  const first = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(10) } });
  expect(outcome(await look(rig.setting()))).toEqual({
    inForce: first,
    refused: null,
    failed: null,
  });
  return first;
}
