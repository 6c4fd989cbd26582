export interface DataKeyState {
  readonly status: 'absent' | 'active' | 'destroyed';
}
