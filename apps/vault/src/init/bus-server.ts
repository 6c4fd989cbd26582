import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderServerSettings, type BusTrust, type CertificateAuthority } from '@bulkhead/pki';
import { provideFile } from './provide-file.js';
import { provideServerCertificate, serverFiles } from './server-certificate.js';

/** Where nats-server listens and keeps its streams. */
export interface BusServerPlan {
  readonly directory: string;
  readonly storeDirectory: string;
  readonly address: string;
  readonly port: number;
  /** Names its clients may call it by. */
  readonly hostNames: readonly string[];
}

/** The same place below `src` and `dist`. */
const TEMPLATE = new URL('../../../../infra/nats/nats-server.conf', import.meta.url);

/** Configuration and certificate of nats-server; says whether it must load them anew. */
export async function provideBusServer(
  plan: BusServerPlan,
  trust: BusTrust,
  authority: CertificateAuthority,
  now: Date,
): Promise<boolean> {
  const { directory, storeDirectory, address: host, port, hostNames } = plan;
  const names = { dns: hostNames, ips: [host] };
  const settings = { name: 'bulkhead', host, port, storeDirectory, ...serverFiles(directory) };
  const changed = [
    await provideServerCertificate({ authority, directory, kind: 'nats', names, now }),
    await provideFile(join(directory, 'instance.conf'), renderServerSettings(settings, trust), 0o644),
    await provideFile(join(directory, 'nats-server.conf'), await readFile(TEMPLATE, 'utf8'), 0o644),
  ];
  return changed.some(Boolean);
}
