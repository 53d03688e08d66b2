/**
 * Checks whether a JPEG is whole. libjpeg, and so every common reader, makes a picture of any data,
 * partly grey or garbled. A JPEG has no checksum, but its codes are dense: the numbers of units,
 * restart markers and bytes must match exactly.
 */
import {zerosFrom, type Damage} from './damage.js';
import {ScanWalker} from './jpegData.js';
import {JpegReader, type Frame} from './jpegHeader.js';
import type {Orientation} from './orientation.js';

export interface JpegInfo {
  frame?: Frame;
  orientation: Orientation;
  damage?: Damage;
}

/** Reports the zeros at the end of a damaged copy, not the decoder's error about them. */
function orZeros(file: Buffer, damage: Damage): Damage {
  const at = zerosFrom(file);
  const isBlank = file.length - at >= 16;
  return isBlank ? {at, what: 'nothing but zeros from here to the end'} : damage;
}

/** Goes over the whole file. */
export function checkJpeg(file: Buffer): JpegInfo {
  const reader = new JpegReader(file);
  const walker = new ScanWalker();
  const seen = new Set<number>();
  const result = (damage?: Damage): JpegInfo => ({
    ...(reader.frame && {frame: reader.frame}),
    orientation: reader.orientation,
    ...(damage && {damage: orZeros(file, damage)}),
  });
  for (;;) {
    const next = reader.next();
    if (next === 'end') {
      const isComplete = reader.frame && reader.frame.components.every(({id}) => seen.has(id));
      return isComplete ? result() : result({at: file.length, what: 'the end mark comes before all pixels'});
    }
    if ('what' in next) return result(next);
    const checked = walker.check(file, reader.frame!, next);
    if (checked.damage) return result(checked.damage);
    for (const {component} of next.parts) seen.add(component.id);
    reader.goTo(checked.next);
  }
}

/** Size and orientation of a JPEG from its first bytes; undefined if they end before the pixels. */
export function jpegHeader(head: Buffer): {frame: Frame; orientation: Orientation} | undefined {
  const reader = new JpegReader(head);
  const next = reader.next();
  const {frame, orientation} = reader;
  return frame && typeof next === 'object' && 'from' in next ? {frame, orientation} : undefined;
}
