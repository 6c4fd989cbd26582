import type { SharedLimitsMemory } from '../limits/shared-limits.js';
import type { Samples } from '../metrics/samples.js';
import type { RouteUpdate } from '../routing/route-table.js';
import type { Entry } from '../routing/routes.js';
import type { DataPlaneSettings } from '../server/data-plane.js';
import type { RequestSpan } from '../spans/request-span.js';
import type { HostCertificate } from '../tls/certificate-source.js';
import type { InternalIdentity } from '../upstream/worker-dialer.js';

/** What a thread of the data plane is started with. */
export interface ThreadStart {
  readonly thread: number;
  readonly memory: SharedLimitsMemory;
  readonly settings: DataPlaneSettings;
  readonly routes: readonly RouteUpdate[];
  readonly identity: InternalIdentity | undefined;
  readonly logLevel: string;
}

export type ToThread =
  | { readonly kind: 'routes'; readonly updates: readonly RouteUpdate[] }
  | { readonly kind: 'identity'; readonly identity: InternalIdentity }
  | { readonly kind: 'certificate'; readonly question: number; readonly answer: CertificateAnswer }
  | { readonly kind: 'samples-wanted'; readonly question: number }
  | { readonly kind: 'drain'; readonly timeoutMs: number };

export type CertificateAnswer =
  | { readonly kind: 'found'; readonly certificate: HostCertificate }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly message: string };

export type FromThread =
  | { readonly kind: 'listening'; readonly ports: Readonly<Record<Entry, number>> }
  | { readonly kind: 'certificate-wanted'; readonly question: number; readonly hostname: string }
  | { readonly kind: 'samples'; readonly question: number; readonly samples: Samples }
  | { readonly kind: 'spans'; readonly spans: readonly RequestSpan[] }
  | { readonly kind: 'drained' };
