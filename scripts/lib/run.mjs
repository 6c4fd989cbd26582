import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { Failure } from './failure.mjs';

const KEPT_BYTES = 1024 * 1024;

/**
 * Runs a program to its end and returns what it printed.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string, log?: string, what?: string, uid?: number, gid?: number,
 *   signal?: AbortSignal }} [options] `log`: a file that gets all output too; `what`: names it in the error
 * @returns {Promise<string>} its standard output, at most the last MiB
 * @throws {Failure} with its last lines where it ends with another code than 0
 */
export function run(file, args, options = {}) {
  const { input, log, what = file, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...spawnOptions });
    const sink = log ? createWriteStream(log, { flags: 'a' }) : null;
    const output = new Tail();
    const all = new Tail();
    child.stdout.on('data', (chunk) => (output.add(chunk), all.add(chunk), sink?.write(chunk)));
    child.stderr.on('data', (chunk) => (all.add(chunk), sink?.write(chunk)));
    child.stdin.on('error', () => child.stdin.destroy());
    child.stdin.end(input);
    child.once('error', (error) =>
      reject(new Failure(`${what} can't be run: ${error.message}`, missingProgram(error, file))),
    );
    child.once('close', (code, signal) => {
      sink?.end();
      if (code === 0) return resolve(output.text());
      const ending = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      reject(
        new Failure(`${what} ${ending}:\n${lastLines(all.text(), 25)}`, log && `All of its output: ${log}`),
      );
    });
  });
}

/** Whether a program ends with 0; for questions, not for work. */
export const succeeds = (file, args, options = {}) =>
  spawnSync(file, args, { stdio: 'ignore', ...options }).status === 0;

/** A program's standard output, or null where it can't be run or fails. */
export function outputOf(file, args, options = {}) {
  const result = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], ...options });
  return result.status === 0 ? result.stdout : null;
}

const missingProgram = (error, file) =>
  error.code === 'ENOENT' ? `Is ${file} installed, and on the PATH?` : undefined;

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');

class Tail {
  #chunks = [];
  #size = 0;

  add(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size - this.#chunks[0].length > KEPT_BYTES) this.#size -= this.#chunks.shift().length;
  }

  text() {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
