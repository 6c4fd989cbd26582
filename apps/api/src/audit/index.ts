import { exportAuditLog } from './export-log.js';
import { getAuditHead } from './get-head.js';
import { proveConsistency } from './prove-consistency.js';
import { proveEvent } from './prove-event.js';

export const auditOperations = [getAuditHead, exportAuditLog, proveConsistency, proveEvent] as const;
