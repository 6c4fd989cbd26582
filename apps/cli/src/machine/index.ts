import { Command } from 'commander';
import type { Context } from '../context.js';
import { destroyMachine } from './destroy.js';
import { execInMachine } from './exec.js';
import { listMachines } from './list.js';
import { machineLogs } from './logs.js';
import { restartMachine } from './restart.js';
import { runMachine } from './run.js';
import { startMachine } from './start.js';
import { machineStatus } from './status.js';
import { stopMachine } from './stop.js';

export const machineCommand = (context: Context) =>
  new Command('machine')
    .alias('machines')
    .alias('m')
    .description('machines: microVMs that run images')
    .addCommand(runMachine(context))
    .addCommand(listMachines(context))
    .addCommand(machineStatus(context))
    .addCommand(startMachine(context))
    .addCommand(stopMachine(context))
    .addCommand(restartMachine(context))
    .addCommand(destroyMachine(context))
    .addCommand(execInMachine(context))
    .addCommand(machineLogs(context));
