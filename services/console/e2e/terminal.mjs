// The operator's terminal beside the browser: the program's own commands, and an authenticator app.
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const OFFICE = new URL(process.env.SIGNALBOX_OPERATOR_URL ?? 'http://localhost:8081');
const PROGRAM = process.env.SIGNALBOX_PROGRAM ?? here('../../../target/debug/signalbox');
const SETTINGS = process.env.SIGNALBOX_SETTINGS ?? here('../../../.dev/operator.env');

/** What `signalbox dev` wrote for commands beside it: NAME='value', a line each. */
async function settings() {
  const text = await readFile(SETTINGS, 'utf8');
  const lines = [...text.matchAll(/^(\w+)='(.*)'$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, value.replaceAll("'\\''", "'")]));
}

/** Runs a command and reads its JSON; `input` is what it finds on its standard input. */
export async function signalbox(args, input) {
  const env = { ...process.env, ...(await settings()) };
  return new Promise((resolve, reject) => {
    const child = execFile(PROGRAM, [...args, '--json'], { env }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`${args.join(' ')}: ${stderr}${stdout}`))
        : resolve(JSON.parse(stdout)),
    );
    child.stdin.end(input);
  });
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

function fromBase32(text) {
  const bits = [...text]
    .map((sign) => ALPHABET.indexOf(sign).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/** The code of RFC 6238 that an app shows, `ahead` steps from now. */
export function codeOf(secret, ahead = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + ahead));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const at = mac[19] & 15;
  const number = mac.readUInt32BE(at) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
