/** The file operations that checkpoints are made of. In one object, so that tests can let any of them fail. */
import {copyFile, link, mkdir, open, readdir, readFile, rename, rm} from 'node:fs/promises';

export const disk = {copyFile, link, mkdir, open, readdir, readFile, rename, rm};
