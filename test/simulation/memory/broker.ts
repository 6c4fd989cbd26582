import { NoAnswer, NoResponders, type Bus, type BusMessage } from '@bulkhead/journal';
import type { Kernel } from '../kernel/kernel.js';
import type { Prng } from '../kernel/prng.js';
import type { SimProcess } from '../kernel/process.js';

interface Subscriber {
  readonly process: SimProcess;
  readonly tokens: readonly string[];
  readonly queue: string | undefined;
  readonly onMessage: (message: BusMessage, respond: (data: Uint8Array) => void) => void;
}

/** What goes wrong on the network at the moment, as probabilities per message. */
export interface Weather {
  loss: number;
  repeat: number;
  reorder: number;
}

const LATE_MS = 400;
/** What a client keeps of what it sends while it looks for its server; the rest is lost. */
const BUFFERED = 0.5;

/** A bus with everybody's connections: messages take time, and more or less of them arrive, as the weather is. */
export class Broker {
  isUp = true;
  readonly weather: Weather = { loss: 0, repeat: 0, reorder: 0 };
  readonly random: Prng;
  private readonly cut = new Set<string>();
  private readonly subscribers = new Set<Subscriber>();
  private readonly routes = new Map<string, readonly Subscriber[]>();
  private readonly lastArrival = new Map<string, number>();
  private readonly unsent = new Map<SimProcess, (() => void)[]>();
  private readonly watchers = new Set<(process: SimProcess | null) => void>();

  constructor(readonly kernel: Kernel) {
    this.random = kernel.random.fork();
  }

  /** The connection of one process. */
  connect(process: SimProcess): Bus {
    return {
      publish: (subject, data, headers = {}) => this.publish(process, { subject, data, headers }),
      request: (subject, data, { timeoutMs, headers = {} }) =>
        this.request(process, { subject, data, headers }, timeoutMs),
      subscribe: (subject, onMessage, queue) => this.subscribe(process, subject, onMessage, queue),
    };
  }

  reaches(process: SimProcess): boolean {
    return this.isUp && process.isAlive && !this.cut.has(process.name);
  }

  isCut(name: string): boolean {
    return !this.isUp || this.cut.has(name);
  }

  /** Cuts a process off, by name, so that its next life is cut off too. */
  cutOff(name: string): void {
    this.cut.add(name);
    this.tellLost((process) => process.name === name);
  }

  heal(name: string): void {
    this.cut.delete(name);
    this.flush();
  }

  /** A process is gone, and with it whatever it listened to. */
  left(process: SimProcess): void {
    for (const subscriber of this.subscribers)
      if (subscriber.process === process) this.subscribers.delete(subscriber);
    this.unsent.delete(process);
    this.routes.clear();
  }

  stop(): void {
    this.isUp = false;
    this.tellLost(() => true);
  }

  start(): void {
    this.isUp = true;
    this.flush();
  }

  /** Calls back with every process that loses its connection. @returns how to end that. */
  onLoss(watcher: (process: SimProcess | null) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Takes something over the network, whatever the weather makes of it. */
  carry(from: string, to: SimProcess, arrive: () => void): void {
    const { loss, repeat, reorder } = this.weather;
    if (loss > 0 && this.random.chance(loss)) return;
    this.deliver(from, to, arrive, reorder > 0 && this.random.chance(reorder));
    if (repeat > 0 && this.random.chance(repeat)) this.deliver(from, to, arrive, true);
  }

  /** A question to the server itself: its answer, or NoAnswer after a time limit. */
  ask<T>(process: SimProcess, timeoutMs: number, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.kernel.after(timeoutMs, process, () =>
        reject(new NoAnswer('the server does not answer')),
      );
      if (!this.reaches(process)) return;
      this.carryToServer(process, () => {
        const outcome = settled(answer);
        if (!this.reaches(process)) return;
        this.carry('server', process, () => {
          timer.cancel();
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        });
      });
    });
  }

  private carryToServer(process: SimProcess, arrive: () => void): void {
    const { loss } = this.weather;
    if (loss > 0 && this.random.chance(loss)) return;
    this.kernel.after(this.arrivalOf(process.name, 'server', false), null, arrive);
  }

  deliver(from: string, to: SimProcess, arrive: () => void, late = false): void {
    this.kernel.after(this.arrivalOf(from, to.name, late), to, arrive);
  }

  /** In order between two processes, unless the weather mixes it up. */
  private arrivalOf(from: string, to: string, late: boolean): number {
    const key = `${from} ${to}`;
    const soon = this.kernel.now + this.random.int(1, 3);
    if (late) return soon + this.random.int(1, LATE_MS) - this.kernel.now;
    const at = Math.max(soon, this.lastArrival.get(key) ?? 0);
    this.lastArrival.set(key, at);
    return at - this.kernel.now;
  }

  private publish(process: SimProcess, message: BusMessage, respond?: (data: Uint8Array) => void): void {
    if (!process.isAlive) return;
    if (!this.reaches(process)) return this.keep(process, () => this.publish(process, message, respond));
    for (const to of this.receiversOf(message.subject))
      this.carry(process.name, to.process, () => {
        if (this.subscribers.has(to) && this.reaches(to.process))
          to.onMessage(message, respond ?? (() => undefined));
      });
  }

  private request(process: SimProcess, message: BusMessage, timeoutMs: number): Promise<BusMessage> {
    const { kernel } = this;
    return new Promise((resolve, reject) => {
      const timer = kernel.after(timeoutMs, process, () =>
        reject(new NoAnswer(`no answer on ${message.subject}`)),
      );
      const settle = (work: () => void) => {
        timer.cancel();
        work();
      };
      if (this.reaches(process) && this.receiversOf(message.subject).length === 0) {
        const nobody = new NoResponders(`nobody listens on ${message.subject}`);
        return this.carry('server', process, () => settle(() => reject(nobody)));
      }
      this.publish(process, message, (data) => {
        const answer = { subject: '_INBOX', data, headers: {} };
        this.carry('server', process, () => {
          if (this.reaches(process)) settle(() => resolve(answer));
        });
      });
    });
  }

  private subscribe(
    process: SimProcess,
    subject: string,
    onMessage: Subscriber['onMessage'],
    queue: string | undefined,
  ): { close(): void } {
    const subscriber: Subscriber = {
      process,
      tokens: subject.split('.'),
      queue,
      onMessage: (message, respond) =>
        onMessage(message, (data) => {
          if (this.reaches(process)) respond(data);
        }),
    };
    this.subscribers.add(subscriber);
    this.routes.clear();
    const close = () => {
      this.subscribers.delete(subscriber);
      this.routes.clear();
    };
    return { close };
  }

  /** Everybody who listens and can be reached, and of each queue one. */
  private receiversOf(subject: string): Subscriber[] {
    const all = this.listenersOf(subject).filter(({ process }) => this.reaches(process));
    const queues = Map.groupBy(all, ({ queue }) => queue ?? '');
    return [...queues].flatMap(([queue, members]) => (queue === '' ? members : [this.random.pick(members)]));
  }

  private listenersOf(subject: string): readonly Subscriber[] {
    const known = this.routes.get(subject);
    if (known) return known;
    const tokens = subject.split('.');
    const found = [...this.subscribers].filter((subscriber) => covers(subscriber.tokens, tokens));
    this.routes.set(subject, found);
    return found;
  }

  private keep(process: SimProcess, send: () => void): void {
    if (!this.random.chance(BUFFERED)) return;
    this.unsent.set(process, [...(this.unsent.get(process) ?? []), send]);
  }

  private flush(): void {
    for (const [process, sends] of this.unsent)
      if (this.reaches(process) || !process.isAlive) {
        this.unsent.delete(process);
        for (const send of sends) send();
      }
  }

  private tellLost(isLost: (process: SimProcess) => boolean): void {
    const lost = new Set([...this.subscribers].map(({ process }) => process).filter(isLost));
    for (const process of lost) for (const watcher of this.watchers) watcher(process);
  }
}

function covers(pattern: readonly string[], subject: readonly string[]): boolean {
  if (pattern.at(-1) === '>')
    return (
      subject.length >= pattern.length && pattern.slice(0, -1).every((token, n) => fits(token, subject[n]))
    );
  return pattern.length === subject.length && pattern.every((token, n) => fits(token, subject[n]));
}

const fits = (token: string, of: string | undefined): boolean => token === '*' || token === of;

type Settled<T> = { readonly value: T } | { readonly error: unknown };

function settled<T>(work: () => T): Settled<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
