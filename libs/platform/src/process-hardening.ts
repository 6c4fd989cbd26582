/** What a service refuses to run on: another Node major than the one it was tested with. */
export const NODE_MAJOR = 24;

/** @throws Error naming the version found. */
export function requireNodeMajor(version = process.versions.node): void {
  if (Number(version.split('.')[0]) !== NODE_MAJOR)
    throw new Error(
      `Node ${version} runs this, but Bulkhead is tested with Node ${NODE_MAJOR}: start it with node_modules/node/bin/node`,
    );
}
