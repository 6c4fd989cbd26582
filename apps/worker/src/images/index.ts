export { ImageStore } from './store/image-store.js';
export type { EnsureOptions, ImageStoreOptions, Progress, ResolveOptions } from './store/image-store.js';
export type { CacheUsage, LocalImage } from './store/cache.js';
export { DEFAULT_LIMITS, type ImageLimits } from './limits.js';
