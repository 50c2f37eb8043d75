import type { Instant } from '../model/instant.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeWay, writeDurable } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { formatOne, instant, orNull, parseShape, record, text } from '../store/shape.ts';

/** What this host told last, and how the newest attempt ended. */
export interface PublishState {
  readonly told: {
    readonly at: Instant;
    readonly url: string;
    readonly branch: string;
    readonly commit: string;
    /** Of what a reader would call news: the same digest is not told again. */
    readonly digest: string;
  } | null;
  /** Why the last attempt failed; null when it did not. */
  readonly failed: { readonly at: Instant; readonly message: string } | null;
}

const nothingTold: PublishState = { told: null, failed: null };

const fileName = 'state.json';

const shape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  told: field(
    'told',
    orNull(
      record((own) => ({
        at: own('at', instant),
        url: own('url', text),
        branch: own('branch', text),
        commit: own('commit', text),
        digest: own('digest', text),
      })),
    ),
  ),
  failed: field(
    'failed',
    orNull(record((own) => ({ at: own('at', instant), message: own('message', text) }))),
  ),
}));

/** Where what is told is made, and what was told is remembered. */
export function publishDirectory(stateDir: string): string {
  return `${stateDir}/publish`;
}

/** What was told. A file that is not what we wrote counts as none: telling the same twice harms nobody. */
export function readPublishState(stateDir: string): Result<PublishState, Failure> {
  const path = `${publishDirectory(stateDir)}/${fileName}`;
  return attempt(`reading ${path}`, () => {
    if (realFiles.look(path) === null) return ok(nothingTold);
    const state = parseShape(realFiles.read(path), shape);
    return ok(state.ok ? { told: state.value.told, failed: state.value.failed } : nothingTold);
  });
}

/** Remembers, whole or not at all. */
export function writePublishState(stateDir: string, state: PublishState): Result<void, Failure> {
  const directory = publishDirectory(stateDir);
  return attempt(`writing ${directory}/${fileName}`, () => {
    makeWay(realFiles, directory);
    writeDurable(realFiles, directory, fileName, jsonText({ formatVersion: 1, ...state }));
    return ok(undefined);
  });
}
