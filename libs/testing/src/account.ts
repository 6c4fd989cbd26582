import { Refusal, type Aggregate, type DomainEvent, type Sealed } from '@bulkhead/domain';
import { organizationId, sealed, type EventContracts } from '@bulkhead/contracts';
import { z } from 'zod';

/** A small aggregate to test the journal with: an account that can't be overdrawn, with a note nobody else may read. */
export type AccountEvent =
  | DomainEvent<'Deposited', { readonly amount: number; readonly note?: Sealed<string> }>
  | DomainEvent<'Withdrawn', { readonly amount: number }>;

export interface Account {
  readonly balance: number;
  readonly notes: readonly Sealed<string>[];
}

export const account: Aggregate<Account, AccountEvent> = {
  type: 'account',
  initial: { balance: 0, notes: [] },
  evolve: (state, event) =>
    event.type === 'Deposited'
      ? {
          balance: state.balance + event.data.amount,
          notes: event.data.note ? [...state.notes, event.data.note] : state.notes,
        }
      : { ...state, balance: state.balance - event.data.amount },
};

export function withdraw(state: Account, amount: number): AccountEvent[] {
  if (state.balance < amount)
    throw new Refusal('overdrawn', `there are only ${state.balance}`, 409, { balance: state.balance });
  return [{ type: 'Withdrawn', data: { amount } }];
}

export const deposit = (amount: number, note?: string): AccountEvent[] => [
  { type: 'Deposited', data: { amount, ...(note === undefined ? {} : { note: { $plain: note } }) } },
];

export const accountContracts = {
  /** Version 1 counted in hundredths and had no note. */
  Deposited: {
    v: 2,
    schema: z.strictObject({ amount: z.int(), note: sealed(z.string()).optional() }),
    upcast: { 1: ({ hundredths }) => ({ amount: Number(hundredths) / 100 }) },
  },
  Withdrawn: { v: 1, schema: z.strictObject({ amount: z.int().positive() }) },
} satisfies EventContracts;

export const ORGANIZATION = organizationId.parse('org_01hzzzzzzzzzzzzzzzzzzzzzzz');
