/** What keeps a service from its work right now, or null. */
export type Check = () => Promise<string | null> | string | null;

export interface HealthReport {
  readonly ready: boolean;
  readonly waitingFor: Readonly<Record<string, string>>;
}

/** Named readiness checks of one process: what is asked by `/readyz` and said in the log while it starts. */
export class Health {
  readonly #checks = new Map<string, Check>();

  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  async report(): Promise<HealthReport> {
    const waitingFor: Record<string, string> = {};
    await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        const problem = await ask(check);
        if (problem !== null) waitingFor[name] = problem;
      }),
    );
    return { ready: Object.keys(waitingFor).length === 0, waitingFor };
  }
}

async function ask(check: Check): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
