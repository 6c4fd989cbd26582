import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nextAttempt } from './backoff.mjs';
import { Failure } from './failure.mjs';
import { identify, isAlive, signalGroup, waitUntil } from './processes.mjs';
import { RotatingLog } from './rotating-log.mjs';
import { duration } from './steps.mjs';

/**
 * @typedef {object} Child
 * @property {string} name names its log and pid file
 * @property {string} file
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} env the whole environment; nothing is inherited
 * @property {string} cwd
 * @property {{ uid: number, gid: number } | null} account whom it runs as; null: whoever runs this
 * @property {NodeJS.Signals} [stopSignal]
 * @property {number} [stopWithinMs] then it is killed
 * @property {() => Promise<unknown>} [beforeStop] what is to be done with the last of those that depend on it gone
 * @property {() => Promise<unknown>} [afterStop] what is to be done once it has ended
 * @property {() => Promise<boolean>} ready
 * @property {number} [readyWithinMs]
 * @property {boolean} [keepsPrivileges] may gain privileges by exec (setuid programs)
 */

/**
 * Runs the platform's processes: starts them in order, each as its own user and in its own process group, keeps their output in
 * bounded logs, starts one that dies again with back-off, and stops them in reverse order.
 */
export class Supervisor {
  #groups = [];
  #stopping = false;
  #directories;
  #say;

  /**
   * @param {{ logs: string, pids: string }} directories
   * @param {(text: string) => void} say
   */
  constructor(directories, say) {
    this.#directories = directories;
    this.#say = say;
    for (const directory of Object.values(directories))
      mkdirSync(directory, { recursive: true, mode: 0o755 });
  }

  /** Ends what an instance that was killed left behind: pid files say who, by start time and boot. */
  async endLeftovers() {
    const left = readdirSync(this.#directories.pids)
      .filter((file) => file.endsWith('.pid'))
      .map((file) => ({ file: path.join(this.#directories.pids, file), name: path.basename(file, '.pid') }));
    await Promise.all(left.map((entry) => this.#endLeftover(entry)));
  }

  /** Starts a child and waits until it is ready. */
  start(child) {
    return this.startAll([child]);
  }

  /** Starts children that don't wait for each other, and waits until all are ready. They are stopped together too. */
  async startAll(children) {
    const group = children.map((child) => this.#add(child));
    this.#groups.push(group);
    for (const child of group) child.spawn();
    await Promise.all(group.map((child) => child.becomeReady()));
  }

  /**
   * Ends a child by a signal and starts it again at once when `work`, done while it is down, is over.
   * @param {string} name
   * @param {NodeJS.Signals} signal
   * @param {() => Promise<unknown> | unknown} [work]
   */
  async interrupt(name, signal, work = () => {}) {
    await this.#child(name).interrupt(signal, work);
  }

  /** Which process a child is now, or was at last. */
  identityOf(name) {
    return this.#child(name).identity;
  }

  /**
   * Lets one child end by itself after a signal, ahead of the others; it isn't started again.
   * @param {string} name
   * @param {NodeJS.Signals} signal
   * @param {{ withinMs: number, hurry: AbortSignal }} patience
   * @returns {Promise<boolean>} whether it ended; where it didn't, `stop` does the rest
   */
  async retire(name, signal, { withinMs, hurry }) {
    const child = this.#groups.flat().find((each) => each.name === name);
    return child ? child.retire(signal, { withinMs, hurry }) : true;
  }

  /** Stops every child, the last started first. */
  async stop() {
    this.#stopping = true;
    for (const group of this.#groups.toReversed()) await Promise.all(group.map((child) => child.stop()));
  }

  #child(name) {
    const child = this.#groups.flat().find((known) => known.name === name);
    if (!child) throw new Failure(`There is no child ${name}.`);
    return child;
  }

  #add(child) {
    return new SupervisedChild(child, this.#directories, this.#say, () => this.#stopping);
  }

  async #endLeftover({ file, name }) {
    const identity = parseIdentity(readFileSync(file, 'utf8'));
    if (identity && isAlive(identity)) {
      this.#say(`${name} of an instance that was killed still runs (process ${identity.pid}): ending it`);
      signalGroup(identity.pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      if (!(await waitUntil(() => !isAlive(identity), 20_000))) signalGroup(identity.pid, 'SIGKILL');
    }
    rmSync(file, { force: true });
  }
}

class SupervisedChild {
  #spec;
  #log;
  #logFile;
  #pidFile;
  #say;
  #isStopping;
  #process = null;
  #failures = 0;
  #restart = null;
  #isHeld = false;
  #identity = null;

  constructor(spec, directories, say, isStopping) {
    this.#spec = spec;
    this.#logFile = path.join(directories.logs, `${spec.name}.log`);
    this.#pidFile = path.join(directories.pids, `${spec.name}.pid`);
    this.#log = new RotatingLog(this.#logFile);
    this.#say = say;
    this.#isStopping = isStopping;
  }

  get name() {
    return this.#spec.name;
  }

  spawn() {
    const { file, args, env, cwd, account, keepsPrivileges, stopSignal = 'SIGTERM' } = this.#spec;
    const startedAt = Date.now();
    // setpriv changes the user before it asks for the parent-death signal: the change would clear it.
    const child = spawn(
      'setpriv',
      [
        ...(account ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'] : []),
        ...(account && !keepsPrivileges ? ['--inh-caps=-all', '--no-new-privs'] : []),
        `--pdeathsig=${stopSignal.replace('SIG', '')}`,
        '--',
        file,
        ...args,
      ],
      { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = child;
    child.stdout.on('data', (chunk) => this.#log.write(chunk));
    child.stderr.on('data', (chunk) => this.#log.write(chunk));
    child.once('error', (error) => this.#ended(child, startedAt, `can't be run: ${error.message}`));
    child.once('exit', (code, signal) =>
      this.#ended(child, startedAt, signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
    this.#identity = child.pid ? identify(child.pid) : null;
    this.#keepIdentity();
  }

  /** @returns {import('./processes.mjs').ProcessIdentity | null} of the process that was started last */
  get identity() {
    return this.#identity;
  }

  /** Without it only the next start after a crash of this process misses something; a full disk is no reason to end a child. */
  #keepIdentity() {
    try {
      writeFileSync(this.#pidFile, JSON.stringify(this.#identity));
    } catch (error) {
      this.#say(`${this.name}: its pid can't be kept: ${error.message}`);
    }
  }

  async becomeReady() {
    const { ready, name, readyWithinMs = 60_000 } = this.#spec;
    const deaths = () => this.#failures;
    const isReady = await waitUntil(async () => deaths() >= 3 || (await ready()), readyWithinMs);
    if (isReady && deaths() < 3) return;
    throw new Failure(
      deaths() >= 3
        ? `${name} does not stay up.`
        : `${name} did not become ready within ${duration(readyWithinMs)}.`,
      `Its last lines (${this.#logFile}):\n${lastLines(this.#logFile)}`,
    );
  }

  async interrupt(signal, work) {
    this.#isHeld = true;
    clearTimeout(this.#restart);
    try {
      const child = this.#process;
      if (child?.pid) signalGroup(child.pid, signal);
      const within = this.#spec.stopWithinMs ?? 15_000;
      if (!(await waitUntil(() => this.#process === null, within, 5)))
        throw new Failure(`${this.name} did not end by ${signal} within ${duration(within)}.`);
      await work();
    } finally {
      this.#isHeld = false;
      if (!this.#process && !this.#isStopping()) this.spawn();
    }
    await this.becomeReady();
  }

  async retire(signal, { withinMs, hurry }) {
    this.#isHeld = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (!child?.pid) return true;
    child.kill(signal);
    await waitUntil(() => hurry.aborted || hasEnded(child), withinMs);
    return hasEnded(child);
  }

  async stop() {
    clearTimeout(this.#restart);
    await this.#attend(this.#spec.beforeStop);
    const child = this.#process;
    if (child?.pid && !hasEnded(child)) {
      signalGroup(child.pid, this.#spec.stopSignal ?? 'SIGTERM');
      const within = this.#spec.stopWithinMs ?? 15_000;
      const ended = () => hasEnded(child);
      if (!(await waitUntil(ended, within, 20))) {
        this.#say(`${this.#spec.name} did not stop within ${duration(within)}: killing it`);
        signalGroup(child.pid, 'SIGKILL');
        await waitUntil(ended, 5_000, 20);
      }
    }
    await this.#attend(this.#spec.afterStop);
    rmSync(this.#pidFile, { force: true });
    this.#log.close();
  }

  /** What goes wrong at a stop is said, and does not keep the others from stopping. */
  async #attend(work) {
    try {
      await work?.();
    } catch (error) {
      this.#say(`${this.#spec.name}: ${error.message}`);
    }
  }

  #ended(child, startedAt, how) {
    if (this.#process !== child) return;
    this.#process = null;
    if (this.#isStopping() || this.#isHeld) return;
    const ranFor = Date.now() - startedAt;
    const { failures, delayMs } = nextAttempt(this.#failures, ranFor);
    this.#failures = failures;
    this.#say(
      `! ${this.#spec.name} ${how} after ${duration(ranFor)}; starting it again in ${duration(delayMs)} (${this.#logFile})`,
    );
    this.#restart = setTimeout(() => this.spawn(), delayMs);
  }
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

function parseIdentity(text) {
  try {
    const identity = JSON.parse(text);
    return Number.isInteger(identity?.pid) ? identity : null;
  } catch {
    return null;
  }
}

const lastLines = (file) =>
  readFileSync(file, 'utf8')
    .slice(-16_384)
    .trimEnd()
    .split('\n')
    .slice(-15)
    .map((line) => `  ${line}`)
    .join('\n');
