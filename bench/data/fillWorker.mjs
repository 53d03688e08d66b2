/** Makes the cached copy of a clip in a thread, as a decode thread does. */
import sharp from 'sharp';
/* eslint-disable rife/imports -- a stage is no part of the package's interface */
import {fillClip} from '../../packages/data/dist/loader/cache/fill.js';
import {sourceOf} from '../../packages/data/dist/pack/source.js';
/* eslint-enable rife/imports */

sharp.concurrency(1);
sharp.cache(false);

export default async ({clip, request}) => fillClip(request, clip, await sourceOf(clip));
