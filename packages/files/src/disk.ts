import {copyFile, link, mkdir, open, readdir, readFile, rename, rm} from 'node:fs/promises';

/** The file operations of checkpoints. One object, so that tests can make any of them fail. */
export const disk = {copyFile, link, mkdir, open, readdir, readFile, rename, rm};
