import { kill } from 'node:process';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { chainOn, must, theStore } from '../store/fixture.ts';
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
  case 'look': {
    const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
    process.stdout.write(`${JSON.stringify(state)}\n`);
    break;
  }
  default:
    throw new Error(`no such thing: ${what}`);
}
process.stderr.write(`${moments}\n`);
