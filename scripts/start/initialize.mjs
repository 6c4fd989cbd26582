import path from 'node:path';
import { Failure } from '../lib/failure.mjs';
export async function initialize(instance) {
  throw new Failure('init is not there yet');
}
