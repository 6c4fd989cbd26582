import { exchange } from './exchange.mjs';

/**
 * A client of the API.
 * @typedef {{ method: string, path: string, body?: unknown, key?: string, headers?: Record<string, string> }} Call
 */

/**
 * Asks the copies of the api in turn.
 * @param {{ apiUrl: string, adminToken: string }} platform
 */
export function apiOf({ apiUrl, adminToken }) {
  const urls = [apiUrl];
  let asked = 0;
  /**
   * @param {Call} call
   * @returns {Promise<{ status: number, json: any, isBehind: boolean }>} `isBehind`: what was changed can't be read yet
   */
  const send = async ({ method, path, body, key, headers = {} }, timeoutMs = 20_000) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const {
      status,
      headers: told,
      text,
    } = await exchange(`${urls[asked++ % urls.length]}${path}`, {
      method,
      timeoutMs,
      agent: false,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    return { status, json: parse(text), isBehind: told['bulkhead-read-behind'] === 'true' };
  };
  /** @returns {Promise<any>} the body of a success */
  const get = async (path) => {
    const { status, json } = await send({ method: 'GET', path });
    if (status !== 200) throw new Error(`GET ${path} answered ${status} ${JSON.stringify(json)}`);
    return json;
  };
  return { send, get, alsoAt: (url) => void urls.push(url) };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
