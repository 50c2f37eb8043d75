import { kill } from 'node:process';
import { runId } from '../../src/model/identity.ts';
import { openJournal } from '../../src/store/journal.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { chainOn, later, must, theStore, web01 } from '../store/fixture.ts';
import { publish, runLife } from './store-life.ts';

/**
 * A run on a store that is killed at its Nth moment, or never (0). Arguments:
 * store, state directory, what to do, the run, N. Prints how many moments it had.
 */
const [path = '', stateDir = '', what = '', run = '', at = '0'] = process.argv.slice(2);
let moments = 0;

function moment(): void {
  moments += 1;
  if (moments === Number(at)) kill(process.pid, 'SIGKILL');
}

switch (what) {
  case 'life':
    await runLife({ path, stateDir, run, moment });
    break;
  case 'publish':
    publish(must(openStore({ name: 'main', path, id: theStore })), chainOn(8), 0, moment);
    break;
  case 'journal': {
    const journal = must(openJournal({ stateDir, run: runId(run), clock: () => later }));
    const intent = { kind: 'frozen-domain', uuid: web01, name: 'web01' } as const;
    must(journal.append({ kind: 'intent', action: 'a', intent }));
    must(journal.append({ kind: 'progress', action: 'a', doneBytes: 1, totalBytes: 2 }));
    must(journal.append({ kind: 'step', action: 'a', step: 'publish', path: null }, path));
    must(journal.append({ kind: 'intent-closed', action: 'a', intent: 'frozen-domain' }));
    break;
  }
  case 'look': {
    const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
    process.stdout.write(`${JSON.stringify(state)}\n`);
    break;
  }
  default:
    throw new Error(`no such thing: ${what}`);
}
process.stderr.write(`${moments}\n`);
