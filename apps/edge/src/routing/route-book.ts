import type { InstanceRow } from '@bulkhead/contracts/feeds';
import { compileApp, type CompileContext } from './compile.js';
import type { AppRoutes } from './routes.js';
import type { RouteUpdate } from './route-table.js';

/** What a source of routes says: everything it has, or one row that changed or went away. */
export type RouteChange =
  | { readonly kind: 'snapshot'; readonly rows: readonly InstanceRow[] }
  | { readonly kind: 'put'; readonly row: InstanceRow }
  | { readonly kind: 'remove'; readonly machine: string };

/** Keeps the newest generation of each machine and compiles the apps that a change touched. */
export class RouteBook {
  private machines = new Map<string, InstanceRow>();
  private readonly byApp = new Map<string, Set<string>>();
  private readonly compiled = new Map<string, AppRoutes>();

  /** @param now wall-clock time, in ms */
  constructor(
    private readonly context: Omit<CompileContext, 'sinceOf'>,
    private readonly now: () => number,
  ) {}

  rows(): InstanceRow[] {
    return [...this.machines.values()];
  }

  /** Every compiled app, for a thread that starts. */
  all(): RouteUpdate[] {
    return [...this.compiled].map(([app, routes]) => ({ app, routes }));
  }

  /** The keys of all backends that can be chosen now. */
  backendKeys(): Set<string> {
    const routes = [...this.compiled.values()];
    return new Set(routes.flatMap(({ http, https }) => [http, https].flatMap(keysOf)));
  }

  apply(change: RouteChange): RouteUpdate[] {
    const touched = new Set<string>();
    switch (change.kind) {
      case 'put':
        this.put(change.row, touched);
        break;
      case 'remove':
        this.remove(change.machine, touched);
        break;
      case 'snapshot': {
        const kept = new Set(change.rows.map(({ machine }) => String(machine)));
        for (const machine of [...this.machines.keys()])
          if (!kept.has(machine)) this.remove(machine, touched);
        for (const row of change.rows) this.put(row, touched);
        break;
      }
    }
    return [...touched].map((app) => this.compile(app));
  }

  private put(row: InstanceRow, touched: Set<string>): void {
    const known = this.machines.get(row.machine);
    if (known && isOlder(row.generation, known.generation)) return;
    if (known && known.appName !== row.appName) this.remove(row.machine, touched);
    this.machines.set(row.machine, row);
    const machines = this.byApp.get(row.appName) ?? new Set();
    this.byApp.set(row.appName, machines.add(row.machine));
    touched.add(row.appName);
  }

  private remove(machine: string, touched: Set<string>): void {
    const row = this.machines.get(machine);
    if (!row) return;
    this.machines.delete(machine);
    const machines = this.byApp.get(row.appName);
    machines?.delete(machine);
    if (machines?.size === 0) this.byApp.delete(row.appName);
    touched.add(row.appName);
  }

  private compile(app: string): RouteUpdate {
    const rows = [...(this.byApp.get(app) ?? [])].flatMap((machine) => this.machines.get(machine) ?? []);
    const routes = compileApp(rows, { ...this.context, sinceOf: this.sinceIn(this.compiled.get(app)) });
    if (routes) this.compiled.set(app, routes);
    else this.compiled.delete(app);
    return { app, routes: routes ?? null };
  }

  /** A backend that was there before keeps its time; one that stopped and started again is new. */
  private sinceIn(before: AppRoutes | undefined): CompileContext['sinceOf'] {
    const backends = [before?.http, before?.https].flatMap((entrance) => entrance?.backends ?? []);
    const known = new Map(backends.map(({ key, since }) => [key, since]));
    const now = this.now();
    return (key) => known.get(key) ?? now;
  }
}

type Generation = InstanceRow['generation'];

const isOlder = (a: Generation, b: Generation): boolean =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.count < b.count);

const keysOf = (entrance: AppRoutes['http']): string[] => entrance?.backends.map(({ key }) => key) ?? [];
