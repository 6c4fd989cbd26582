import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { answers } from '../lib/http.mjs';
import { takeInstanceLock } from '../lib/instance-lock.mjs';
import { run } from '../lib/run.mjs';
import { Supervisor } from '../lib/supervisor.mjs';
import { build } from '../setup/build.mjs';
import { findPostgres, installHostPackages } from '../setup/host-packages.mjs';
import { provideNatsServer } from '../setup/nats-server.mjs';
import { installNpmPackages } from '../setup/npm-packages.mjs';
import { provideAccounts } from './accounts.mjs';
import { provideCode } from './code.mjs';
import { writeDevFile } from './dev-file.mjs';
import { initialize } from './initialize.mjs';
import { layoutOf, makeDirectories, placeDataDirectory } from './layout.mjs';
import { missingAbilities } from './mode.mjs';
import { providePasswords } from './passwords.mjs';
import { choosePorts } from './ports.mjs';
import { Postgres } from './postgres.mjs';


import { buildSampleImage, provideGuest } from './images.mjs';
import { SAMPLE_APP, deploySampleApp, waitForAnswer } from './sample-app.mjs';
import { busChild, serviceChildren } from './services.mjs';

/**
 * Brings everything from a clone to an app that answers.
 * @param {ReturnType<import('./settings.mjs').readSettings>} settings
 * @param {import('../lib/steps.mjs').Steps} steps
 * @param {(close: () => Promise<void>) => void} onStop what is to be closed at the end, in reverse order
 */
export async function startPlatform(settings, steps, onStop) {
  const { root } = settings;
  await steps.step('npm packages', () => installNpmPackages(root));
  await steps.step('host packages', (say) => installHostPackages(say));
  const { accounts, layout, code } = await steps.step('build and data directory', async (say) => {
    await build(root);
    return placeInstance(settings, say);
  });
  onStop(async () => takenLock.release());
  const takenLock = takeInstanceLock(layout.lock);

  const supervisor = new Supervisor({ logs: layout.logs, pids: layout.pids }, (text) => steps.say(text));
  await supervisor.endLeftovers();
  onStop(() => supervisor.stop());
  const ports = await choosePorts(settings.ports, layout.ports);
  const tools = {
    nats: await steps.step('nats-server', (say) => provideNatsServer(layout.tools, say)),
    node: path.join(code, 'node_modules/node/bin/node'),
  };
  await steps.step("the guest's kernel and init", (say) => provideGuest(root, layout, say));
  const image = null;

  const postgres = new Postgres({
    programs: findPostgres(),
    layout,
    account: accounts.postgres,
    port: ports.POSTGRES,
    passwords: providePasswords(layout.passwords),
  });
  await steps.step('Postgres', async () => {
    await postgres.create();
    await supervisor.start(postgres.child);
    await postgres.prepare(root);
  });
  const instance = { settings, layout, ports, postgres, accounts, code, tools };
  const first = await steps.step('keys and credentials', () => initialize(instance));
  const { vault, others } = serviceChildren(instance);
  await steps.step('vault', () => supervisor.start(vault));
  await steps.step('nats-server', () => supervisor.start(busChild(instance)));
  await steps.step(others.map(({ name }) => name).join(', '), () =>
    Promise.all(others.map((child) => supervisor.start(child))),
  );

  const dev = devDescription(instance, first);
  writeDevFile(layout.devFile, dev);
  await steps.step(`${SAMPLE_APP}: its machine starts`, () =>
    deploySampleApp({ apiUrl: dev.apiUrl, token: dev.adminToken, organization: dev.organization, image }),
  );
  await steps.step(`${SAMPLE_APP}: it answers over TLS`, () =>
    waitForAnswer(dev.sampleApp.url, readFileSync(dev.caFile, 'utf8'), 90_000),
  );
  return { dev, layout, root, missing: missingAbilities() };
}

async function placeInstance(settings, say) {
  const accounts = await provideAccounts(say);
  const layout = layoutOf(placeDataDirectory(settings.data, accounts, say), {
    asked: settings.data,
    ...(settings.cache ? { cache: settings.cache } : {}),
  });
  makeDirectories(layout, accounts);
  const code = await provideCode(settings.root, layout, accounts, say);
  return { accounts, layout, code };
}
