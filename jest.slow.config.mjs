/** Tests that `npm test` leaves out for their time. */
import {shared} from './jest.config.mjs';

export default {
  ...shared,
  displayName: 'slow',
  testMatch: ['<rootDir>/test/slow/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
