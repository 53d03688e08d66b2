/** Files to pictures of one size. */

/** Size with its longest side at most `side`; 0 leaves it. Even sides keep videos sharp. */
function sizeFor({width, height}, side) {
  const factor = side > 0 ? Math.min(1, side / Math.max(width, height)) : 1;
  return {width: Math.max(2, Math.round(width * factor)), height: Math.max(2, Math.round(height * factor))};
}

function drawn(source, {width, height}) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** Two picture files as ImageData; the second takes the size of the first. */
export async function picturesOf([first, second], side) {
  const [a, b] = await Promise.all([createImageBitmap(first), createImageBitmap(second)]);
  const size = sizeFor(a, side);
  const isResized = a.width * b.height !== a.height * b.width;
  return {pair: [drawn(a, size), drawn(b, size)], isResized};
}

/** A video file, ready to be asked for frames. */
export async function openVideo(file) {
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  video.src = URL.createObjectURL(file);
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve;
    video.onerror = () => reject(new Error(`this browser can't play ${file.name}`));
  });
  return video;
}

/** The video's frame at a time in seconds. */
export async function frameAt(video, seconds, side) {
  const at = Math.min(Math.max(0, seconds), Math.max(0, video.duration - 0.01));
  if (Math.abs(video.currentTime - at) > 1e-4) {
    const seeked = new Promise(resolve => video.addEventListener('seeked', resolve, {once: true}));
    video.currentTime = at;
    await seeked;
  }
  return drawn(video, sizeFor({width: video.videoWidth, height: video.videoHeight}, side));
}

/** A disc that moves before stripes: what the page shows before anything is chosen. */
export function examplePair() {
  return [0, 1].map(time => {
    const canvas = new OffscreenCanvas(384, 256);
    const context = canvas.getContext('2d');
    const stripes = context.createLinearGradient(0, 0, 384, 256);
    for (let i = 0; i <= 12; i++) stripes.addColorStop(i / 12, i % 2 ? '#31507a' : '#4d7ab0');
    context.fillStyle = stripes;
    context.fillRect(0, 0, 384, 256);
    context.fillStyle = '#f2b134';
    context.beginPath();
    context.arc(150 + 24 * time, 128 + 8 * time, 44, 0, 2 * Math.PI);
    context.fill();
    return context.getImageData(0, 0, 384, 256);
  });
}
