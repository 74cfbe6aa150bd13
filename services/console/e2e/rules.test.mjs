// An organisation's rules for signing in, and somebody who has to set up a second factor by them.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { look, openBrowser } from './browser.mjs';
import { peopleAt } from './people.mjs';
import { tenantUrl } from './server.mjs';
import { stepsOf } from './steps.mjs';
import { codeOf } from './terminal.mjs';

const RUN = Date.now().toString(36);
const SLUG = `rules-${RUN}`;
const OWNER = `owner-${RUN}@rules.example`;
const GUEST = `guest-${RUN}@rules.example`;
const HOME = tenantUrl(SLUG);

let browser;
let page;
let people;

const step = stepsOf(() => browser, 'rules-failed');

const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });
const text = (words) => page.getByText(words).first().waitFor();

/** Through the three steps of an authenticator app, up to the recovery codes. */
async function enroll() {
  await text('Or typed by hand:');
  const secret = (await page.locator('form .num').first().textContent()).replaceAll(/\s/g, '');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret));
  await button('Switch codes on').click();
  await text('Shown once');
}

async function saveRules() {
  await button('Review and save').click();
  await button('Change the rules').click();
  await text('The rules for signing in are changed');
}

describe('the rules for signing in', { timeout: 300_000 }, () => {
  before(async () => {
    browser = await openBrowser();
    page = browser.page;
    people = peopleAt(page, SLUG);
  });
  after(() => browser?.close());

  step('an organisation begins without any', async () => {
    await people.register(`Rules ${RUN}`, OWNER);
    await page.goto(`${HOME}/settings/sign-in`);
    await heading('Signing in');
    assert.ok(await page.getByLabel('14 days').isChecked());
    await look(page, 'rules');
  });

  step('refuses networks its author is not in, and takes those they are in', async () => {
    await page.getByLabel('Networks of people').fill('203.0.113.0/24');
    await button('Review and save').click();
    await text(/which is in none of these networks/);
    await look(page, 'rules-refused');
    await page.getByLabel('Networks of people').fill('');
    await button('Add it').click();
    await page.getByLabel('Control room: 15 minutes').check();
    await button('Review and save').click();
    await text('Nobody who is signed in now is affected.');
    await look(page, 'rules-confirm');
    await button('Change the rules').click();
    await text('The rules for signing in are changed');
    await page.reload();
    assert.ok(await page.getByLabel('Control room: 15 minutes').isChecked());
    assert.match(await page.getByLabel('Networks of people').inputValue(), /^[\d.:]+\/\d+$/);
  });

  step('asks for a second factor only what its author has', async () => {
    const ask = page.getByRole('switch', { name: /^Ask everybody for a second factor/ });
    await ask.check({ force: true });
    await button('Review and save').click();
    await text(/Set up a second factor for yourself first/);
    await page.goto(`${HOME}/account/security`);
    await button('Add an authenticator app').click();
    await enroll();
    await button('I have kept them').click();
    await page.goto(`${HOME}/settings/sign-in`);
    await page.getByRole('switch', { name: /^Ask everybody/ }).focus();
    await page.keyboard.press('Space');
    await saveRules();
  });

  step('and whoever has none sets one up before anything else', async () => {
    await people.bring(GUEST);
    await people.signIn(GUEST);
    await heading('Set up a second factor');
    await look(page, 'second-factor-due');
    await button('Set up an authenticator app').click();
    await text('Or typed by hand:');
    await look(page, 'second-factor-setup');
    await enroll();
    await look(page, 'second-factor-recovery');
    await button('I have kept them').click();
    await page.getByRole('navigation', { name: 'Main', exact: true }).waitFor();
  });
});
