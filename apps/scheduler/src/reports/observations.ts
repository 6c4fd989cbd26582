import type { MachineId, MachineObservation } from '@bulkhead/domain';
import type { ReportFact } from '@bulkhead/contracts';

/** What a report says about which machines. */
export function observationsOf(
  fact: ReportFact,
): readonly { readonly machine: MachineId; readonly observation: MachineObservation }[] {
  switch (fact.kind) {
    case 'gap':
      return [];
    case 'whole-state':
      return fact.machines.map(({ machine, state, generation, instance, wish, reach, imageDigest }) => ({
        machine,
        observation: {
          kind: 'surveyed',
          state,
          generation,
          instance,
          wish,
          ...(reach === undefined ? {} : { reach }),
          ...(imageDigest === undefined ? {} : { imageDigest }),
        },
      }));
    default: {
      const { machine, trace: _, ...observation } = fact;
      return [{ machine, observation }];
    }
  }
}
