import { never } from '../decider.js';
import { without } from '../records.js';
import type { HostEvent } from './events.js';
import { isJoined, type HostState, type JoinedHost } from './state.js';

export function evolveHost(state: HostState, event: HostEvent): HostState {
  if (event.type === 'HostJoined')
    return { status: 'ready', ...event.data, cordoned: false, holdings: {}, nextSlot: 1 };
  return isJoined(state) ? evolveJoined(state, event) : state;
}

function evolveJoined(state: JoinedHost, event: Exclude<HostEvent, { type: 'HostJoined' }>): HostState {
  switch (event.type) {
    case 'HostChanged':
      return { ...state, ...event.data };
    case 'HostCordoned':
      return { ...state, cordoned: true };
    case 'HostUncordoned':
      return { ...state, cordoned: false };
    case 'HostLost':
      return { ...state, status: 'lost' };
    case 'HostReturned':
      return { ...state, status: 'ready' };
    case 'HostRemoved':
      return { status: 'removed', host: state.host, number: state.number };
    case 'HostReportsMissed':
      return state;
    case 'CapacityTaken': {
      const { machine, resources, slot } = event.data;
      const holdings = { ...state.holdings, [machine]: { resources, slot } };
      return { ...state, holdings, nextSlot: Math.max(state.nextSlot, slot + 1) };
    }
    case 'CapacityReleased':
      return { ...state, holdings: without(state.holdings, event.data.machine) };
    default:
      return never(event);
  }
}
