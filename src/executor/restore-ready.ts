import type { ObservedDomain } from '../model/observed.ts';
import type { Restore } from '../model/restore-action.ts';
import { ok, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { idleDomain, lookAt } from './look.ts';
import { during, failed, interrupted, type Checked, type NotDone, stale } from './not-done.ts';
import type { Tools } from './tools.ts';

// A guest that was asked to shut down gets this long before its plug is pulled.
const shutdownSeconds = 120;

/** The domain is as the plan saw it: there and off for a restore in place, absent otherwise. */
export async function checkDomain(action: Restore, tools: Tools): Promise<Checked> {
  if (action.mode === 'in-place') {
    const look = await idleDomain(action.domain, tools);
    if (!look.ok) return look;
    const { state, managedSave } = look.value;
    if (managedSave) return stale('managed-save', `${action.domain.name} has a managed save now.`);
    if (isOff(look.value) || action.powerOff) return ok('ready');
    return stale('power-changed', `${action.domain.name} is ${state} now.`);
  }
  if (action.define === null) return ok('ready');
  const look = await lookAt({ uuid: action.define.uuid, name: action.define.name }, tools);
  if (!look.ok) return look;
  if (look.value === null) return ok('ready');
  return stale('domain-exists', `A domain with the uuid ${action.define.uuid} exists now.`);
}

/** Off, and its chain closed: a point must never build on one from before the restore. */
export async function makeReady(action: Restore, tools: Tools): Promise<Result<void, NotDone>> {
  const look = await idleDomain(action.domain, tools);
  if (!look.ok) return look;
  if (!isOff(look.value) && action.powerOff) {
    const { uuid, name } = action.domain;
    const off = await tools.drivers.hypervisor.powerOff(uuid, shutdownSeconds, tools.signal);
    if (tools.signal.aborted) {
      const message = `${name} was asked to shut down for the restore, and may be off.`;
      tools.log.warn({ code: 'asked-to-shut-down', message });
      return interrupted;
    }
    if (!off.ok) return failed(during(`Shutting down ${action.domain.name}`, off.error));
  } else if (!isOff(look.value)) {
    return stale('power-changed', `${action.domain.name} is ${look.value.state} now.`);
  }
  const { closes } = action;
  if (closes === null) return ok(undefined);
  const store = tools.store(action.store);
  if (!store.ok) return failed(store.error);
  const noted = tools.log.step('close-chain', closes, action.store);
  if (!noted.ok) return failed(noted.error);
  const at = tools.drivers.clock();
  return underStoreLock(store.value, () =>
    store.value.closeChain(action.directory, closes, 'restored', at),
  );
}

const isOff = ({ state }: ObservedDomain): boolean => state === 'off' || state === 'crashed';
