import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * The load of the edge's benchmark, in a process of its own: HTTP/1.1 over kept connections, as raw bytes, so that it costs
 * less than what it measures. Asked and answered by messages.
 */

const BROWSER_FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: https://hello.apps.localhost/start',
  'Cookie: session=4f3c2a9d8e7b6a5f4e3d2c1b0a998877; theme=dark',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: same-origin',
  'Priority: u=0, i',
];
const requestTo = (host) =>
  Buffer.from(['GET /path/to/page?id=42 HTTP/1.1', `Host: ${host}`, ...BROWSER_FIELDS, '', ''].join('\r\n'));

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/** A connection with one request at a time. */
class Connection {
  onAnswer = () => {};
  #socket;
  #request;
  #held;
  #left = -1;
  sentAt = 0;

  static open({ port, tls, host }) {
    const socket = tls
      ? connectTls({
          host: '127.0.0.1',
          port,
          servername: host,
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        })
      : connect({ host: '127.0.0.1', port, noDelay: true });
    return new Promise((resolve, reject) => {
      const connection = new Connection(socket, requestTo(host));
      socket.once('error', reject);
      socket.once(tls ? 'secureConnect' : 'connect', () => resolve(connection));
    });
  }

  constructor(socket, request) {
    this.#socket = socket;
    this.#request = request;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => this.onAnswer('closed'));
  }

  send(at) {
    this.sentAt = at;
    this.#socket.write(this.#request);
  }

  close() {
    this.onAnswer = () => {};
    this.#socket.destroy();
  }

  #take(chunk) {
    if (this.#left > 0) this.#left -= chunk.length;
    else this.#left = this.#startAnswer(chunk);
    if (this.#left !== 0) return;
    this.#left = -1;
    this.onAnswer('answered');
  }

  /** Bytes that are missing of the answer; -1 where its head is. */
  #startAnswer(chunk) {
    const bytes = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
    const end = bytes.indexOf(HEAD_END);
    this.#held = end < 0 ? bytes : undefined;
    if (end < 0) return -1;
    const head = bytes.latin1Slice(0, end + 2);
    const length = LENGTH.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || length === undefined)
      throw new Error(`the benchmark's load was answered: ${head}`);
    return end + 4 + Number(length) - bytes.length;
  }
}

/** As many requests as are answered, each connection asking again at once. */
class ClosedLoop {
  answered = 0;
  latencies = [];

  constructor(connections) {
    for (const connection of connections) {
      const ask = () => connection.send(performance.now());
      connection.onAnswer = (how) => {
        if (how === 'closed') throw new Error('a proxy closed a connection that was in use');
        this.answered++;
        ask();
      };
      ask();
    }
  }

  stop() {}
}

const TICK_MS = 1;

/** Requests at their times, whatever the answers' times: a request that finds no connection waits, and its wait counts. */
class OpenLoop {
  answered = 0;
  latencies = [];
  #timer;

  constructor(connections, rate) {
    const free = [...connections];
    const waiting = [];
    let due = performance.now();
    for (const connection of connections)
      connection.onAnswer = (how) => {
        if (how === 'closed') throw new Error('a proxy closed a connection that was in use');
        this.answered++;
        this.latencies.push(performance.now() - connection.sentAt);
        const next = waiting.shift();
        if (next === undefined) free.push(connection);
        else connection.send(next);
      };
    this.#timer = setInterval(() => {
      for (const now = performance.now(); due <= now; due += 1000 / rate) {
        const connection = free.pop();
        if (connection) connection.send(due);
        else waiting.push(due);
      }
    }, TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }
}

let connections = [];
let loop;

export const verbs = {
  async open({ count, ...to }) {
    connections = await Promise.all(Array.from({ length: count }, () => Connection.open(to)));
  },
  /** Each connection asks once, so that none is merely shaken hands with. */
  async askOnce() {
    await Promise.all(
      connections.map(
        (connection) =>
          new Promise((resolve) => {
            connection.onAnswer = resolve;
            connection.send(0);
          }),
      ),
    );
  },
  start({ rate }) {
    loop = rate === undefined ? new ClosedLoop(connections) : new OpenLoop(connections, rate);
  },
  /** What was answered since the last mark. */
  mark() {
    const { answered, latencies } = loop;
    loop.answered = 0;
    loop.latencies = [];
    return { answered, latencies: Float64Array.from(latencies).sort() };
  },
  close() {
    loop?.stop();
    loop = undefined;
    for (const connection of connections) connection.close();
    connections = [];
  },
};

process.on('message', async ({ id, verb, what }) => {
  const answer = await verbs[verb](what ?? {});
  process.send({ id, answer });
});
process.on('disconnect', () => process.exit());
