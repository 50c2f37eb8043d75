import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import { defaultHostFile, parseHostFile, type HostFile } from '../policy/host-file.ts';
import { renderDiagnostics } from '../policy/render-diagnostics.ts';
import type { Context, Refusal } from './context.ts';
import { readTrouble } from './file-trouble.ts';

const defaultPath = '/etc/holdfast/host.yaml';

/** The host file, as it was named or where it is by default. */
export function hostFilePath({ globals }: Pick<Context, 'globals'>): string {
  return globals.hostConfig ?? defaultPath;
}

/** What belongs to this host and not to git. Without a host file there are defaults; a named one must be there. */
export function loadHost({ terminal, globals }: Context): Result<HostFile, Refusal> {
  const named = globals.hostConfig;
  const path = resolve(terminal.cwd, named ?? defaultPath);
  if (named === undefined && !existsSync(path)) return ok(defaultHostFile);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const message = `the host file ${named ?? path} cannot be read: ${readTrouble(error, path, 'correct --host-config')}`;
    return fail({ exit: 3, code: 'host-file', message });
  }
  const host = parseHostFile(text, named ?? path);
  if (host.ok) return host;
  const told = renderDiagnostics(host.error, { color: false });
  return fail({
    exit: 3,
    code: 'host-file',
    message: 'the host file is not valid:',
    below: told.trimEnd(),
  });
}
