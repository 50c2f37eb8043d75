import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directoryNameOf, isDirectoryName } from '../../src/model/directory-name.ts';
import { domainUuid } from '../../src/model/identity.ts';

const uuid = domainUuid('6a1d0f3e-1111-4222-8333-444455556666');
const other = domainUuid('7b2e0f3e-1111-4222-8333-444455556666');
const free = new Set<string>();

describe('directoryNameOf', () => {
  it.each([
    ['web01', 'web01'],
    ['a.b_c-D9', 'a.b_c-D9'],
    ['7', '7'],
    ['-rf', '-rf'],
    ['', '~6a1d0f3e'],
    ['.', '%2E~6a1d0f3e'],
    ['..', '%2E.~6a1d0f3e'],
    ['.hidden', '%2Ehidden~6a1d0f3e'],
    ['a/../b', 'a%2F..%2Fb~6a1d0f3e'],
    ['a b', 'a%20b~6a1d0f3e'],
    ['100%', '100%25~6a1d0f3e'],
    ['web01~6a1d0f3e', 'web01%7E6a1d0f3e~6a1d0f3e'],
    ['line\nbreak', 'line%0Abreak~6a1d0f3e'],
    ['Käse', 'K%C3%A4se~6a1d0f3e'],
    ['\u{1F4BE}', '%F0%9F%92%BE~6a1d0f3e'],
    ['\uD800', '%EF%BF%BD~6a1d0f3e'],
  ])('%j is %j', (name, directory) => {
    expect(directoryNameOf(name, uuid, free)).toBe(directory);
  });

  it('cuts at 80 bytes, and says so with the uuid', () => {
    expect(directoryNameOf('a'.repeat(80), uuid, free)).toBe('a'.repeat(80));
    expect(directoryNameOf('a'.repeat(81), uuid, free)).toBe(`${'a'.repeat(80)}~6a1d0f3e`);
  });

  it('never cuts inside the escapes of one character', () => {
    // 12 bytes each: six fit into 80, and 8 bytes stay unused.
    expect(directoryNameOf('\u{1F4BE}'.repeat(100), uuid, free)).toBe(
      `${'%F0%9F%92%BE'.repeat(6)}~6a1d0f3e`,
    );
    expect(directoryNameOf(`${'a'.repeat(79)}ä`, uuid, free)).toBe(`${'a'.repeat(79)}~6a1d0f3e`);
  });

  it("steps aside for another uuid's directory", () => {
    expect(directoryNameOf('web01', uuid, new Set(['web01']))).toBe('web01~6a1d0f3e');
    expect(directoryNameOf('web01', uuid, new Set(['web01', 'web01~6a1d0f3e']))).toBe(
      'web01~6a1d0f3e111142228333444455556666',
    );
  });

  it('is always a plain name, and another for another domain of another name', () => {
    const names = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 200 }));
    fc.assert(
      fc.property(names, names, (one, two) => {
        const first = directoryNameOf(one, uuid, free);
        expect(isDirectoryName(first)).toBe(true);
        expect(Buffer.byteLength(first)).toBeLessThanOrEqual(89);
        expect(directoryNameOf(two, other, new Set([first]))).not.toBe(first);
      }),
    );
  });
});

it.each(['', '.', '..', '.x', 'a/b', 'a b', 'a\n', 'a'.repeat(121)])(
  '%j is no directory name',
  (text) => expect(isDirectoryName(text)).toBe(false),
);
