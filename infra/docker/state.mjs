import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** Where the one-shots find every service's volume. */
const STATE = '/state';

/** The users that docker-compose.yml builds the images for. */
const UIDS = {
  vault: 10001,
  scheduler: 10002,
  audit: 10003,
  api: 10004,
  worker: 10005,
  edge: 10006,
  nats: 10007,
  migrate: 10008,
};

export const accounts = Object.fromEntries(
  Object.entries(UIDS).map(([name, uid]) => [name, { name, uid, gid: uid }]),
);

export const layout = {
  init: path.join(STATE, 'init'),
  service: (name) => path.join(STATE, name),
};

/** Every volume is its service's own. */
export function ownVolumes() {
  for (const [name, { uid, gid }] of Object.entries(accounts)) {
    mkdirSync(layout.service(name), { recursive: true });
    chmodSync(layout.service(name), 0o700);
    chownSync(layout.service(name), uid, gid);
  }
}
