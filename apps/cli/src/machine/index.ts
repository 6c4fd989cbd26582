import { Command } from 'commander';
import type { Context } from '../context.js';
import { destroyMachine } from './destroy.js';
import { execInMachine } from './exec.js';
import { listMachines } from './list.js';
import { machineLogs } from './logs.js';
import { replaceMachine } from './replace.js';
import { restartMachine } from './restart.js';
import { runMachine } from './run.js';
import { signalMachine } from './signal.js';
import { startMachine } from './start.js';
import { machineStatus } from './status.js';
import { stopMachine } from './stop.js';
import { suspendMachine } from './suspend.js';
import { updateMachine } from './update.js';

export const machineCommand = (context: Context) =>
  new Command('machine')
    .alias('machines')
    .alias('m')
    .description('machines: microVMs that run images')
    .addCommand(runMachine(context))
    .addCommand(listMachines(context))
    .addCommand(machineStatus(context))
    .addCommand(updateMachine(context))
    .addCommand(startMachine(context))
    .addCommand(stopMachine(context))
    .addCommand(restartMachine(context))
    .addCommand(suspendMachine(context))
    .addCommand(signalMachine(context))
    .addCommand(replaceMachine(context))
    .addCommand(destroyMachine(context))
    .addCommand(execInMachine(context))
    .addCommand(machineLogs(context));
