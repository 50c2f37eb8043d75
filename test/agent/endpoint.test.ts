import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Endpoint, type Page } from '../../src/agent/endpoint.ts';

const page = (text: () => Promise<string | null>): Page => ({ type: 'text/plain', text });
const pages = new Map([
  ['/metrics', page(async () => 'holdfast_up 1\n')],
  ['/status.json', page(async () => null)],
  ['/broken', page(async () => Promise.reject(new Error('cannot be told')))],
]);

let endpoint: Endpoint | null = null;
afterEach(() => {
  endpoint?.[Symbol.dispose]();
  endpoint = null;
});

async function open(address: string, token: string | null = null): Promise<string> {
  const opened = await Endpoint.open({ address, token }, pages);
  if (!opened.ok) throw new Error(opened.error.message);
  endpoint = opened.value;
  return endpoint.url;
}

/** Why an address is not listened at. */
const refused = async (address: string): Promise<string> => {
  const opened = await Endpoint.open({ address, token: null }, pages);
  return opened.ok ? 'listens' : opened.error.message;
};

describe('Endpoint', () => {
  it('tells its pages and nothing else, and changes nothing', async () => {
    const url = await open('127.0.0.1:0');
    const metrics = await fetch(`${url}/metrics?x=1`);
    expect([metrics.status, await metrics.text()]).toEqual([200, 'holdfast_up 1\n']);
    expect(metrics.headers.get('cache-control')).toBe('no-store');
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      '14',
      '',
    ]);
    const early = await fetch(`${url}/status.json`);
    expect([early.status, await early.text()]).toEqual([503, 'No look has ended yet.\n']);
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    const other = await fetch(`${url}/etc/passwd`);
    expect([other.status, await other.text()]).toEqual([
      404,
      'There are: /metrics /status.json /broken\n',
    ]);
    expect(await raw(url, '/../../etc/passwd')).toBe(404);
    expect(await raw(url, 'http://elsewhere/metrics')).toBe(404);
  });

  it('asks for its token, where it has one', async () => {
    const url = await open('127.0.0.1:0', 'sesame');
    const ask = async (authorization?: string): Promise<number> =>
      (
        await fetch(
          `${url}/metrics`,
          authorization === undefined ? {} : { headers: { authorization } },
        )
      ).status;
    expect(
      await Promise.all([ask(), ask('Bearer nothing'), ask('sesame'), ask('Bearer sesame')]),
    ).toEqual([401, 401, 401, 200]);
  });

  it('listens elsewhere than on loopback with a token only, and says what is wrong', async () => {
    expect(await refused('0.0.0.0:0')).toBe(
      '0.0.0.0:0 can be reached from elsewhere: name a tokenFile under agent: in the host file, or listen on 127.0.0.1',
    );
    expect(await refused('localhost:9170')).toBe(
      'localhost:9170: write an IP address and a port, as in 127.0.0.1:9170',
    );
    expect(await refused('127.0.0.1:99999')).toMatch(/^127\.0\.0\.1:99999: write an IP address/);
    const url = await open('127.0.0.1:0');
    const taken = new URL(url).host;
    expect(await refused(taken)).toBe(
      `${taken}: listen EADDRINUSE: address already in use ${taken}`,
    );
    expect(await open('0.0.0.0:0', 'sesame')).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });
});

/** The status of a request whose path is sent as it is. */
async function raw(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
