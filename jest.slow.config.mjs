/** Tests that `npm test` leaves out for their time. */
import {shared, testTimeout} from './jest.config.mjs';

export default {
  ...shared,
  displayName: 'slow',
  testMatch: ['<rootDir>/test/slow/**/*.test.ts'],
  testTimeout,
  maxWorkers: 2,
};
