import type { DesiredDrill } from '../model/desired.ts';
import { localPathOf } from './mirror-target.ts';
import type { WrittenDrill } from './policy-file.ts';
import { durationSeconds } from './quantity.ts';
import type { SettingsInput, WrittenAt } from './settings-input.ts';
import { diagnose, type Path } from './source.ts';

// A guest with a file system check or updates to finish is up within minutes; one that is not will not be.
const defaultTimeout = '5m';

/** How a rule's domains are drilled, defaults filled in; null where they are not. Tells of what does not fit together. */
export function readDrill(input: SettingsInput): DesiredDrill | null {
  const { rule, defaults } = input;
  const own = rule.written.drill;
  const said: WrittenDrill = { ...defaults?.written.drill, ...own };
  if ((own ?? defaults?.written.drill) === undefined || said.boot === false) return null;
  // A rule that says another way to wait means no port of the defaults.
  const port = own?.wait !== undefined && own.wait !== 'port' ? own.port : said.port;
  const wait = said.wait ?? 'agent';
  const isWhole = checkDrill(input, { ...said, wait, port });
  if (!isWhole || said.every === undefined) return null;
  return {
    everySeconds: durationSeconds(said.every),
    wait,
    port: port ?? null,
    timeoutSeconds: durationSeconds(said.timeout ?? defaultTimeout),
    script: said.script ?? null,
    from: said.from ?? null,
  };
}

type Said = Pick<WrittenDrill, 'every' | 'from'> & {
  readonly wait: NonNullable<WrittenDrill['wait']>;
  readonly port: number | undefined;
};

function checkDrill(input: SettingsInput, { every, wait, port, from }: Said): boolean {
  const before = input.found.length;
  if (every === undefined) {
    tell(input, [], 'HP341', 'a drill needs every: how often it is made', 'write every: 30d');
  }
  if (wait === 'port' && port === undefined) {
    const detail = 'write port: 22, or another one that the guest listens on';
    tell(input, ['wait'], 'HP342', 'wait: port needs the port', detail);
  }
  if (wait !== 'port' && port !== undefined) {
    tell(
      input,
      ['port'],
      'HP342',
      `wait: ${wait} asks no port`,
      'remove port, or write wait: port',
    );
  }
  if (from !== undefined) checkFrom(input, from);
  return input.found.length === before;
}

/** A copy is booted where it lies: in a directory of this host, of a mirror that the rule copies to. */
function checkFrom(input: SettingsInput, from: string): void {
  const { rule, defaults, definitions } = input;
  const mirrors = rule.written.mirrors ?? defaults?.written.mirrors ?? [];
  if (!mirrors.includes(from)) {
    const detail =
      mirrors.length === 0 ? 'it names no mirror' : `its mirrors are ${mirrors.join(', ')}`;
    tell(input, ['from'], 'HP343', `the rule copies nothing to mirror "${from}"`, detail);
    return;
  }
  // A mirror that is not defined, or is wrong itself, was told of already.
  const mirror = definitions.mirrors.get(from)?.value;
  if (mirror === undefined || localPathOf(mirror) !== null) return;
  const detail = 'leave from out: then the point in the store is booted';
  tell(input, ['from'], 'HP343', `mirror "${from}" is no directory of this host`, detail);
}

/** Says it where the key is written, in the rule or in the defaults; what is missing, where drills are asked for. */
function tell(
  { rule, defaults, found }: SettingsInput,
  below: readonly ['wait' | 'port' | 'from'] | readonly [],
  code: 'HP341' | 'HP342' | 'HP343',
  summary: string,
  detail: string,
): void {
  const [key] = below;
  const writers = [rule, ...(defaults === null ? [] : [defaults])].filter(
    ({ written }) => written.drill !== undefined,
  );
  const says = ({ written }: WrittenAt): boolean =>
    key !== undefined && written.drill?.[key] !== undefined;
  const writer = writers.find(says) ?? writers[0] ?? rule;
  const path: Path = [...writer.path, 'drill', ...(says(writer) ? below : [])];
  const said = diagnose(writer.source, path, { code, summary, detail });
  // What defaults: says wrongly is wrong in every rule, and told once.
  const isTold = found.some(
    (other) =>
      other.code === code &&
      other.path === said.path &&
      other.range?.filename === said.range?.filename,
  );
  if (!isTold) found.push(said);
}
