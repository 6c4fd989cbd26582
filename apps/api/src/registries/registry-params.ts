import { parseRegistryHost } from '@bulkhead/images';
import { TerminalError } from '@bulkhead/contracts';
import { z } from 'zod';
import { organizationParams } from '../operations/shapes.js';

export const registryParams = organizationParams.extend({
  registry: z.string().min(1).max(255).meta({ description: 'Its host, with a port where it has one' }),
});

/** A registry as references to its images name it. @throws TerminalError `invalid_request` */
export function registryNamed(text: string): string {
  try {
    return parseRegistryHost(text);
  } catch (cause) {
    throw new TerminalError(
      'invalid_request',
      'registry: must be a host such as registry.example or registry.example:5000',
      { status: 400, cause },
    );
  }
}
