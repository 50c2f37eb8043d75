import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { sentence } from './read-json.ts';

/** What belongs to this host and not to git; every default filled in. */
export interface Host {
  /** Where it was read; null: there is no host file. */
  readonly file: string | null;
  /** Journals, the lock, what the host knows of its stores. */
  readonly stateDir: string;
  /** Sockets and files of commands. */
  readonly runtimeDir: string;
  readonly uri: string;
  readonly scratch: { readonly path: string; readonly limitBytes: number | null };
  /** The policy that is taken without `--policy`. */
  readonly policyFile: string | null;
  readonly notify: readonly NotifyCommand[];
}

/** A program that is told of events; JSON on its standard input. */
export interface NotifyCommand {
  readonly command: readonly string[];
  readonly on: readonly string[];
}

/** A host without a host file. */
export const defaultHost: Host = {
  file: null,
  stateDir: '/var/lib/holdfast',
  runtimeDir: '/run/holdfast',
  uri: 'qemu:///system',
  scratch: { path: '/var/lib/holdfast/scratch', limitBytes: null },
  policyFile: null,
  notify: [],
};

const defaultFile = '/etc/holdfast/host.yaml';
