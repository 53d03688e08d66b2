import {blank, draw, drawText, type Picture} from './canvas.js';
import {GLYPH, textWidth} from './font.js';
import type {Panel} from './panels.js';

/** Panels are enlarged by a whole number until they are about this wide. */
const TARGET_WIDTH = 192;
const MARGIN = 4;
const PAPER = [24, 24, 24] as const;
const INK = [235, 235, 235] as const;
const TEXT_SCALE = 2;
const LABEL_HEIGHT = GLYPH.height * TEXT_SCALE + 4;

/** Panels side by side, each under its label, and a title line above all. */
export function composePreview(title: string, panels: readonly Panel[]): Picture {
  const [first] = panels;
  if (!first) return blank(1, 1, PAPER);
  const scale = Math.max(1, Math.round(TARGET_WIDTH / first.picture.width));
  const [width, height] = [first.picture.width * scale, first.picture.height * scale];
  const sheetWidth = Math.max(
    MARGIN + panels.length * (width + MARGIN),
    textWidth(title, TEXT_SCALE) + 2 * MARGIN,
  );
  const sheet = blank(sheetWidth, 2 * LABEL_HEIGHT + height + 3 * MARGIN, PAPER);
  drawText(sheet, title, MARGIN, MARGIN, TEXT_SCALE, INK);
  panels.forEach(({label, picture}, index) => {
    const left = MARGIN + index * (width + MARGIN);
    drawText(sheet, label, left, MARGIN + LABEL_HEIGHT, TEXT_SCALE, INK);
    draw(sheet, picture, left, 2 * MARGIN + 2 * LABEL_HEIGHT, scale);
  });
  return sheet;
}
