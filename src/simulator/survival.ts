import { createDice } from './dice.ts';

/** How much of what was not fsynced is on disk after a crash: nothing, all, or what a seed decides. */
export type Survival = 'nothing' | 'everything' | number;

/** Whether the next thing that was not fsynced survives. */
export function survivalDice(survival: Survival): () => boolean {
  if (typeof survival === 'string') return () => survival === 'everything';
  const dice = createDice(survival);
  return () => dice.chance(0.5);
}

/** A file's content after a crash: what was fsynced, and of what came after it a half, zeros, or nothing. */
export function tornContent(
  content: Buffer,
  synced: Buffer | null,
  survival: Survival,
  chance: () => boolean,
): Buffer {
  if (survival === 'everything') return content;
  const sure = synced ?? Buffer.alloc(0);
  const isGrown = content.length > sure.length && content.subarray(0, sure.length).equals(sure);
  if (survival === 'nothing' || !isGrown) return sure;
  const rest = content.subarray(sure.length);
  return Buffer.concat([
    sure,
    chance() ? rest.subarray(0, rest.length >> 1) : Buffer.alloc(rest.length),
  ]);
}
