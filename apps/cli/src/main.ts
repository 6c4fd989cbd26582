import { run } from './run.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read along (head, less) has gone: nothing is left to say.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await run({
  args: process.argv.slice(2),
  environment: process.env,
  directory: process.cwd(),
  streams: {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    in: process.stdin.isTTY ? undefined : process.stdin,
  },
});
