/** Names that the tests of core use. */
export {};

declare module '../../index.js' {
  interface LogKeyRegistry {
    [key: `test/${string}`]: true;
  }
}
