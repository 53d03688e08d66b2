/** Extra downsampling stages for large motion. The name is taken and the plugin can be configured; the stages are to come. */
import {definePlugin, pluginUnfinished, type RifePlugin} from '@rife-train/core';

export const NAME = 'rife:multiscale';

/**
 * Plugin that will add stages coarser than RIFE's own three. In this release setting it up fails, so that no run is
 * trained without the stages that its configuration asks for.
 */
export function multiscale(): RifePlugin {
  return definePlugin({
    name: NAME,
    apply() {
      throw pluginUnfinished(
        NAME,
        'the extra downsampling stages are not built yet',
        'the network then has its three stages, at scales 4, 2 and 1',
      );
    },
  });
}
