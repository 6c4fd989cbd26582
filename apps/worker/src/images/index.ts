export { ImageStore } from './store/image-store.js';
export type { EnsureOptions, ImageStoreOptions, Progress, ResolveOptions } from './store/image-store.js';
export type { CacheUsage, LocalImage } from './store/cache.js';
export type { ImageLimits } from './limits.js';
