// Prints what a visitor downloads, and fails where a budget is broken. Reads Vite's manifests: build first.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Kilobytes, gzipped. The entry is what every page needs; a chunk is what one page adds by itself. */
const BUDGET = { entry: 165, chunk: 40, dictionary: 260 };
const DICTIONARY = 'src/features/registration/strength.ts';

/** The organisations' console, and the operators'. */
const PAGES = { console: '../dist/', operators: '../dist/operator/' };

const broken = [];

function report(page, dist) {
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist)));
  const measured = new Map();
  const measure = (file) => {
    if (!measured.has(file)) {
      const bytes = readFileSync(new URL(file, dist));
      measured.set(file, {
        raw: bytes.length / 1_024,
        gz: gzipSync(bytes, { level: 9 }).length / 1_024,
        br: brotliCompressSync(bytes).length / 1_024,
      });
    }
    return measured.get(file);
  };

  /** Every file that comes with a chunk: its static imports, and their styles. */
  const closure = (key, files = { js: new Set(), css: new Set() }) => {
    const chunk = manifest[key];
    if (!chunk || files.js.has(chunk.file)) return files;
    files.js.add(chunk.file);
    for (const style of chunk.css ?? []) files.css.add(style);
    for (const parent of chunk.imports ?? []) closure(parent, files);
    return files;
  };

  const sum = (files, unit) => [...files].reduce((total, file) => total + measure(file)[unit], 0);
  const figures = (files) =>
    ['raw', 'gz', 'br'].map((unit) => sum(files, unit).toFixed(1).padStart(8)).join('');

  const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
  const entry = closure(entryKey);
  console.log(`${`${page}, kB`.padEnd(52)}     raw      gz      br`);
  console.log(`${'entry, scripts'.padEnd(52)}${figures(entry.js)}`);
  console.log(`${'entry, styles'.padEnd(52)}${figures(entry.css)}`);
  if (sum(entry.js, 'gz') > BUDGET.entry) broken.push(`${page}: entry is over ${BUDGET.entry} kB`);

  const lazy = Object.keys(manifest)
    .filter((key) => manifest[key].isDynamicEntry)
    .sort();
  for (const key of lazy) {
    const own = measure(manifest[key].file);
    const budget = key === DICTIONARY ? BUDGET.dictionary : BUDGET.chunk;
    const name = key.replace('src/', '').replace('?tsr-split=component', '');
    console.log(`${name.padEnd(52)}${figures([manifest[key].file])}`);
    if (own.gz > budget) broken.push(`${page}: ${name} is over ${budget} kB`);
  }
}

for (const [page, dist] of Object.entries(PAGES)) report(page, new URL(dist, import.meta.url));

for (const line of broken) console.error(`over budget: ${line}`);
console.log(broken.length ? 'size: FAILED' : 'size: within budget');
process.exitCode = broken.length ? 1 : 0;
