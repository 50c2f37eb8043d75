import type { Instant } from '../model/instant.ts';
import type { CommitInForce, SourceRefusal, SourceReset } from '../model/policy-source.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeWay, writeDurable } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import {
  checked,
  formatOne,
  instant,
  listOf,
  oneOf,
  orNull,
  parseShape,
  record,
  text,
  textLike,
  type Shape,
} from '../store/shape.ts';
import { sourceDirectory } from './clone.ts';
import type { BlobText } from './read-blobs.ts';

/** The policy that is in force: read once, at a verified commit, and kept here, so that no git and no net is needed to act by it. */
export interface InForce extends CommitInForce {
  /** The policy and what it includes. */
  readonly files: readonly BlobText[];
}

/** What is remembered of a source: `<stateDir>/source/state.json`. */
export interface SourceState {
  readonly inForce: InForce | null;
  /** The last fetch that succeeded. */
  readonly fetchedAt: Instant | null;
  /** Why the newest commit is not followed, and since when; null when it is. */
  readonly refused: { readonly at: Instant; readonly refusal: SourceRefusal } | null;
  /** Why the last fetch failed; null when it did not. */
  readonly failed: { readonly at: Instant; readonly failure: Failure } | null;
  /** Newest first. */
  readonly resets: readonly SourceReset[];
}

export const noState: SourceState = {
  inForce: null,
  fetchedAt: null,
  refused: null,
  failed: null,
  resets: [],
};

const fileName = 'state.json';

// For people who ask how the branch came to where it is; older ones are in no one's way of deciding.
const maxResets = 20;

const commitShape = textLike(
  (value): value is string => /^[0-9a-f]{40}$/.test(value),
  '',
  'a commit, 40 hex digits',
);

const isFact = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const factsShape: Shape<SourceRefusal['facts']> = (value, at, problems) => {
  const entries = record(() => Object.entries(Object(value)))(value, at, problems);
  return Object.fromEntries(
    entries.map(([key, fact]: [string, unknown]) => [
      key,
      checked(isFact, null, 'a text or a number')(fact, `${at}.${key}`, problems),
    ]),
  );
};

const stateShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  inForce: field(
    'inForce',
    orNull(
      record((own) => ({
        commit: own('commit', commitShape),
        url: own('url', text),
        branch: own('branch', text),
        path: own('path', text),
        signer: own('signer', text),
        since: own('since', instant),
        files: own(
          'files',
          listOf(record((file) => ({ path: file('path', text), text: file('text', text) }))),
        ),
      })),
    ),
  ),
  fetchedAt: field('fetchedAt', orNull(instant)),
  refused: field(
    'refused',
    orNull(
      record((own) => ({
        at: own('at', instant),
        refusal: own(
          'refusal',
          record((refusal) => ({
            code: refusal('code', oneOf('G101', 'G102', 'G103', 'G106')),
            tip: refusal('tip', commitShape),
            facts: refusal('facts', factsShape),
          })),
        ),
      })),
    ),
  ),
  failed: field(
    'failed',
    orNull(
      record((own) => ({
        at: own('at', instant),
        failure: own(
          'failure',
          record((failure) => ({ code: failure('code', text), message: failure('message', text) })),
        ),
      })),
    ),
  ),
  resets: field(
    'resets',
    listOf(
      record((own) => ({
        at: own('at', instant),
        by: own('by', text),
        reason: own('reason', text),
        from: own('from', orNull(commitShape)),
        to: own('to', commitShape),
      })),
    ),
  ),
}));

/** What is remembered; nothing before the first look. One that cannot be read is a failure: it says what must be followed. */
export function readSourceState(stateDir: string): Result<SourceState, Failure> {
  const path = `${sourceDirectory(stateDir)}/${fileName}`;
  return attempt(`reading ${path}`, () => {
    if (realFiles.look(path) === null) return ok(noState);
    const state = parseShape(realFiles.read(path), stateShape);
    if (state.ok) {
      const { formatVersion: _format, ...rest } = state.value;
      return ok(rest);
    }
    return fail({
      code: 'source-state-unreadable',
      message: `${path}: ${state.error}; it says which commit is in force: holdfast source reset --reason TEXT begins anew`,
    });
  });
}

/** Remembers, whole or not at all. */
export function writeSourceState(stateDir: string, state: SourceState): Result<void, Failure> {
  const directory = sourceDirectory(stateDir);
  return attempt(`writing ${directory}/${fileName}`, () => {
    makeWay(realFiles, directory);
    const kept = { ...state, resets: state.resets.slice(0, maxResets) };
    writeDurable(realFiles, directory, fileName, jsonText({ formatVersion: 1, ...kept }));
    return ok(undefined);
  });
}
