import type { AppRoutes } from './routes.js';

/** One change of the compiled routes; null means the app is gone. */
export interface RouteUpdate {
  readonly app: string;
  readonly routes: AppRoutes | null;
}

/** The routes as a thread of the data plane holds them. An app answers at `<app>.<domain>`. */
export class RouteTable {
  private readonly apps = new Map<string, AppRoutes>();
  private readonly suffix: string;

  constructor(domain: string) {
    this.suffix = `.${domain.toLowerCase()}`;
  }

  apply({ app, routes }: RouteUpdate): void {
    if (routes) this.apps.set(app, routes);
    else this.apps.delete(app);
  }

  /** The app that answers for a host name (lower case, without port). */
  find(hostname: string): AppRoutes | undefined {
    return hostname.endsWith(this.suffix) ? this.apps.get(hostname.slice(0, -this.suffix.length)) : undefined;
  }
}
