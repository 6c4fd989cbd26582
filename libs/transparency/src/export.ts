import { parseJson } from '@bulkhead/contracts';
import { z } from 'zod';
import { openCheckpoint, parseCheckpoint, CheckpointError, type Checkpoint } from './checkpoint.js';
import { entryHash, type LogEntry } from './entry.js';
import { append, root, type Hash, type Node, type NodeKey } from './tree.js';

/**
 * An export is lines of JSON: a header, then every entry from 0 in order, and after the last entry of each kept head that head.
 * It is checked in one pass with memory for one hash an entry.
 */
const field = z
  .string()
  .max(200)
  .regex(/^[^\n]*$/);
const base64 = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/);
/** A body is at most 256 KiB. */
const MAX_BODY_BASE64 = Math.ceil((256 * 1024) / 3) * 4;

export const exportHeader = z.strictObject({
  format: z.literal('bulkhead-audit-export'),
  v: z.literal(1),
  origin: field,
  /** The log's Ed25519 key as the log itself gives it: proves nothing unless it was known before. */
  publicKey: base64(64),
});
export type ExportHeader = z.infer<typeof exportHeader>;

export const exportedEntry = z.strictObject({
  index: z.int().nonnegative(),
  journal: field,
  epoch: field,
  position: z.int().positive(),
  recordedAt: field,
  body: base64(MAX_BODY_BASE64),
  /** The entry's hash as the log keeps it, base64: tells which entry was changed where only its bytes were. */
  leaf: base64(64),
});

export const exportLine = z.union([
  z.strictObject({ entry: exportedEntry }),
  z.strictObject({ head: z.string().max(4096) }),
]);

export interface BadEntry {
  /** The first entry at fault; with `upTo`, the first of the run in which the fault lies. */
  readonly index: number;
  readonly upTo?: number;
  readonly problem: string;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly entries: number;
      readonly heads: number;
      /** `against-head`: nothing before the trusted head was altered, removed or reordered. */
      readonly proof: 'against-head' | 'consistent-with-itself';
      readonly trusted?: Checkpoint;
    }
  | { readonly ok: false; readonly entries: number; readonly bad: BadEntry };

/** A head kept elsewhere, and the key known to be the log's. */
export interface TrustedHead {
  readonly note: string;
  readonly publicKey: Uint8Array;
}

/**
 * Checks an export offline.
 * @throws CheckpointError where the trusted head itself can't be used.
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  trusted?: TrustedHead,
): Promise<Verdict> {
  const trustedHead = trusted ? openCheckpoint(trusted.note, trusted.publicKey) : undefined;
  const check = new ExportCheck(trustedHead, trusted?.publicKey);
  for await (const line of lines) {
    if (line === '') continue;
    const bad = check.line(line);
    if (bad) return { ok: false, entries: check.size, bad };
  }
  return check.end();
}

class ExportCheck {
  size = 0;
  #header: ExportHeader | undefined;
  #heads = 0;
  /** Entries below this are under a head whose root came out right. */
  #goodUpTo = 0;
  #firstChanged: number | undefined;
  readonly #computed = new GrowingTree();
  readonly #claimed = new GrowingTree();
  readonly #positions = new Map<string, Place>();

  constructor(
    private readonly trusted: Checkpoint | undefined,
    private readonly publicKey: Uint8Array | undefined,
  ) {}

  line(text: string): BadEntry | undefined {
    const json = parseJson(text);
    if (!this.#header) {
      const header = exportHeader.safeParse(json);
      if (!header.success) return this.#fault('the first line is not the header of an export');
      if (this.trusted && header.data.origin !== this.trusted.origin)
        return this.#fault(
          `the export is of the log ${header.data.origin}, the head of ${this.trusted.origin}`,
        );
      this.#header = header.data;
      return undefined;
    }
    const line = exportLine.safeParse(json);
    if (!line.success) return this.#fault('this line is neither an entry nor a head');
    return 'entry' in line.data ? this.#entry(line.data.entry) : this.#head(line.data.head);
  }

  end(): Verdict {
    const failed = (bad: BadEntry): Verdict => ({ ok: false, entries: this.size, bad });
    if (!this.#header) return failed({ index: 0, problem: 'the export is empty' });
    if (this.#firstChanged !== undefined) return failed(this.#changed(this.#firstChanged));
    if (this.trusted && this.trusted.size > this.size)
      return failed({
        index: this.size,
        problem: `the trusted head covers ${this.trusted.size} entries, the export ends after ${this.size}`,
      });
    return {
      ok: true,
      entries: this.size,
      heads: this.#heads,
      ...(this.trusted
        ? { proof: 'against-head', trusted: this.trusted }
        : { proof: 'consistent-with-itself' }),
    };
  }

  #entry(line: z.infer<typeof exportedEntry>): BadEntry | undefined {
    if (line.index !== this.size)
      return this.#fault(
        `entry ${line.index} stands where ${this.size} should: entries were removed or reordered`,
      );
    const last = this.#positions.get(line.journal);
    if (last && !follows(last, line))
      return this.#fault(
        `${line.journal} goes from position ${last.position} to ${line.position}: events are missing or reordered`,
      );
    this.#positions.set(line.journal, { epoch: line.epoch, position: line.position });
    const entry: LogEntry = { ...line, body: Buffer.from(line.body, 'base64') };
    const hash = entryHash(entry);
    const claimed = Buffer.from(line.leaf, 'base64');
    if (!claimed.equals(hash)) this.#firstChanged ??= line.index;
    this.#computed.add(hash);
    this.#claimed.add(claimed);
    this.size += 1;
    return this.trusted?.size === this.size ? this.#compare(this.trusted, 'the trusted head') : undefined;
  }

  #head(note: string): BadEntry | undefined {
    let head: Checkpoint;
    try {
      head = this.publicKey ? openCheckpoint(note, this.publicKey) : parseCheckpoint(note);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return this.#fault(`a head in the export is wrong: ${error.message}`);
    }
    if (head.size !== this.size)
      return this.#fault(`a head over ${head.size} entries stands after ${this.size}`);
    this.#heads += 1;
    return this.#compare(head, `the head over ${head.size} entries`);
  }

  #compare(head: Checkpoint, which: string): BadEntry | undefined {
    if (this.#computed.root().equals(head.root)) {
      this.#goodUpTo = head.size;
      return undefined;
    }
    if (this.#firstChanged !== undefined && this.#claimed.root().equals(head.root))
      return this.#changed(this.#firstChanged);
    return {
      index: this.#goodUpTo,
      upTo: head.size - 1,
      problem: `the entries do not lead to ${which}: something between them was altered`,
    };
  }

  #changed(index: number): BadEntry {
    return { index, problem: `the bytes of entry ${index} are not those the log hashed: it was altered` };
  }

  #fault(problem: string): BadEntry {
    return { index: this.size, problem };
  }
}

interface Place {
  readonly epoch: string;
  readonly position: number;
}

/** Positions count on without a hole; a new epoch, begun by a restore, goes on from one that it kept. */
const follows = (last: Place, next: Place): boolean =>
  next.epoch === last.epoch ? next.position === last.position + 1 : next.position <= last.position + 1;

class GrowingTree {
  #size = 0;
  readonly #nodes = new Map<string, Hash>();

  add(leaf: Hash): void {
    for (const node of append(this.#size, [leaf], (key) => this.#read(key))) this.#keep(node);
    this.#size += 1;
  }

  root(): Hash {
    return root(this.#size, (key) => this.#read(key));
  }

  /** Only the roots of complete subtrees that stand alone are needed again. */
  #keep(node: Node): void {
    if (node.level > 0) {
      this.#nodes.delete(name({ level: node.level - 1, index: node.index * 2 }));
      this.#nodes.delete(name({ level: node.level - 1, index: node.index * 2 + 1 }));
    }
    this.#nodes.set(name(node), node.hash);
  }

  #read(key: NodeKey): Hash {
    const hash = this.#nodes.get(name(key));
    if (!hash) throw new Error(`node ${name(key)} of the tree is not kept`);
    return hash;
  }
}

const name = ({ level, index }: NodeKey) => `${level}/${index}`;
