import type { Handler } from './access/handler.js';
import { answer } from './hosts/answer.js';
import { cordonHost } from './hosts/cordon-host.js';
import { heartbeat } from './hosts/heartbeat.js';
import { hostAbilities } from './hosts/host-abilities.js';
import { removeHost } from './hosts/remove-host.js';
import { uncordonHost } from './hosts/uncordon-host.js';
import { acquireLease } from './leases/acquire-lease.js';
import { getLease } from './leases/get-lease.js';
import { releaseLease } from './leases/release-lease.js';
import { cordonMachine } from './machines/cordon-machine.js';
import { createMachine } from './machines/create-machine.js';
import { destroyMachine } from './machines/destroy-machine.js';
import { execMachine } from './machines/exec-machine.js';
import { psMachine } from './machines/ps-machine.js';
import { replaceMachine } from './machines/replace-machine.js';
import { restartMachine } from './machines/restart-machine.js';
import { setMetadata } from './machines/set-metadata.js';
import { signalMachine } from './machines/signal-machine.js';
import { startMachine } from './machines/start-machine.js';
import { stopMachine } from './machines/stop-machine.js';
import { suspendMachine } from './machines/suspend-machine.js';
import { uncordonMachine } from './machines/uncordon-machine.js';
import { updateMachine } from './machines/update-machine.js';
import { getPlacement } from './placement/get-placement.js';
import { setQuota } from './quotas/set-quota.js';
import { releaseHold } from './reconcile/release-hold.js';
import { report } from './reports/report.js';
import type { Scheduler } from './scheduler.js';

/** Every command the scheduler takes, by its name on the bus. */
export const commandsOf = (scheduler: Scheduler): Readonly<Record<string, Handler>> => ({
  'create-machine': createMachine(scheduler),
  'update-machine': updateMachine(scheduler),
  'start-machine': startMachine(scheduler),
  'stop-machine': stopMachine(scheduler),
  'restart-machine': restartMachine(scheduler),
  'suspend-machine': suspendMachine(scheduler),
  'signal-machine': signalMachine(scheduler),
  'cordon-machine': cordonMachine(scheduler),
  'uncordon-machine': uncordonMachine(scheduler),
  'destroy-machine': destroyMachine(scheduler),
  'replace-machine': replaceMachine(scheduler),
  'set-metadata': setMetadata(scheduler),
  'exec-machine': execMachine(scheduler),
  'ps-machine': psMachine(scheduler),
  'acquire-lease': acquireLease(scheduler),
  'release-lease': releaseLease(scheduler),
  'get-lease': getLease(scheduler),
  'cordon-host': cordonHost(scheduler),
  'uncordon-host': uncordonHost(scheduler),
  'remove-host': removeHost(scheduler),
  'host-abilities': hostAbilities(scheduler),
  'set-quota': setQuota(scheduler),
  placement: getPlacement(scheduler),
  'release-hold': releaseHold(scheduler),
  heartbeat: heartbeat(scheduler),
  report: report(scheduler),
  answer: answer(scheduler),
});
