import * as z from 'zod';
import {GROUPS, OPTIONS} from './options.js';

/** Options of one group (`data`), or those outside of any group (`undefined`), as a zod shape. */
function shapeOf(group: string | undefined): z.ZodRawShape {
  const prefix = group === undefined ? '' : `${group}.`;
  const own = OPTIONS.filter(({path}) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'));
  return Object.fromEntries(
    own.map(({path, schema, required}) => [path.slice(prefix.length), required ? schema : schema.optional()]),
  );
}

/** The configuration as users write it. Plugins are looked at apart: they hold functions. */
export const configSchema = z.strictObject({
  ...shapeOf(undefined),
  ...Object.fromEntries(
    GROUPS.map(group => {
      const object = z.strictObject(shapeOf(group));
      return [group, group === 'data' ? object : object.optional()];
    }),
  ),
  plugins: z.array(z.unknown()).optional(),
});
