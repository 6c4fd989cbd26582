import { streamName } from '@bulkhead/contracts';
import type { World } from '../world/world.js';
import type { Step } from './plan.js';

/** What goes wrong, and how often in relation to one another. */
export const FAULTS = {
  loss: 2,
  repeat: 1,
  reorder: 1,
  'kill a control copy': 2,
  'stop a control copy': 2,
  'cut a control copy off the bus': 1,
  'cut a control copy off the database': 1,
  "move a control copy's clock": 1,
  'stop the whole control plane': 1,
  'kill a worker': 2,
  'stop a worker': 2,
  'cut a worker off': 3,
  "move a worker's clock": 1,
  'power a host off': 1,
  'fail boots': 1,
  'stop the bus': 1,
  'crash the database': 1,
  'cut an edge off': 1,
  'lose a stream': 1,
  "lose a stream's tail": 1,
  'truncate a stream': 1,
} as const;
export type FaultKind = keyof typeof FAULTS;

const SCHEDULER_STREAM = streamName('scheduler');
const pickOf = <T>(from: readonly T[], draw: number): T => {
  const picked = from[Math.floor(draw * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
};

/** A fault under way: where it is felt, and how it ends. */
export interface Fault {
  /** The one worker that feels it, or everybody. */
  readonly on: string | null;
  readonly end: () => void;
}

/** Makes something go wrong. @returns null where it is so already. */
export function begin(
  world: World,
  { what, draws, forMs }: Step & { readonly what: FaultKind },
): Fault | null {
  const { site, copies, hosts, edges } = world;
  const { broker, database, streams } = site;
  const [first, second] = draws;
  const copy = pickOf(copies, first);
  const host = pickOf(hosts, first);
  const everywhere = (end: () => void): Fault => ({ on: null, end });
  const there = (end: () => void): Fault => ({ on: host.name, end });
  switch (what) {
    case 'loss':
    case 'repeat':
    case 'reorder':
      if (broker.weather[what] > 0) return null;
      broker.weather[what] = 0.05 + second * 0.25;
      return everywhere(() => (broker.weather[what] = 0));
    case 'kill a control copy':
      if (!copy.process) return null;
      copy.kill();
      return everywhere(() => copy.start());
    case 'stop a control copy': {
      const { process } = copy;
      if (!process || process.isStopped) return null;
      site.stop(process);
      return everywhere(() => process.goOn());
    }
    case 'stop the whole control plane': {
      const stopped = copies.flatMap(({ process }) => (process && !process.isStopped ? [process] : []));
      for (const process of stopped) site.stop(process);
      return everywhere(() => stopped.forEach((process) => process.goOn()));
    }
    case 'cut a control copy off the bus':
      if (broker.isCut(copy.name)) return null;
      broker.cutOff(copy.name);
      return everywhere(() => broker.heal(copy.name));
    case 'cut a control copy off the database':
      if (database.isCut(copy.name)) return null;
      database.cutOff(copy.name);
      return everywhere(() => database.heal(copy.name));
    case "move a control copy's clock": {
      const { process } = copy;
      if (!process || process.skewMs !== 0) return null;
      process.skewMs = jump(second, forMs);
      return everywhere(() => (process.skewMs = 0));
    }
    case 'kill a worker':
      if (!host.process) return null;
      host.kill();
      return there(() => host.start());
    case 'power a host off':
      if (!host.process) return null;
      host.kill();
      host.host.powerOff();
      return there(() => host.start());
    case 'stop a worker': {
      const { process } = host;
      if (!process || process.isStopped) return null;
      site.stop(process);
      return there(() => process.goOn());
    }
    case 'cut a worker off':
      if (broker.isCut(host.name)) return null;
      broker.cutOff(host.name);
      return there(() => broker.heal(host.name));
    case "move a worker's clock": {
      const { process } = host;
      if (!process || process.skewMs !== 0) return null;
      process.skewMs = jump(second, forMs);
      return there(() => (process.skewMs = 0));
    }
    case 'fail boots':
      host.host.bootFailures += 1 + Math.floor(second * 2);
      return there(() => (host.host.bootFailures = 0));
    case 'stop the bus':
      if (!broker.isUp) return null;
      broker.stop();
      return everywhere(() => broker.start());
    case 'crash the database':
      if (!database.isUp) return null;
      database.crash();
      return everywhere(() => database.start());
    case 'cut an edge off': {
      const edge = pickOf(edges, first);
      if (broker.isCut(edge.process.name)) return null;
      broker.cutOff(edge.process.name);
      return { on: edge.process.name, end: () => broker.heal(edge.process.name) };
    }
    case 'lose a stream':
      streams.lose(SCHEDULER_STREAM);
      return everywhere(() => undefined);
    case "lose a stream's tail":
      streams.loseTail(SCHEDULER_STREAM, 1 + Math.floor(second * 20));
      return everywhere(() => undefined);
    case 'truncate a stream':
      streams.truncate(SCHEDULER_STREAM, 1 + Math.floor(second * 40));
      return everywhere(() => undefined);
  }
}

/** Forwards or backwards, by seconds to an hour. */
const jump = (draw: number, forMs: number): number =>
  (draw < 0.5 ? -1 : 1) * (draw < 0.25 || draw > 0.75 ? forMs : 3_600_000);
