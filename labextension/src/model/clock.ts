/** Time and chance, so that tests can move them. */
export interface Clock {
  now(): number;
  random(): number;
  later(work: () => void, delay: number): unknown;
  forget(timer: unknown): void;
}

export const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  later: (work, delay) => setTimeout(work, delay),
  forget: timer => clearTimeout(timer as ReturnType<typeof setTimeout>)
};
