/** The page: chooses pictures, asks the network, shows the frame. */
import {between, takesAnyTime, useBackend} from './network.js';
import {examplePair, frameAt, openVideo, picturesOf} from './pictures.js';

const element = id => document.getElementById(id);
const [files, example, video, at, atText, distance] = 'files example video at atText distance'
  .split(' ')
  .map(element);
const [result, canvas, slider, tText, play] = 'result frame t tText play'.split(' ').map(element);
const [backend, side, status] = 'backend side status'.split(' ').map(element);

const NAMES = {webgl: 'WebGL', wasm: 'WebAssembly', cpu: 'JavaScript'};

let chosen = [];
let clip;
let pair;
let isBusy = false;
let isAsked = false;
let used = '';

const say = text => (status.textContent = text);
const sideLimit = () => Number(side.value);

function draw(image, words) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d').putImageData(image, 0, 0);
  canvas.setAttribute('aria-label', words);
}

/** Computes and shows the frame at the slider's time; a request during another one follows it. */
async function show() {
  isAsked = true;
  if (isBusy || !pair) return;
  isBusy = true;
  try {
    while (isAsked) {
      isAsked = false;
      await showAt(Number(slider.value));
    }
  } catch (error) {
    say(`It failed: ${error.message}`);
  } finally {
    isBusy = false;
  }
}

async function showAt(t) {
  tText.textContent = String(t);
  if (t === 0 || t === 1) {
    draw(pair[t], t === 0 ? 'The first picture' : 'The second picture');
    return;
  }
  const {image, ms} = await between(...pair, t);
  draw(image, `The frame at t = ${t}`);
  const rate = (1000 / ms).toFixed(ms > 1000 ? 2 : 1);
  say(`${image.width} x ${image.height}: ${ms.toFixed(0)} ms, ${rate} frames per second by ${used}`);
}

function showPair(next, note = '') {
  pair = next;
  result.hidden = false;
  if (note) say(note);
  return show();
}

async function takeFrames() {
  atText.textContent = `${Number(at.value).toFixed(2)} s`;
  const first = await frameAt(clip, Number(at.value), sideLimit());
  const second = await frameAt(clip, Number(at.value) + Number(distance.value), sideLimit());
  return showPair([first, second]);
}

async function takeFiles() {
  const pictures = chosen.filter(({type}) => type.startsWith('image/'));
  const movie = chosen.find(({type}) => type.startsWith('video/'));
  video.hidden = movie === undefined;
  if (movie) {
    clip = await openVideo(movie);
    at.max = String(Math.max(0, clip.duration - Number(distance.value)));
    return takeFrames();
  }
  if (pictures.length < 2) {
    say('Choose two pictures, or one video.');
    return undefined;
  }
  const {pair: next, isResized} = await picturesOf(pictures, sideLimit());
  return showPair(next, isResized ? 'The second picture was stretched to the size of the first.' : '');
}

const take = () =>
  takeFiles().catch(error => {
    say(`These files can't be used: ${error.message}`);
  });

async function start(name) {
  say('Loading the network ...');
  const got = await useBackend(name);
  used = NAMES[got] ?? got;
  backend.value = got;
  if (!takesAnyTime()) slider.step = '0.5';
  say(got === name ? 'Ready.' : `Ready; ${NAMES[name]} is not there, so ${used} computes.`);
  await show();
}

let timer;
function togglePlay() {
  const isPlaying = play.getAttribute('aria-pressed') !== 'true';
  play.setAttribute('aria-pressed', String(isPlaying));
  play.textContent = isPlaying ? 'Pause' : 'Play';
  clearInterval(timer);
  if (!isPlaying) return;
  timer = setInterval(() => {
    if (isBusy) return;
    const step = Number(slider.step);
    slider.value = String(Number(slider.value) + step > 1 ? 0 : Number(slider.value) + step);
    void show();
  }, 60);
}

files.addEventListener('change', () => {
  chosen = [...files.files];
  void take();
});
example.addEventListener('click', () => {
  video.hidden = true;
  chosen = [];
  void showPair(examplePair());
});
for (const input of [at, distance]) input.addEventListener('change', () => void takeFrames());
slider.addEventListener('input', () => void show());
play.addEventListener('click', togglePlay);
backend.addEventListener('change', () =>
  start(backend.value).catch(error => say(`It failed: ${error.message}`)),
);
side.addEventListener('change', () => chosen.length > 0 && void take());

document.addEventListener('dragover', event => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
document.addEventListener('dragleave', () => document.body.classList.remove('dropping'));
document.addEventListener('drop', event => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  chosen = [...event.dataTransfer.files];
  void take();
});

start(backend.value).catch(error => say(`The network can't be loaded: ${error.message}`));
