import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Presence } from '../src/renderer/presence';

let sockets: WebSocket[];
let presence: Presence;
const lost = vi.fn();
const returned = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  presence = new Presence(() => {
    const socket = { close: vi.fn() } as unknown as WebSocket;
    sockets.push(socket);
    return socket;
  }, { lost, returned });
});
afterEach(() => {
  presence.dispose();
  vi.useRealTimers();
  vi.clearAllMocks();
});

const open = (): void => sockets.at(-1)?.onopen?.(new Event('open'));
const close = (): void => sockets.at(-1)?.onclose?.(new CloseEvent('close'));

test('one connection, and nothing in between', async () => {
  open();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(sockets).toHaveLength(1);
  expect(returned).not.toHaveBeenCalled();
});

test('a lost one is sought again, more and more slowly', async () => {
  open();
  for (let minute = 0; minute < 10; minute++) {
    close();
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(sockets).toHaveLength(11);
  expect(lost).toHaveBeenCalledTimes(1);
  open();
  expect(returned).toHaveBeenCalledTimes(1);
  close();
  expect(lost).toHaveBeenCalledTimes(2);
});

test('a server that never let one in is asked ever more rarely', async () => {
  for (let hour = 0; hour < 24 * 60; hour++) {
    close();
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(sockets.length).toBeLessThan(300);
  expect(lost).not.toHaveBeenCalled();
});

test('who looks at the page or has the network back does not wait', () => {
  close();
  window.dispatchEvent(new Event('online'));
  expect(sockets).toHaveLength(2);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(sockets).toHaveLength(2);
});

test('after the end there is none', async () => {
  const [socket] = sockets;
  presence.dispose();
  expect(socket?.close).toHaveBeenCalled();
  close();
  window.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
});
