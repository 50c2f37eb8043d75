import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository, also when this was compiled into a directory below it. */
export const repository = ((): string => {
  let at = import.meta.dirname;
  while (!existsSync(join(at, 'test', 'captures'))) at = dirname(at);
  return at;
})();

/** Files below a directory of the repository whose path ends so. */
export function filesBelow(directory: string, ending: string): readonly Buffer[] {
  const root = join(repository, directory);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const found = names
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => readFileSync(join(root, name)));
  if (found.length === 0) throw new Error(`${directory} has no file *${ending}`);
  return found;
}

/** Texts as inputs. */
export const inputs = (...texts: readonly string[]): readonly Buffer[] =>
  texts.map((text) => Buffer.from(text));

/** JSON that is nested as deep as only an enemy nests: in a field of its own, and alone. */
export const deepJson = (field: string): readonly Buffer[] => {
  const deep = `${'['.repeat(15_000)}${']'.repeat(15_000)}`;
  return inputs(deep, `{"formatVersion":1,"${field}":${deep}}`);
};

/** A value as JSON. */
export const jsonInput = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
