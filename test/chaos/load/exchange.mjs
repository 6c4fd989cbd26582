import http from 'node:http';
import https from 'node:https';

/**
 * One HTTP exchange. Connections are kept or not by the agent that is given.
 * @param {string | URL} url
 * @param {import('node:https').RequestOptions & { body?: string, timeoutMs: number }} options
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, text: string }>}
 */
export function exchange(url, { body, timeoutMs, ...options }) {
  return new Promise((resolve, reject) => {
    const { request } = String(url).startsWith('https:') ? https : http;
    const sent = request(url, { ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
