import { exportAuditLog } from './export-log.js';
import { getAuditHead } from './get-head.js';
import { listWitnesses } from './list-witnesses.js';
import { proveConsistency } from './prove-consistency.js';
import { proveEvent } from './prove-event.js';

export const auditOperations = [
  getAuditHead,
  exportAuditLog,
  proveConsistency,
  proveEvent,
  listWitnesses,
] as const;
