import type { Caller } from '@bulkhead/auth';
import { SERVICES, type Service } from '@bulkhead/contracts';
import { z } from 'zod';
import { actorOf } from '../operations/carry-out.js';
import { stepOf } from '../operations/command-identity.js';
import type { Call, On } from '../operations/operation.js';

type Asking = Pick<Call<unknown, On>, 'api' | 'command'> & { readonly caller: Caller };

/** A service with a journal. */
export const serviceName = z.enum(SERVICES);

const DEADLINE_MS = 3_000;

/**
 * One of a service's upkeep commands; the api's own goes the same way over the bus as everybody's. The caller's credential goes along
 * for a service that clears it again.
 */
export async function askService<Result>(
  { api, command, caller }: Asking,
  service: Service,
  name: string,
  input: Readonly<Record<string, unknown>>,
  result: z.ZodType<Result>,
  deadlineMs = DEADLINE_MS,
): Promise<Result> {
  const { credential } = caller;
  const asked = { id: stepOf(command, `${service}.${name}`), credential, actor: actorOf(caller), input };
  return (await api.bus.command(service, name, asked, result, { deadlineMs })).result;
}

export interface Silent {
  readonly service: Service;
  readonly problem: string;
}

/** Asks every service; what one that doesn't answer says instead is its problem. */
export const askEveryService = <Result>(
  ask: (service: Service) => Promise<Result>,
): Promise<readonly (Result | Silent)[]> =>
  Promise.all(
    SERVICES.map((service) =>
      ask(service).catch((error: unknown) => ({
        service,
        problem: error instanceof Error ? error.message : String(error),
      })),
    ),
  );

export const isSilent = (answer: object): answer is Silent => 'problem' in answer;
