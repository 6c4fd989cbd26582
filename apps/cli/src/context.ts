import { ApiClient } from './api/api-client.js';
import { CliError } from './cli-error.js';
import { findConnection, type Connection } from './connection/connection.js';
import { EXIT } from './exit-codes.js';

export interface Streams {
  out(text: string): void;
  err(text: string): void;
  /** What is piped in; nothing where a person types. */
  readonly in?: AsyncIterable<Uint8Array> | undefined;
}

interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly streams: Streams;
  readonly now: () => Date;
}

const MAX_INPUT_BYTES = 64 * 1024;

/** What every verb gets: where to print, how to reach the API, and whether a program reads along. */
export class Context {
  /** Set from `--json` before a verb runs. */
  json = false;
  exitCode: number = EXIT.ok;
  #connection: Connection | undefined;

  constructor(private readonly surroundings: Surroundings) {}

  get connection(): Connection {
    return (this.#connection ??= findConnection(this.surroundings));
  }

  get api(): ApiClient {
    return new ApiClient(this.connection);
  }

  get environment(): NodeJS.ProcessEnv {
    return this.surroundings.environment;
  }

  now(): Date {
    return this.surroundings.now();
  }

  /** Prints a result: the value itself with `--json`, else what `text` makes of it. */
  show<T>(value: T, text: (value: T) => string): void {
    this.print(this.json ? JSON.stringify(value, null, 2) : text(value));
  }

  print(text: string): void {
    this.surroundings.streams.out(text.endsWith('\n') ? text : `${text}\n`);
  }

  raw(text: string): void {
    this.surroundings.streams.out(text);
  }

  rawError(text: string): void {
    this.surroundings.streams.err(text);
  }

  /** Says what goes on, where no program reads along. */
  progress(text: string): void {
    if (!this.json) this.surroundings.streams.err(`${text}\n`);
  }

  /** Everything that is piped in. @throws CliError where it is more than anyone would mean to give. */
  async readInput(): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this.surroundings.streams.in ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_INPUT_BYTES)
        throw new CliError(`More than ${MAX_INPUT_BYTES} bytes came in on standard input.`, {
          code: 'input_too_large',
          exitCode: EXIT.usage,
        });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** The organization to work in. */
  organization(named: string | undefined): string {
    const slug = named ?? this.connection.organization;
    if (slug !== undefined) return slug;
    throw new CliError('No organization is named.', {
      code: 'no_organization',
      exitCode: EXIT.usage,
      advice: 'Name one with --org, or set BULKHEAD_ORG.',
    });
  }
}
