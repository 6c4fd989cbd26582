import { expect } from '@jest/globals';
import { fold, Refusal, type Decider, type DomainEvent } from '@bulkhead/domain';

/**
 * A decider's behaviour in the words of its events: `given(decider, ...history).when(command).then(...events)`.
 * A refusal is named by its code and, where it matters, its HTTP status.
 */
export const given = <State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  ...history: readonly Event[]
) => ({
  when: (command: Command) => {
    const decide = () => decider.decide(command, fold(decider, history));
    return {
      then: (...events: readonly Event[]) => expect(decide()).toEqual(events),
      thenNothing: () => expect(decide()).toEqual([]),
      thenRefused: (code: string, status?: number) => {
        const refusal = refusalOf(decide);
        expect({ code: refusal?.code, status: status && refusal?.status }).toEqual({ code, status });
        return refusal;
      },
    };
  },
});

function refusalOf(decide: () => unknown): Refusal | undefined {
  try {
    decide();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return undefined;
}
