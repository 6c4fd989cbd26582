import { readSecretFiles } from './secrets-from-files.mjs';

readSecretFiles();
await import(`../../apps/${process.env.SERVICE}/dist/main.js`);
