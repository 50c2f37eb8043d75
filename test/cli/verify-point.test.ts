import { expect, it } from 'vitest';
import { knownFault } from '../../src/cli/verify-point.ts';

it('a fault that is known without reading is told in words', () => {
  expect(knownFault('domain/web01/20261118T010000Z-00cc/0001', 'file-size')).toEqual({
    code: 'file-size',
    message: 'domain/web01/20261118T010000Z-00cc/0001: a file has another size',
  });
});
