import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyCodes } from '../../src/policy/codes.ts';
import { topics } from '../../src/reporter/explain.ts';
import { anchors, pages, withoutBlocks } from './pages.ts';

const root = join(import.meta.dirname, '..', '..');
const all = pages();
const texts = new Map(all.map(({ path, text }) => [path, text]));

/** Links of a page to files of the repository, as `path#anchor`. */
function linksOf(text: string): readonly string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** What is wrong with a link on a page; null if it leads somewhere. */
function brokenBy(page: string, link: string): string | null {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page : normalize(join(page, '..', file));
  if (!existsSync(join(root, path))) return `${link}: no such file`;
  const text = texts.get(path);
  if (anchor === undefined || text === undefined) return null;
  return anchors(text).includes(anchor) ? null : `${link}: no such heading`;
}

it('finds pages and links', () => {
  expect(all.length).toBeGreaterThan(12);
  expect(all.flatMap(({ text }) => linksOf(text)).length).toBeGreaterThan(40);
});

describe.each(all)('$path', ({ path, text }) => {
  it('links to what is there', () => {
    expect(linksOf(text).flatMap((link) => brokenBy(path, link) ?? [])).toEqual([]);
  });
});

// Rules of docs/safety.md that always hold: nothing prints them, so `explain` has no topic.
const rules = ['G302', 'G303', 'G409'];

it('names guards and diagnostics that exist', () => {
  const known = [...topics.map(({ code }) => code), ...Object.keys(policyCodes), ...rules];
  const named = all.flatMap(({ text }) => [...text.matchAll(/\b(?:G\d{3}|HP\d{3})\b/g)]);
  expect(named.length).toBeGreaterThan(60);
  expect(named.map(([code]) => code).filter((code) => !known.includes(code))).toEqual([]);
});

it('names failures of a backup that the source has', () => {
  const operations = texts.get('docs/operations.md') ?? '';
  const section = operations.slice(operations.indexOf('## When a backup fails'));
  const codes = [...section.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(6);
  const source = ['executor', 'hypervisor', 'image', 'model'].flatMap((room) =>
    readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'src', room, file), 'utf8')),
  );
  expect(codes.filter((code) => !source.some((text) => text.includes(`'${code}'`)))).toEqual([]);
});
