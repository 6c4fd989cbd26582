import http from 'node:http';
import https from 'node:https';

/**
 * One HTTP exchange.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: unknown, ca?: string, timeoutMs?: number }} [options]
 *   `body` is sent as JSON; `ca`: PEM of the only root believed
 * @returns {Promise<{ status: number, text: string }>}
 */
export function request(url, { method = 'GET', headers = {}, body, ca, timeoutMs = 10_000 } = {}) {
  const { protocol, hostname, host } = new URL(url);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    method,
    headers: {
      host,
      ...headers,
      ...(payload
        ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
        : {}),
    },
    timeout: timeoutMs,
    agent: false,
    ...(ca ? { ca } : {}),
    // Names below .localhost are this machine (RFC 6761), but not every resolver knows.
    ...(hostname.endsWith('.localhost') ? { hostname: '127.0.0.1', servername: hostname } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = (protocol === 'https:' ? https : http).request(url, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer from ${url} within ${timeoutMs} ms`)));
    sent.once('error', reject);
    sent.end(payload);
  });
}

/** Whether a URL answers with a status below 300. */
export async function answers(url, options = {}) {
  try {
    return (await request(url, { timeoutMs: 2_000, ...options })).status < 300;
  } catch {
    return false;
  }
}
