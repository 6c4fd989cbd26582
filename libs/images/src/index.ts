export * from './errors.js';
export * from './reference.js';
export type { Descriptor, Manifest, Platform } from './manifest.js';
export { imageConfig, type ExposedPort, type ImageConfig } from './config.js';
export { verified, type ImageSource } from './source.js';
export { openSource, type SourcePolicy } from './open-source.js';
export { LINUX_AMD64, resolveImage, type ResolvedImage } from './resolve.js';
export type { Credentials } from './registry/authorization.js';
export type { RetryOptions } from './registry/retry.js';
