import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { takeInstanceLock } from '../lib/instance-lock.mjs';
import { Supervisor } from '../lib/supervisor.mjs';
import { build } from '../setup/build.mjs';
import { findPostgres, installHostPackages } from '../setup/host-packages.mjs';
import { provideNatsServer } from '../setup/nats-server.mjs';
import { installNpmPackages } from '../setup/npm-packages.mjs';
import { provideAccounts } from './accounts.mjs';
import { provideCode } from './code.mjs';
import { describeInstance, writeDevFile } from './dev-file.mjs';
import { buildSampleImage, provideGuest } from './images.mjs';
import { enterServicesGroup, leaveServicesGroup } from './control-group.mjs';
import { hostdChild } from './hostd.mjs';
import { controlGroup } from './hostd-configuration.mjs';
import { initialize } from './initialize.mjs';
import { layoutOf, makeDirectories, placeDataDirectory } from './layout.mjs';
import { endMachinesGently } from './machines.mjs';
import { migrateSchemas } from './migrate.mjs';
import { missingAbilities } from './mode.mjs';
import { providePasswords } from './passwords.mjs';
import { choosePorts } from './ports.mjs';
import { Postgres } from './postgres.mjs';
import { SAMPLE_APP, deploySampleApp, waitForAnswer } from './sample-app.mjs';
import {
  busChild,
  developmentCaFile,
  edgeChild,
  joiningChildren,
  localBus,
  vaultChild,
} from './services.mjs';

/**
 * @typedef {object} Start
 * @property {ReturnType<import('./settings.mjs').readSettings>} settings
 * @property {import('../lib/steps.mjs').Steps} steps
 * @property {(close: () => Promise<void> | void) => void} onStop what is to be closed at the end, in reverse order
 * @property {AbortSignal} hurry aborted when whoever stops it has no more patience
 */

/**
 * Brings everything from a clone to an app that answers.
 * @param {Start} start
 */
export async function startPlatform(start) {
  await prepareClone(start);
  const place = await takePlace(start);
  const missing = missingAbilities();
  const parts = await provideParts(start, place);
  const instance = { ...place, ...parts, bus: localBus(place), hasHelper: missing.length === 0 };
  const { adminToken } = await startStorage(start, instance);
  await startServices(start, instance);
  start.onStop(() =>
    endMachinesGently(instance, { say: (text) => start.steps.say(text), hurry: start.hurry }),
  );
  const dev = await deploySample(start, instance, adminToken);
  return { dev, layout: instance.layout, root: start.settings.root, missing, instance };
}

async function prepareClone({ settings: { root }, steps }) {
  await steps.step('npm packages', () => installNpmPackages(root));
  await steps.step('host packages', (say) => installHostPackages(say));
  await steps.step('build', () => build(root));
}

/** The data directory, made this process's alone and rid of what a killed instance left running. */
async function takePlace({ settings, steps, onStop }) {
  const { accounts, layout } = await steps.step('data directory', async (say) => {
    const accounts = await provideAccounts(say);
    const data = placeDataDirectory(settings.data, accounts, say);
    const layout = layoutOf(data, {
      asked: settings.data,
      ...(settings.cache ? { cache: settings.cache } : {}),
    });
    makeDirectories(layout, accounts);
    return { accounts, layout };
  });
  const lock = takeInstanceLock(layout.lock);
  onStop(() => lock.release());
  if (process.getuid() === 0) {
    enterServicesGroup(controlGroup(layout.data), (text) => steps.say(text));
    onStop(() => leaveServicesGroup(controlGroup(layout.data)));
  }
  const supervisor = new Supervisor({ logs: layout.logs, pids: layout.pids }, (text) => steps.say(text));
  await supervisor.endLeftovers();
  onStop(() => supervisor.stop());
  return { settings, accounts, layout, supervisor, ports: await choosePorts(settings.ports, layout.ports) };
}

/** What the services run from and on. */
async function provideParts({ settings: { root }, steps }, { layout, accounts, ports }) {
  const nats = await steps.step('nats-server', (say) => provideNatsServer(layout.tools, say));
  await steps.step("machines' kernel and init", () => provideGuest(root, layout));
  const image = await steps.step("the sample app's image", () => buildSampleImage(root, layout));
  const code = await steps.step('code for the services', (say) => provideCode(root, layout, accounts, say));
  const postgres = new Postgres({
    programs: findPostgres(),
    layout,
    account: accounts.postgres,
    port: ports.POSTGRES,
    passwords: providePasswords(layout.passwords),
  });
  return { image, code, postgres, tools: { nats, node: path.join(code, 'node_modules/node/bin/node') } };
}

async function startStorage({ settings: { root }, steps }, instance) {
  const { supervisor, postgres } = instance;
  await steps.step('Postgres', async () => {
    await postgres.create();
    await supervisor.start(postgres.child);
    await postgres.prepare(root);
  });
  await steps.step('database schemas', () => migrateSchemas(instance));
  return steps.step('keys and credentials', () => initialize(instance));
}

/**
 * In the order of trust: the vault needs Postgres alone, the bus what the vault's init made, the others wait for both. The edge is
 * last, since it is told the id under which the worker enrolled: it reaches machines of its own host without the worker.
 */
async function startServices({ steps }, instance) {
  const { supervisor, hasHelper } = instance;
  await steps.step('vault', () => supervisor.start(vaultChild(instance)));
  await steps.step('nats-server', () => supervisor.start(busChild(instance)));
  if (hasHelper) {
    await steps.step("hostd, the worker's privileged helper", () => supervisor.start(hostdChild(instance)));
  }
  const joining = joiningChildren(instance);
  await steps.step(joining.map(({ name }) => name).join(', '), () => supervisor.startAll(joining));
  await steps.step('edge', () => supervisor.start(edgeChild(instance)));
}

async function deploySample({ steps }, { settings, layout, ports, image }, adminToken) {
  copyFileSync(developmentCaFile(layout), layout.caFile);
  const dev = describeInstance({ settings, layout, ports, adminToken, app: SAMPLE_APP });
  writeDevFile(layout.devFile, dev);
  const { apiUrl, organization, sampleApp, caFile } = dev;
  await steps.step(`${SAMPLE_APP}: its machine`, () =>
    deploySampleApp({ apiUrl, token: adminToken, organization, image }),
  );
  await steps.step(`${SAMPLE_APP}: answers over TLS`, () =>
    waitForAnswer(sampleApp.url, readFileSync(caFile, 'utf8'), 90_000),
  );
  return dev;
}
