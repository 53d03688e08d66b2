/** What to write when there is no configuration yet; complete as it stands but for the folder. */
export const MINIMAL_CONFIG = `import {defineConfig} from 'rife-train';

export default defineConfig({
  data: {root: './clips'}, // holds train/<scene>/<clip>: folders of images, or mp4 files
  steps: 100_000,
});
`;
