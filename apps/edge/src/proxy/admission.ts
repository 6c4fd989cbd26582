import type { RequestHead } from '../http1/request-head.js';
import { hostnameOf } from '../routing/authority.js';
import type { AppRoutes, Entrance } from '../routing/routes.js';
import type { ConnectionFacts } from './connection-facts.js';
import { badRequest, MISDIRECTED, type Refusal } from './refusal.js';

export type Admission =
  | { readonly kind: 'serve'; readonly app: string; readonly hostname: string; readonly entrance: Entrance }
  | { readonly kind: 'redirect'; readonly app: string; readonly status: 301 | 308; readonly location: string }
  | { readonly kind: 'refuse'; readonly app: string | undefined; readonly refusal: Refusal }
  /** Strangers' names get nothing, not even a page. */
  | { readonly kind: 'close' };

export interface AdmissionRules {
  readonly find: (hostname: string) => AppRoutes | undefined;
  readonly publicHttpsPort: () => number;
}

/** Whether and how a well-formed request is served on the connection it came on. */
export function admit(head: RequestHead, facts: ConnectionFacts, rules: AdmissionRules): Admission {
  const hostname = hostnameOf(head.host);
  if (hostname === undefined) return refuse(facts.tlsApp, badRequest('bad_host', 400));
  const routes = rules.find(hostname);
  if (facts.tlsApp !== undefined && routes?.app !== facts.tlsApp) return refuse(facts.tlsApp, MISDIRECTED);
  const entrance = routes?.[facts.entry];
  if (!routes || !entrance) return { kind: 'close' };
  if (head.scheme !== undefined && head.scheme !== facts.entry)
    return refuse(routes.app, badRequest('bad_target', 400));
  if (entrance.forceHttps) return redirect(routes.app, hostname, head, rules.publicHttpsPort());
  return { kind: 'serve', app: routes.app, hostname, entrance };
}

const refuse = (app: string | undefined, refusal: Refusal): Admission => ({ kind: 'refuse', app, refusal });

/** 308 keeps the method of what isn't a plain read. */
function redirect(app: string, hostname: string, head: RequestHead, httpsPort: number): Admission {
  const isRead = head.method === 'GET' || head.method === 'HEAD';
  const authority = httpsPort === 443 ? hostname : `${hostname}:${httpsPort}`;
  const path = head.target === '*' ? '/' : head.target;
  return { kind: 'redirect', app, status: isRead ? 301 : 308, location: `https://${authority}${path}` };
}
