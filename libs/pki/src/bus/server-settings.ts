import type { BusTrust } from './bus-authority.js';

/** What differs from one nats-server to the next. */
export interface BusServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly storeDirectory: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** The text of `instance.conf`, which `infra/nats/nats-server.conf` includes: variables and the accounts it trusts. */
export function renderServerSettings(server: BusServer, trust: BusTrust): string {
  const accounts = [trust.systemAccount, trust.account];
  return [
    `bulkhead_server_name: ${quote(server.name)}`,
    `bulkhead_host: ${quote(server.host)}`,
    `bulkhead_port: ${server.port}`,
    `bulkhead_store: ${quote(server.storeDirectory)}`,
    `bulkhead_certificate: ${quote(server.certificateFile)}`,
    `bulkhead_key: ${quote(server.keyFile)}`,
    `bulkhead_ca: ${quote(server.caFile)}`,
    `bulkhead_operator: ${quote(trust.operatorJwt)}`,
    `bulkhead_system_account: ${quote(trust.systemAccount.id)}`,
    'resolver_preload: {',
    ...accounts.map(({ id, jwt }) => `  ${id}: ${quote(jwt)}`),
    '}',
    '',
  ].join('\n');
}

/** A JSON string is a string of nats-server's configuration too, as long as it holds no control characters. */
function quote(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text))
    throw new Error(`not printable ASCII, so not for nats-server's configuration: ${JSON.stringify(text)}`);
  return JSON.stringify(text);
}
