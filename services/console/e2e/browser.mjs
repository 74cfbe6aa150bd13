// A fresh Chromium whose pages report everything the policy refuses, and the looks every page has to pass.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDE = { width: 1360, height: 900 };
const NARROW = [
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
];
/** Refusals are part of the story; the browser logs each as an error of its own. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/;

export async function openBrowser() {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-e2e-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    viewport: WIDE,
    colorScheme: 'light',
    // Fades change colours for a moment; what is measured is the page at rest.
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Berlin',
  });
  context.setDefaultTimeout(10_000);

  const faults = [];
  await context.exposeFunction('reportViolation', (text) => faults.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(
        `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
      );
    });
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(message.text());
  });

  return {
    page,
    faults,
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A device that makes and shows passkeys by itself, while somebody is there to unlock it. */
export async function plugIn(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    somebodyThere: (enabled) =>
      session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    async unplug() {
      await session.send('WebAuthn.disable');
      await session.detach();
    },
  };
}

export async function shoot(page, name) {
  const folder = process.env.SIGNALBOX_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Another scheme or width reaches the page through an event, and the screen a frame after that. */
async function settle(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  });
}

async function assertAccessible(page, name) {
  await settle(page);
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
  assert.deepEqual(told, [], `axe on ${name}`);
}

/** The page as it stands: axe in both schemes, pictures, and no sideways scroll at any width. */
export async function look(page, name) {
  await page.mouse.move(0, 0);
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `${name}, ${colorScheme}`);
    await shoot(page, `${name}-${colorScheme}`);
  }
  for (const size of NARROW) {
    await page.setViewportSize(size);
    await settle(page);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(beyond, 0, `${name} scrolls sideways at ${size.width} px`);
    await shoot(page, `${name}-${size.width}`);
  }
  await assertAccessible(page, `${name}, narrow`);
  await page.setViewportSize(WIDE);
}
