/**
 * How many times slower than a quiet machine of two cores this one may be for the tests:
 * `RIFE_TEST_SLOWNESS`. Limits that end what hangs are far above what is needed, and grow with it;
 * so do waits that a busy machine may need.
 */
export const SLOWNESS = Number(process.env.RIFE_TEST_SLOWNESS || 1);
if (!(SLOWNESS >= 1))
  throw new Error(`RIFE_TEST_SLOWNESS is "${process.env.RIFE_TEST_SLOWNESS}": give a number from 1 on`);
