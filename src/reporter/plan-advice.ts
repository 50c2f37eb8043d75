import { guardDigest } from '../model/approved-subjects.ts';
import type { Guard, Note, Plan } from '../model/plan.ts';
import { paint } from './color.ts';
import { wrapWords } from './display-width.ts';
import { guards, noOverride } from './guards.ts';
import { notes } from './notes.ts';
import { placeWords, shortAddress, type PlanWords } from './plan-rows.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { sentenceOf } from './sentence.ts';
import { shellWord } from './shell-word.ts';

/** Lines of the notes, warnings first. */
export function noteLines(
  all: readonly Note[],
  words: PlanWords,
  options: RenderOptions,
): readonly string[] {
  const order = [
    ...all.filter(({ severity }) => severity === 'warning'),
    ...all.filter(({ severity }) => severity === 'info'),
  ];
  return order.flatMap((note) => {
    const place = placeWords(note.place);
    const sentence = sentenceOf(notes, note.code, note.facts, words.setting);
    const text = `${shortAddress(note.address, words.shorten)}: ${sentence}${place === '' ? '' : ` (${place})`}`;
    return labelled(note.severity === 'warning' ? 'warning' : 'note', text, options);
  });
}

/** Lines of the guards: what each says, and the exact words that lift it for one run. */
export function guardLines(
  plan: Plan,
  words: PlanWords,
  options: RenderOptions,
  planFile: string | null,
): readonly string[] {
  return plan.guards.flatMap((guard) => {
    const sentence = sentenceOf(guards, guard.code, guard.facts, words.setting);
    const text = `${printable(guard.code)} ${shortAddress(guard.scope, words.shorten)} ${sentence}`;
    return [
      ...labelled(guard.effect, text, options),
      ...remedyLines(guard, { plan, words, options, planFile }).map((line) => `        ${line}`),
    ];
  });
}

interface Remedied {
  readonly plan: Plan;
  readonly words: PlanWords;
  readonly options: RenderOptions;
  readonly planFile: string | null;
}

function remedyLines(
  guard: Guard,
  { plan, words, options, planFile }: Remedied,
): readonly string[] {
  if (guard.effect === 'allowed') return approvedLines(guard, words);
  if (!guard.overridable) {
    const remedy = noOverride(guard.code);
    return remedy === null ? [] : wrapped(remedy, 8, options);
  }
  // The scope is given whole and quoted: the line is there to be copied.
  const allow = shellWord(printable(`${guard.code}=${guard.scope}`));
  const file = planFile === null ? '' : ` ${shellWord(printable(planFile))}`;
  return [
    `if intended: holdfast apply${file} --allow ${allow}`,
    // The words for those who approve with a signature: most hosts have nobody who does.
    ...(guard.actions.length === 0 || !options.verbose
      ? []
      : [`or, signed: holdfast approve ${guardDigest(plan, guard)} --key FILE`]),
  ];
}

function approvedLines({ approved }: Guard, { setting }: PlanWords): readonly string[] {
  if (approved === undefined) return [];
  const { by, until } = approved;
  return [`approved by ${printable(by)}, until ${setting.clock.minute(until)}`];
}

function labelled(
  label: Guard['effect'] | 'warning' | 'note',
  text: string,
  options: RenderOptions,
): readonly string[] {
  const style = label === 'block' ? 'red' : label === 'note' ? 'dim' : 'yellow';
  const [first = '', ...more] = wrapped(text, label.length + 3, options);
  return [
    `  ${paint(label, style, options.color)} ${first}`,
    ...more.map((line) => `        ${line}`),
  ];
}

function wrapped(text: string, indent: number, options: RenderOptions): readonly string[] {
  return options.width === null
    ? [text]
    : wrapWords(text, Math.max(20, options.width - Math.max(indent, 8)));
}
