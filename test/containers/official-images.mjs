import path from 'node:path';
import { provideNatsServer } from '../../scripts/setup/nats-server.mjs';
import { buildFrom, DEBIAN } from './base-images.mjs';
import { INSTALL_NODE, nodeFiles } from './node.mjs';

/** Stand-ins for official images, as far as docker-compose.yml uses them; see base-images.mjs. */
const NODE = 'node:24-bookworm-slim';
const POSTGRES = 'postgres:15-bookworm';
const NATS = 'nats:2.10';

export async function provideNode(engine, root) {
  if (!engine.hasImage(NODE))
    await buildFrom(engine, NODE, `FROM ${DEBIAN}\n${INSTALL_NODE}`, nodeFiles(root));
}

export async function providePostgres(engine) {
  if (engine.hasImage(POSTGRES)) return;
  const entrypoint = path.join(import.meta.dirname, 'postgres-entrypoint.sh');
  await buildFrom(
    engine,
    POSTGRES,
    `FROM ${DEBIAN}
RUN mkdir -p /etc/postgresql-common/createcluster.d \\
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/none.conf \\
 && apt-get update && apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data
RUN mkdir -p "$PGDATA" && chown -R postgres:postgres "$PGDATA" /var/run/postgresql && chmod 3777 /var/run/postgresql
COPY entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
`,
    { 'entrypoint.sh': entrypoint },
  );
}

export async function provideNats(engine, cache) {
  if (engine.hasImage(NATS)) return;
  const server = await provideNatsServer(path.join(cache, 'tools'), () => {});
  await buildFrom(
    engine,
    NATS,
    `FROM ${DEBIAN}\nCOPY nats-server /nats-server\nENTRYPOINT ["/nats-server"]\n`,
    {
      'nats-server': server,
    },
  );
}
