/**
 * Opens an exported page in headless Chromium, gives it two pictures, and writes what it shows.
 *
 *     node scripts/web/browse.mjs <folder> <img0.png> <img1.png> [--backend wasm,webgl]
 *         [--out FILE] [--screenshot FILE] [--width 900] [--dark]
 *
 * Chromium and the libraries that it needs are in an npm package. Prints, and writes with `--out`,
 * JSON: for each backend the size, the pixels (RGB) and the words of the page; the requests to
 * other hosts; and what went wrong in the page.
 */
import {createServer} from 'node:http';
import {readFile, writeFile} from 'node:fs/promises';
import {extname, join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import puppeteer from 'puppeteer-core';

// The package then brings the libraries that a bare system lacks.
process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs20.x';
const {default: chromium} = await import('@sparticuz/chromium');

const {values: args, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    backend: {type: 'string', default: 'wasm'},
    out: {type: 'string'},
    screenshot: {type: 'string'},
    width: {type: 'string', default: '900'},
    dark: {type: 'boolean', default: false},
  },
});
const [folder, ...pictures] = positionals.map(path => resolve(path));

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
/** Software rendering: WebGL without a GPU. */
const ARGUMENTS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];
const LIMIT_MS = 240_000;

/** A static server on loopback. */
async function serve() {
  const server = createServer(async (request, response) => {
    const {pathname} = new URL(request.url, 'http://page');
    const path = join(folder, pathname === '/' ? 'index.html' : decodeURIComponent(pathname));
    try {
      const body = await readFile(path);
      response.writeHead(200, {'content-type': TYPES[extname(path)] ?? 'application/octet-stream'}).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return {server, url: `http://127.0.0.1:${server.address().port}/`};
}

/** Waits until the page says so. @returns its words */
async function words(page, pattern) {
  const handle = await page.waitForFunction(
    source => {
      const text = globalThis.document.getElementById('status').textContent;
      return new RegExp(source).test(text) && text;
    },
    {timeout: LIMIT_MS},
    pattern.source,
  );
  return handle.jsonValue();
}

/** What the canvas shows, without alpha. */
const shown = page =>
  page.$eval('#frame', canvas => {
    const {width, height} = canvas;
    const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    const rgb = [...data].filter((_, i) => i % 4 !== 3);
    return {width, height, rgb, label: canvas.getAttribute('aria-label')};
  });

async function visit(browser, url, seen) {
  const page = await browser.newPage();
  await page.setViewport({width: Number(args.width), height: 900});
  if (args.dark) await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: 'dark'}]);
  page.on('pageerror', error => seen.problems.push(error.message));
  page.on('request', request => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(url))
      seen.foreign.push(request.url());
  });
  await page.goto(url);
  await words(page, /Ready|can't/);
  return page;
}

/** Chooses the pictures by the file input, which keyboards and screen readers use. */
async function choose(page) {
  await page.select('#side', '0');
  const input = await page.$('#files');
  await input.uploadFile(...pictures);
  return words(page, /frames per second|failed|can't/);
}

async function look(browser, url, backend, seen) {
  const page = await visit(browser, url, seen);
  if ((await page.$eval('#backend', ({value}) => value)) !== backend) {
    await page.select('#backend', backend);
    await words(page, /Ready|can't|failed/);
  }
  const status = await choose(page);
  const frame = await shown(page);
  if (args.screenshot) await page.screenshot({path: args.screenshot, fullPage: true});
  // One step to the right by keyboard.
  await page.focus('#t');
  const before = await page.$eval('#t', ({value}) => value);
  await page.keyboard.press('ArrowRight');
  const after = await page.$eval('#t', ({value}) => value);
  await page.close();
  return {...frame, status, slider: [before, after]};
}

const {server, url} = await serve();
const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: ARGUMENTS,
  headless: 'shell',
  protocolTimeout: LIMIT_MS,
});
const seen = {problems: [], foreign: [], backends: {}};
try {
  for (const backend of args.backend.split(','))
    seen.backends[backend] = await look(browser, url, backend, seen);
} finally {
  await browser.close();
  server.close();
}
if (args.out) await writeFile(args.out, JSON.stringify(seen));
for (const [backend, {status, width, height}] of Object.entries(seen.backends))
  console.log(`${backend}: ${width} x ${height}; ${status}`);
for (const problem of [...seen.problems, ...seen.foreign]) console.log(`wrong: ${problem}`);
process.exit(seen.problems.length + seen.foreign.length > 0 ? 1 : 0);
