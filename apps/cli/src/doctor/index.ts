import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../output/table.js';
import type { Check, CheckSurroundings, Finding } from './check.js';
import { hostAbilities } from './checks/abilities.js';
import { apiAnswers } from './checks/api.js';
import { cgroups } from './checks/cgroups.js';
import { clock } from './checks/clock.js';
import { ebpf } from './checks/ebpf.js';
import { hosts } from './checks/hosts.js';
import { journals } from './checks/journals.js';
import { kvm } from './checks/kvm.js';
import { nftables } from './checks/nftables.js';
import { parked } from './checks/parked.js';
import { programs } from './checks/programs.js';
import { certificates, readiness, serviceClocks } from './checks/services.js';
import { wireguard } from './checks/wireguard.js';
import { witnesses } from './checks/witnesses.js';

/** Checks live beside what they check; this only lists them. */
const CHECKS: readonly Check[] = [
  programs,
  kvm,
  cgroups,
  nftables,
  wireguard,
  ebpf,
  clock,
  apiAnswers,
  readiness,
  certificates,
  serviceClocks,
  journals,
  parked,
  witnesses,
  hosts,
  hostAbilities,
];

const MARK: Readonly<Record<Finding['status'], string>> = {
  ok: '✓',
  warning: '!',
  failed: '✗',
  unknown: '?',
};

export const doctorCommand = (context: Context) =>
  new Command('doctor')
    .description('check this host’s abilities and the platform; ends with 7 where something is wrong')
    .action(async () => {
      const surroundings: CheckSurroundings = { api: apiIfKnown(context), now: () => context.now() };
      const findings = await Promise.all(CHECKS.map((check) => examine(check, surroundings)));
      context.show(findings, () =>
        table(
          ['', 'CHECK', 'FOUND', 'WHAT TO DO'],
          findings.map(({ name, status, found, advice }) => [MARK[status], name, found, advice ?? '']),
        ),
      );
      if (findings.some(({ status }) => status === 'failed')) context.exitCode = EXIT.foundProblems;
    });

async function examine(check: Check, surroundings: CheckSurroundings) {
  try {
    return { name: check.name, ...(await check.run(surroundings)) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const advice = error instanceof CliError ? error.advice : undefined;
    return { name: check.name, status: 'failed' as const, found, ...(advice ? { advice } : {}) };
  }
}

function apiIfKnown(context: Context) {
  try {
    return context.api;
  } catch (error) {
    if (error instanceof CliError && error.code === 'no_connection') return null;
    throw error;
  }
}
