/** Milliseconds after which a child process that a test waits for is taken to hang (jest.config.mjs). */
declare const CHILD_LIMIT_MS: number;
