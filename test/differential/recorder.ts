import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readRequests, type ReadMessage, type Reading } from './reader.js';

/** How a recording backend answers; it is told each complete request, and where in its connection it came. */
export interface Script {
  answer(request: ReadMessage, reply: Reply): void;
}

export interface Reply {
  /** latin1 */
  write(text: string): void;
  /** Closes its side of the connection: now, or once the connection has been asked for something else, or nothing, for a while. */
  close(when: 'now' | 'later'): void;
}

/** What a backend heard on one connection. */
export interface Recording {
  /** Every byte, latin1. */
  readonly text: string;
  readonly reading: Reading;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
/** Answers everything alike. */
export const AGREEABLE: Script = {
  answer: (request, reply) => reply.write(request.startLine[0] === 'HEAD' ? OK : `${OK}ok`),
};

/** How long a connection that is to be closed later may still be asked for something else, in ms. */
const LATER_MS = 100;

/** A backend on a port of its own that keeps every byte it hears, by connection. */
export class Recorder {
  private connections: RecordedConnection[] = [];
  script: Script = AGREEABLE;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections.push(
        new RecordedConnection(socket, (request, reply) => this.script.answer(request, reply)),
      );
    });
  }

  static async start(): Promise<Recorder> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const recorder = new Recorder(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return recorder;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all connections, waits until the other side has too, and tells what they heard; then it is as new. */
  async take(): Promise<Recording[]> {
    const { connections } = this;
    this.connections = [];
    await Promise.all(connections.map((connection) => connection.close()));
    return connections.map(({ text }) => ({ text, reading: readRequests(text) }));
  }

  close(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.server.close();
  }
}

class RecordedConnection {
  text = '';
  private answered = 0;
  private hasContinued = -1;
  private readonly closed: Promise<unknown>;

  constructor(
    readonly socket: Socket,
    private readonly answer: (request: ReadMessage, reply: Reply) => void,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (piece) => {
      this.text += piece.toString('latin1');
      this.serve();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
  }

  async close(): Promise<void> {
    this.socket.end();
    await this.closed;
  }

  private serve(): void {
    const { messages, rest, open } = readRequests(this.text);
    for (const message of messages.slice(this.answered)) {
      this.answered++;
      this.answer(message, this.reply());
    }
    if (rest === 'unreadable') this.socket.destroy();
    else if (open && this.hasContinued !== open.from && open.fields.some(([name]) => name === 'expect')) {
      this.hasContinued = open.from;
      this.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
  }

  private reply(): Reply {
    const { socket, answered } = this;
    return {
      write: (text) => void socket.write(Buffer.from(text, 'latin1')),
      close: (when) => {
        if (when === 'now') return void socket.end();
        setTimeout(() => {
          if (this.answered === answered) socket.end();
        }, LATER_MS);
      },
    };
  }
}
