import { kind, onResources } from './kind.js';
import { isWithin, printMask, type Mask } from './mask.js';
import { prohibited } from './prohibition.js';
import { byNumber, byText, prohibitsOutside, type ResourceSet } from './resource-set.js';
import { fields, mask, uint64 } from './shape.js';

/** One organization, and what may be done in it. Every token of this platform begins with one. */
export const organization = kind<{ readonly id: bigint; readonly mask: Mask }>(
  'Organization',
  fields({ id: uint64, mask }),
  onResources(({ id, mask: allowed }, { organization: named, action }) => {
    if (id !== 0n && id !== named) return prohibited('unauthorized', 'not for this organization');
    if (isWithin(action, allowed)) return null;
    return prohibited('unauthorized', `${printMask(action & ~allowed)} in this organization is not allowed`);
  }),
);

export const apps = kind<{ readonly apps: ResourceSet<bigint> }>(
  'Apps',
  fields({ apps: byNumber }),
  onResources((body, { app, action }) => prohibitsOutside(body.apps, { what: 'app', id: app, action })),
);

export const machines = kind<{ readonly machines: ResourceSet<string> }>(
  'Machines',
  fields({ machines: byText }),
  onResources((body, { machine, action }) =>
    prohibitsOutside(body.machines, { what: 'machine', id: machine, action }),
  ),
);

export const volumes = kind<{ readonly volumes: ResourceSet<string> }>(
  'Volumes',
  fields({ volumes: byText }),
  onResources((body, { volume, action }) =>
    prohibitsOutside(body.volumes, { what: 'volume', id: volume, action }),
  ),
);

export const clusters = kind<{ readonly clusters: ResourceSet<string> }>(
  'Clusters',
  fields({ clusters: byText }),
  onResources((body, { cluster, action }) =>
    prohibitsOutside(body.clusters, { what: 'cluster', id: cluster, action }),
  ),
);

interface Features {
  readonly features: ResourceSet<string>;
}

/** Features of organizations, such as `wg` (private network) and `membership`. */
export const featureSet = kind<Features>(
  'FeatureSet',
  fields({ features: byText }),
  onResources(({ features }, { feature, action }) =>
    prohibitsOutside(features, { what: 'organization feature', id: feature, action }),
  ),
);

export const appFeatureSet = kind<Features>(
  'AppFeatureSet',
  fields({ features: byText }),
  onResources(({ features }, { appFeature, action }) =>
    prohibitsOutside(features, { what: 'app feature', id: appFeature, action }),
  ),
);

export const machineFeatureSet = kind<Features>(
  'MachineFeatureSet',
  fields({ features: byText }),
  onResources(({ features }, { machineFeature, action }) =>
    prohibitsOutside(features, { what: 'machine feature', id: machineFeature, action }),
  ),
);

/** By how their addresses begin. */
export const storageObjects = kind<{ readonly storage_objects: ResourceSet<string> }>(
  'StorageObjects',
  fields({ storage_objects: byText }),
  onResources(({ storage_objects: prefixes }, { storageObject, action }) =>
    prohibitsOutside(prefixes, {
      what: 'storage object',
      id: storageObject,
      action,
      covers: (prefix, object) => object.startsWith(prefix),
    }),
  ),
);
