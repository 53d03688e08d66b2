/** Entry point of a thread that examines clips; see `examinePool.ts`. */
import type {FoundClip} from '@rife-train/data/parts';
import sharp from 'sharp';
import {examineClip, type ClipExam} from './examine.js';

// Parallelism comes from the threads.
sharp.concurrency(1);
sharp.cache(false);

export default (clip: FoundClip): Promise<ClipExam> => examineClip(clip);
