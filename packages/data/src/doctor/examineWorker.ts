/** Entry point of a thread that examines clips; see `examinePool.ts`. */
import sharp from 'sharp';
import type {FoundClip} from '../clips/scan.js';
import {examineClip, type ClipExam} from './examine.js';

// The threads are the parallelism.
sharp.concurrency(1);
sharp.cache(false);

export default (clip: FoundClip): Promise<ClipExam> => examineClip(clip);
