/** While the packages are not on npm, no page may suggest npm without the way that works. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {installCommands, isOwnPackage, ON_NPM} from '@rife-train/errors';

const ROOT = join(__dirname, '../..');

/** All pages for readers, by path. */
const pages = ['README.md', 'CONTRIBUTING.md', 'docs', 'packages', 'examples'].flatMap(place =>
  place.endsWith('.md')
    ? [place]
    : readdirSync(join(ROOT, place), {recursive: true, encoding: 'utf8'})
        .filter(path => /\.md(\.tmpl)?$/.test(path) && !path.includes('node_modules'))
        .map(path => `${place}/${path}`),
);

test('pages about installing from npm name the tarballs, until the packages are there', () => {
  expect(pages.length).toBeGreaterThan(30);
  const sends = (text: string) =>
    /npm (install|i|create) (-\S+ )*(@rife-train\/|rife-train\b(?!-plugin-))/.test(text);
  const wrong = pages.filter(page => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return sends(text) && !/tarballs/.test(text);
  });
  expect(ON_NPM ? [] : wrong).toEqual([]);
  expect(pages.some(page => sends(readFileSync(join(ROOT, page), 'utf8')))).toBe(true);
});

test('what is printed names the clone that it runs in', () => {
  expect(installCommands(['rife-train'])).toEqual([
    `npm run tarballs --prefix ${ROOT}`,
    `npm install ${ROOT}/tarballs/*.tgz`,
  ]);
  expect(installCommands([], {keepsManifest: true})[1]).toBe(`npm install --no-save ${ROOT}/tarballs/*.tgz`);
});

test.each([
  ['rife-train', true],
  ['@rife-train/plugin-recover', true],
  ['rife-train-plugin-nowhere', false],
  ['zod', false],
])('%s is one of ours: %p', (name, own) => expect(isOwnPackage(name)).toBe(own));
