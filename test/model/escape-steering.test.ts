import { assert, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { escapeSteering } from '../../src/model/escape-steering.ts';

it('writes what steers a terminal as JSON does, and leaves all else', () => {
  expect(escapeSteering('\u001B[2J\u009B1m\u007F\r\u202Ex\u2028\u{E0001}')).toBe(
    '\\u001b[2J\\u009b1m\\u007f\\u000d\\u202ex\\u2028\\udb40\\udc01',
  );
  expect(escapeSteering('a\tb\n👩‍💻 é 日本')).toBe('a\tb\n👩‍💻 é 日本');
});

it('keeps the value of a JSON text', () => {
  assert(
    property(string({ unit: 'binary' }), (name) => {
      const text = escapeSteering(JSON.stringify({ [name]: name }, null, 2));
      expect(JSON.parse(text)).toEqual({ [name]: name });
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\u2028]/);
    }),
  );
});
