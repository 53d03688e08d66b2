/** Names that the tests of core use. */
export {};

declare module '../../contract/registries.js' {
  interface LogKeyRegistry {
    [key: `test/${string}`]: true;
  }
  interface ServiceRegistry {
    shared: unknown;
    absent: unknown;
  }
}
