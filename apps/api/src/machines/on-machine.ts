import type { Call } from '../operations/operation.js';

/** Which machine a command is about, with the nonce of its lease where the caller sent one. */
export const onMachine = ({ target, nonce }: Pick<Call<unknown, 'machine'>, 'target' | 'nonce'>) => ({
  app: target.app,
  machine: target.machine,
  ...(nonce === undefined ? {} : { nonce }),
});

interface Named {
  readonly params: { readonly app_name: string; readonly machine_id: string };
}

/** Access to the machine that the path names. */
export const machineOfPath = <const Action extends string>(action: Action) => ({
  on: 'machine' as const,
  action,
  app: ({ params }: Named) => params.app_name,
  machine: ({ params }: Named) => params.machine_id,
});
