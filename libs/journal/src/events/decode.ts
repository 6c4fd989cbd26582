import type { DomainEvent } from '@bulkhead/domain';
import {
  journalContracts,
  type EventContract,
  type EventContracts,
  type EventOfAnyType,
} from '@bulkhead/contracts';

/** An event of a type or version that this release doesn't know: the reader is old and must stop, not guess. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
  constructor(
    readonly type: string,
    readonly v: number,
  ) {
    super(`event ${type} of version ${v} is newer than this release; upgrade it`);
  }
}

/** Reads and writes events by their contracts. */
export class EventCodec {
  private readonly contracts: EventContracts;

  constructor(contracts: EventContracts) {
    this.contracts = { ...contracts, ...journalContracts };
  }

  /** Checks an event against its contract and stamps its version. @throws ZodError, or Error for an undeclared type. */
  encode(event: DomainEvent): EventOfAnyType {
    const contract = this.contracts[event.type];
    if (!contract) throw new Error(`event ${event.type} has no contract in @bulkhead/contracts`);
    return {
      type: event.type,
      v: contract.v,
      data: contract.schema.parse(event.data) as EventOfAnyType['data'],
    };
  }

  /** An event in today's shape. @throws UnknownEvent, or ZodError where it isn't what its contract says. */
  decode(event: EventOfAnyType): DomainEvent {
    const contract = this.known(event);
    let data = event.data;
    for (let v = event.v; v < contract.v; v++) data = upcaster(contract, event.type, v)(data);
    return { type: event.type, data: contract.schema.parse(data) };
  }

  /** @throws UnknownEvent */
  known(event: EventOfAnyType): EventContract {
    const contract = this.contracts[event.type];
    if (!contract || event.v > contract.v) throw new UnknownEvent(event.type, event.v);
    return contract;
  }
}

function upcaster(contract: EventContract, type: string, v: number) {
  const upcast = contract.upcast?.[v];
  if (!upcast) throw new Error(`the contract of ${type} has no upcaster from version ${v}`);
  return upcast;
}
