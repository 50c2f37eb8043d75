import { unreachable } from '../model/result.ts';
import { holdName, manifestName } from '../store/layout.ts';
import { copiesOf, copyKeyOf, type StoredCopy } from './copies.ts';
import type { Dice } from './dice.ts';
import { clearBelow, pathsOf, type ModelMirror } from './model-mirror.ts';
import { flipped } from './model-store-image.ts';
import type { MirrorDeed } from './story.ts';
import type { World } from './world.ts';

/** What happens at a mirror, whoever does it. */
export function doToMirror(world: World, deed: MirrorDeed, dice: Dice): void {
  const { mirrors } = world.host;
  const mirror = mirrors[dice.below(mirrors.length)];
  if (mirror === undefined) return;
  switch (deed) {
    case 'away':
    case 'back':
      mirror.isAway = deed === 'away';
      return;
    case 'fill':
    case 'make-room':
      mirror.isFull = deed === 'fill';
      return;
    case 'wipe':
      mirror.files.clear();
      forgetForeign(world, mirror, '');
      return;
    case 'wipe-data':
      for (const path of pathsOf(mirror.files, '')) {
        if (path.split('/').length > 2) mirror.files.delete(path);
      }
      forgetForeign(world, mirror, '');
      return;
    case 'put-file':
      putFile(world, mirror, dice);
      return;
    case 'flip':
    case 'lose-file':
    case 'cut-manifest':
    case 'remove-chain':
    case 'hold':
    case 'release':
      doToCopy(world, mirror, deed, dice);
      return;
    default:
      unreachable(deed);
  }
}

function forgetForeign({ foreignCopies }: World, { name }: ModelMirror, below: string): void {
  for (const key of foreignCopies.keys()) {
    if (key.startsWith(`${name} ${below}`)) foreignCopies.delete(key);
  }
}

/** Somebody's own file, somewhere there. */
function putFile({ host, foreignCopies }: World, mirror: ModelMirror, dice: Dice): void {
  const places = [
    '',
    ...new Set(pathsOf(mirror.files, '').map((path) => path.replace(/[^/]+$/, ''))),
  ];
  const path = `${places[dice.below(places.length)] ?? ''}notes-${host.number()}.txt`;
  mirror.files.set(path, { text: 'not a backup', time: host.number() });
  foreignCopies.set(`${mirror.name} ${path}`, 'not a backup');
}

/** One copy is damaged, held, or removed with its chain. */
function doToCopy(
  world: World,
  mirror: ModelMirror,
  deed: Extract<
    MirrorDeed,
    'flip' | 'lose-file' | 'cut-manifest' | 'remove-chain' | 'hold' | 'release'
  >,
  dice: Dice,
): void {
  const copies = copiesOf(world.host).filter(
    (copy) => copy.mirror === mirror.name && !copy.isHidden,
  );
  const copy = copies[dice.below(copies.length)];
  const [disk] = copy?.manifest.disks ?? [];
  if (copy === undefined || disk === undefined) return;
  const { files } = mirror;
  const time = world.host.number();
  const image = `${copy.path}/${disk.file}`;
  const chain = copy.path.slice(0, copy.path.lastIndexOf('/'));
  switch (deed) {
    case 'flip': {
      // Nobody sees it in a listing: size and time stay.
      const found = files.get(image);
      if (found === undefined) return;
      files.set(image, { text: flipped(found.text), time: found.time });
      spoil(world, copies, copy);
      return;
    }
    case 'lose-file':
      files.delete(image);
      spoil(world, copies, copy);
      return;
    case 'cut-manifest': {
      const text = files.get(`${copy.path}/${manifestName}`)?.text ?? '';
      files.set(`${copy.path}/${manifestName}`, { text: text.slice(0, text.length >> 1), time });
      spoil(world, copies, copy);
      return;
    }
    case 'remove-chain':
      clearBelow(mirror, chain);
      forgetForeign(world, mirror, chain);
      return;
    case 'hold':
      files.set(`${dice.chance(0.5) ? chain : copy.path}/${holdName}`, { text: holdText, time });
      return;
    case 'release':
      files.delete(`${chain}/${holdName}`);
      files.delete(`${copy.path}/${holdName}`);
      return;
    default:
      unreachable(deed);
  }
}

const holdText = JSON.stringify({
  formatVersion: 1,
  who: 'a person there',
  at: '2026-11-22T02:00:00.000Z',
  reason: 'wanted',
});

/** What stands on a damaged copy is damaged too. */
function spoil({ damagedCopies }: World, copies: readonly StoredCopy[], bad: StoredCopy): void {
  for (const copy of copies) {
    const isAfter =
      copy.store === bad.store &&
      copy.directory === bad.directory &&
      copy.chain === bad.chain &&
      copy.sequence >= bad.sequence;
    if (isAfter) damagedCopies.add(copyKeyOf(copy));
  }
}
