import { acquireLease } from './acquire-lease.js';
import { cordonMachine } from './cordon-machine.js';
import { createMachine } from './create-machine.js';
import { deleteMetadataKey } from './delete-metadata-key.js';
import { destroyMachine } from './destroy-machine.js';
import { execMachine } from './exec-machine.js';
import { getLease } from './get-lease.js';
import { getMachine } from './get-machine.js';
import { getMetadata } from './get-metadata.js';
import { getMetadataKey } from './get-metadata-key.js';
import { listMachineEvents } from './list-events.js';
import { listMachines } from './list-machines.js';
import { listOrganizationMachines } from './list-organization-machines.js';
import { listProcesses } from './list-processes.js';
import { listVersions } from './list-versions.js';
import { patchMetadata } from './patch-metadata.js';
import { releaseLease } from './release-lease.js';
import { replaceMachine } from './replace-machine.js';
import { replaceMetadata } from './replace-metadata.js';
import { restartMachine } from './restart-machine.js';
import { setMetadataKey } from './set-metadata-key.js';
import { signalMachine } from './signal-machine.js';
import { startMachine } from './start-machine.js';
import { stopMachine } from './stop-machine.js';
import { suspendMachine } from './suspend-machine.js';
import { uncordonMachine } from './uncordon-machine.js';
import { updateMachine } from './update-machine.js';
import { waitForMachine } from './wait-for-machine.js';

export const machineOperations = [
  createMachine,
  listMachines,
  listOrganizationMachines,
  getMachine,
  updateMachine,
  destroyMachine,
  startMachine,
  stopMachine,
  restartMachine,
  signalMachine,
  suspendMachine,
  replaceMachine,
  cordonMachine,
  uncordonMachine,
  execMachine,
  listProcesses,
  waitForMachine,
  listMachineEvents,
  listVersions,
  acquireLease,
  getLease,
  releaseLease,
  getMetadata,
  replaceMetadata,
  patchMetadata,
  getMetadataKey,
  setMetadataKey,
  deleteMetadataKey,
] as const;
