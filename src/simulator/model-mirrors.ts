import type { FarEnd } from '../mirror/far-end.ts';
import { placeOf } from '../mirror/mirror-place.ts';
import type { MirrorPlace } from '../mirror/mirror.ts';
import type { MirrorAccess } from '../model/desired.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Files } from '../store/files.ts';
import type { Lie } from './fault.ts';
import type { Gate } from './gate.ts';
import { gatedFarEnd } from './gated-far-end.ts';
import { gatedLocalFiles } from './gated-local-files.ts';
import type { ModelHost } from './model-host.ts';

/** Opens the model's mirrors in one process: the real driver, over a far end that is modelled. */
export function modelMirrors(
  gate: Gate,
  stateDir: string,
  files: Files,
  twist: (end: FarEnd, host: ModelHost) => FarEnd,
): (access: MirrorAccess, lies: ReadonlySet<Lie>) => Result<MirrorPlace, Failure> {
  const places = new Map<string, MirrorPlace>();
  return ({ name, target, bandwidthBytesPerSecond, deletes }, lies) => {
    const mirror = gate.host.mirrors.find((one) => one.name === name);
    if (mirror === undefined) return fail({ code: 'bad-target', message: `no mirror ${name}` });
    const key = `${name} ${deletes} ${[...lies].join()}`;
    const known = places.get(key);
    if (known !== undefined) return ok(known);
    const local = gatedLocalFiles(gate, files);
    const settings = { name, target, bandwidthBytesPerSecond, deletes, stateDir };
    const end = twist(gatedFarEnd(gate, mirror, local, lies), gate.host);
    const place = placeOf(settings, end, local);
    places.set(key, place);
    return ok(place);
  };
}
