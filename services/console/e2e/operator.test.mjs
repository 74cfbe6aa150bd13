// What an operator does in a day, in one browser, against a running `signalbox dev`.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { look, openBrowser, shoot } from './browser.mjs';
import { linkIn, readMail, tenantUrl } from './server.mjs';
import { stepsOf } from './steps.mjs';
import { codeOf, OFFICE, signalbox } from './terminal.mjs';

const RUN = Date.now().toString(36);
const EMAIL = `ada-${RUN}@example.com`;
const PASSWORD = 'tangerine plinth oboe';
const SLUGS = ['one', 'two', 'three'].map((name) => `desk-${RUN}-${name}`);
const [ONE, TWO, THREE] = SLUGS;
const REASON = 'Three unpaid invoices';

let browser;
let page;
let secret;

const step = stepsOf(() => browser, 'operator-failed');

const at = (path) => new URL(path, OFFICE).href;
const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });
const text = (words) => page.getByText(words).first().waitFor();
const dialog = () => page.getByRole('dialog');
const inDialog = (name) => dialog().getByRole('button', { name, exact: true });
const row = (name) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

async function signIn(email, code) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Code').fill(code);
  await button('Sign in').click();
}

/** What an organisation's own host says. The browser knows where `acme.localhost` is; Node does not. */
async function stateOf(slug) {
  const tab = await page.context().newPage();
  const answer = await tab.goto(`${tenantUrl(slug)}/api/v1/organization`);
  const { state } = await answer.json();
  await tab.close();
  return state;
}

/** In a tab of its own, on the organisation's host. */
async function signInAsOwner(tab) {
  await tab.goto(`${tenantUrl(ONE)}/login`);
  await tab.getByLabel('E-mail').fill(`${ONE}@example.com`);
  await tab.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
  await tab.waitForURL(`${tenantUrl(ONE)}/`);
}

async function find(words) {
  await page.goto(at('/tenants'));
  await page.getByLabel('Find by slug or name').fill(words);
}

describe('an operator', { timeout: 600_000 }, () => {
  before(async () => {
    browser = await openBrowser();
    page = browser.page;
  });
  after(async () => {
    await browser?.close();
  });

  step('is made at the terminal, beside three organisations', async () => {
    const made = await signalbox(
      `operator create --email ${EMAIL} --name Ada --role administrator --password-stdin`.split(
        ' ',
      ),
      `${PASSWORD}\n`,
    );
    secret = made.totp_secret;
    for (const slug of SLUGS) {
      const owner = `tenant create --name ${slug} --slug ${slug} --email ${slug}@example.com`;
      await signalbox([...owner.split(' '), '--password-stdin'], `${PASSWORD}\n`);
    }
  });

  step('is asked to sign in, and back to where they were going', async () => {
    await page.goto(at('/audit?q=suspended'));
    await heading('Sign in');
    await signIn(EMAIL, 'no code');
    await text('Enter the six digits of your app');
    await signIn(EMAIL, '000000');
    await text('That did not work');
    await look(page, 'operator-sign-in');
    await signIn(EMAIL, codeOf(secret));
    await heading('Audit');
    assert.equal(new URL(page.url()).search, '?q=suspended');
  });

  step('sees how the platform stands', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await heading('Overview');
    await text('By schema version');
    await look(page, 'operator-overview');
  });

  step('finds an organisation, and looks at it', async () => {
    await page.goto(at('/tenants'));
    await page.getByRole('link', { name: ONE, exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(`${RUN}-one`);
    await row(TWO).waitFor({ state: 'detached' });
    await row(ONE).getByRole('link').click();
    await heading(ONE);
    await page.getByRole('list', { name: 'Timeline' }).getByText('Made').waitFor();
    await look(page, 'operator-tenant');
  });

  step('suspends it with a reason, and finds that in timeline and audit', async () => {
    await button('Suspend').click();
    await inDialog('Suspend').click();
    await text('Say why: it stands in the audit log');
    await dialog().getByLabel('Reason').fill(REASON);
    await look(page, 'operator-suspend');
    await inDialog('Suspend').click();
    await dialog().waitFor({ state: 'detached' });
    const timeline = page.getByRole('list', { name: 'Timeline' });
    await timeline.getByText(REASON).waitFor();
    await timeline.getByText(EMAIL).waitFor();
    await look(page, 'operator-suspended');

    assert.equal(await stateOf(ONE), 'suspended');

    await page.getByRole('link', { name: 'In the audit log' }).click();
    await heading('Audit');
    await page.getByRole('list', { name: 'Acts' }).getByText(REASON).waitFor();
    await look(page, 'operator-audit');
    await page.getByLabel('Find by action').fill('no such thing');
    await text('Nothing matches');
    await look(page, 'operator-audit-empty');
    await page.goBack();
  });

  step('resumes it', async () => {
    await find(ONE);
    await row(ONE).getByRole('link').click();
    await button('Resume').click();
    await inDialog('Resume').click();
    await button('Suspend').waitFor();
    assert.equal(await stateOf(ONE), 'active');
  });

  step('gives it a domain, another plan and another name', async () => {
    await button('Add a domain').click();
    await dialog().getByLabel('Domain').fill('localhost');
    await inDialog('Add domain').click();
    await text(/cannot be taken/);
    await dialog().getByLabel('Domain').fill(`status-${RUN}.example.com`);
    await inDialog('Add domain').click();
    await dialog()
      .getByText(/_signalbox\.status/)
      .waitFor();
    await look(page, 'operator-domain');
    await inDialog('Done').click();

    await button('Change plan').click();
    await dialog().getByRole('combobox', { name: 'Plan' }).click();
    await page.getByRole('option', { name: 'business' }).click();
    await dialog().getByLabel('Endpoints').fill('500');
    await inDialog('Change plan').click();
    await page.getByRole('definition').filter({ hasText: 'business' }).waitFor();

    await button('Rename').click();
    await dialog().getByLabel('Slug').fill(TWO);
    await inDialog('Rename').click();
    await dialog()
      .getByText(/somebody has it/)
      .waitFor();
    await dialog().getByLabel('Slug').fill(ONE);
    await dialog().getByLabel('Name').fill('One & Only');
    await look(page, 'operator-rename');
    await inDialog('Rename').click();
    await heading('One & Only');
    await look(page, 'operator-tenant-changed');
  });

  step('looks inside once the organisation allows it, and changes nothing there', async () => {
    await text(/^The organisation does not allow it/);
    assert.ok(await button('Look inside').isDisabled());

    const theirs = await page.context().newPage();
    await theirs.goto(linkIn(await readMail(`${ONE}@example.com`), '/verify-email'));
    await theirs.waitForURL(/\/login/);
    await signInAsOwner(theirs);
    await theirs.goto(`${tenantUrl(ONE)}/settings/support`);
    await theirs.getByRole('button', { name: 'Allow for 24 hours' }).click();
    await theirs.getByText(/^Allowed until/).waitFor();
    await theirs.getByRole('button', { name: 'Dismiss' }).click();
    await look(theirs, 'settings-support');

    await page.reload();
    await button('Look inside').click();
    await inDialog('Ask for a link').click();
    await text('Say why: it stands in the audit log');
    await dialog().getByLabel('Reason').fill('Checks of one endpoint are late');
    await dialog().getByLabel('Ticket').fill('HELP-7');
    await look(page, 'operator-look');
    await inDialog('Ask for a link').click();
    const link = dialog().getByRole('link', { name: /^Open / });
    const href = await link.getAttribute('href');
    await shoot(page, 'operator-look-link');
    const opening = page.context().waitForEvent('page');
    await link.click();
    const inside = await opening;
    const strip = inside.getByRole('region', { name: 'Support access' });
    await strip.getByText('Checks of one endpoint are late (HELP-7)').waitFor();
    await look(inside, 'support-looks');
    const refused = await inside.evaluate(async () => {
      const [, token] = /csrf=([^;]*)/.exec(document.cookie);
      const answer = await fetch('/api/v1/endpoints', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': token },
        body: JSON.stringify({ name: 'Theirs', url: 'https://example.com' }),
      });
      return (await answer.json()).code;
    });
    assert.equal(refused, 'support_read_only');
    await strip.getByRole('button', { name: 'End the look' }).click();
    await inside.getByRole('heading', { name: 'This look is over' }).waitFor();
    await look(inside, 'support-over');
    await inside.goto(href);
    await inside.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await inside.goto(tenantUrl(ONE));
    await inside.waitForURL(/\/login/);
    await inside.close();
    await theirs.close();

    await page.reload();
    const timeline = page.getByRole('list', { name: 'Timeline' });
    await timeline.getByText('Look inside ended').waitFor();
    await look(page, 'operator-tenant-looked');
  });

  step('begins the recovery of an owner, who reads of it and stops it', async () => {
    await button('Recover the owner').click();
    await dialog().getByLabel('new address').fill(`new-${RUN}@example.com`);
    await dialog().getByLabel('What was shown as proof').fill('Register extract, and a call back');
    await dialog().getByLabel('Reason').fill('HELP-412');
    await inDialog('Recover the owner').click();
    await text(`Type: ${ONE}`);
    await dialog().getByLabel('Confirm').fill(ONE);
    await look(page, 'operator-recover');
    await inDialog('Recover the owner').click();
    await text(/^Every member was told\. The link leaves for n•••@example\.com/);
    const timeline = page.getByRole('list', { name: 'Timeline' });
    await timeline.getByText('Recovery of the owner began').waitFor();
    await look(page, 'operator-recovery');
    await readMail(`${ONE}@example.com`, ({ subject }) => subject.includes('another way in'));

    const theirs = await page.context().newPage();
    await signInAsOwner(theirs);
    await theirs.getByText('n•••@example.com').waitFor();
    await look(theirs, 'recovery-waits');
    await theirs.getByRole('button', { name: 'Stop it' }).click();
    await theirs.getByText(/^Stopped: /).waitFor();
    await theirs.getByText('n•••@example.com').waitFor({ state: 'detached' });
    await theirs.goto(`${tenantUrl(ONE)}/recovery#token=${'A'.repeat(43)}`);
    await theirs.getByLabel('New password', { exact: true }).fill('marmalade gantry flute');
    await theirs.getByLabel('New password again').fill('marmalade gantry flute');
    await look(theirs, 'recovery-link');
    await theirs.getByRole('button', { name: 'Take my account back' }).click();
    await theirs.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await look(theirs, 'recovery-dead');
    await theirs.close();

    await page.reload();
    await timeline.getByText('Recovery of the owner stopped').waitFor();
    await text(/^For an only owner/);
  });

  step('makes two read only at once', async () => {
    await find(`desk-${RUN}`);
    await row(THREE).waitFor();
    for (const slug of [TWO, THREE]) await page.getByLabel(`Select ${slug}`).check();
    await text('2 organisations selected');
    await look(page, 'operator-list');
    await button('Make read only…').click();
    await dialog().getByLabel('Reason').fill('Moving house');
    await look(page, 'operator-bulk');
    await inDialog('Make read only').click();
    await dialog().getByText('2 organisations made read only.').waitFor();
    await look(page, 'operator-bulk-done');
    await inDialog('Done').click();
    for (const slug of [TWO, THREE]) await row(slug).getByText('Read only').waitFor();
  });

  step('deletes one for its slug typed again, and takes it back', async () => {
    await row(THREE).getByRole('link').click();
    await heading(THREE);
    await button('Delete').click();
    await dialog().getByLabel('Reason').fill('Asked for by its owner');
    await dialog().getByLabel('Confirm').fill(TWO);
    await inDialog('Delete').click();
    await dialog().getByText(`Type: ${THREE}`, { exact: true }).waitFor();
    await dialog().getByLabel('Confirm').fill(THREE);
    await look(page, 'operator-delete');
    await inDialog('Delete').click();
    await text(/All of its data is dropped on/);
    await look(page, 'operator-deleting');
    await button('Undo').click();
    await button('Resume').waitFor();
  });

  step('finds nothing where nothing is', async () => {
    await find('no such organisation');
    await text('Nothing matches');
    await look(page, 'operator-list-empty');
    await page.goto(at('/tenants/01900000-0000-7000-8000-000000000000'));
    await text('No such organisation');
    await look(page, 'operator-tenant-missing');
    await page.goto(at('/nowhere'));
    await heading('Nothing here');
  });

  step('adds another operator, who gets a code for their app once', async () => {
    await page.goto(at('/operators'));
    await button('Add operator').click();
    await dialog().getByLabel('Name').fill('Grace');
    await dialog().getByLabel('E-mail').fill(EMAIL);
    await dialog().getByLabel('First password').fill(PASSWORD);
    await inDialog('Add operator').click();
    await text('There is an operator with this address already.');
    await dialog().getByLabel('E-mail').fill(`grace-${RUN}@example.com`);
    await look(page, 'operator-add');
    await inDialog('Add operator').click();
    await dialog()
      .getByRole('img', { name: /authenticator app of grace/ })
      .waitFor();
    await look(page, 'operator-enrolled');
    await inDialog('It is in the app').click();
    await text(`grace-${RUN}@example.com`);
    await look(page, 'operator-operators');

    const menu = page
      .getByRole('listitem')
      .filter({ hasText: `grace-${RUN}` })
      .getByRole('button', { name: 'Actions for Grace' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await inDialog('Disable').click();
    await page.getByText('switched off', { exact: true }).waitFor();
    await menu.click();
    await page.getByRole('menuitem', { name: 'Enable' }).click();
    await page.getByText('switched off', { exact: true }).waitFor({ state: 'detached' });
  });

  step('blocks a network, finds which one decides for an address, and takes it back', async () => {
    await page.goto(at('/networks'));
    await text('No network is trusted or blocked');
    await look(page, 'operator-networks-empty');
    await button('Add network').click();
    await dialog().getByLabel('Network').fill('127.0.0.0/8');
    await inDialog('Block').click();
    await text('Say why: it stands in the audit log');
    await dialog().getByLabel('Reason').fill('Scans us since Monday');
    await inDialog('Block').click();
    await text('127.0.0.0/8 holds addresses of this machine itself');
    await dialog().getByLabel('Network').fill('203.0.113.99/24');
    await look(page, 'operator-network-add');
    await inDialog('Block').click();
    await text('203.0.113.0/24 is blocked');
    await signalbox(['network', 'trust', '203.0.113.7', '--reason', 'Our office']);
    await page.getByLabel('Find by address, network, reason or author').fill('203.0.113.7');
    await page.getByText('decides', { exact: true }).waitFor();
    await look(page, 'operator-networks');

    await button('Actions for 203.0.113.0/24').click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await text('the next wider network that holds it decides');
    await look(page, 'operator-network-remove');
    await inDialog('Remove').click();
    await page.getByText('203.0.113.0/24', { exact: true }).waitFor({ state: 'detached' });
    await signalbox(['network', 'remove', '203.0.113.7']);
  });

  step('sees their own sessions, makes and revokes a token, and signs out', async () => {
    await page.goto(at('/account'));
    await text('this session');
    await page.getByLabel('Present password').fill('not this one');
    await page.getByLabel('New password', { exact: true }).fill('velvet anchor quince');
    await page.getByLabel('New password again').fill('velvet anchor quince');
    await button('Change password').click();
    await text('This is not your present password.');
    await look(page, 'operator-account');

    await button('Make a token').click();
    await dialog().getByLabel('Name').fill('Nightly report');
    await dialog().getByLabel('Your password').fill(PASSWORD);
    await dialog().getByLabel('Code').fill('000000');
    await inDialog('Make token').click();
    await text('That was not done');
    await look(page, 'operator-token');
    await dialog().getByLabel('Code').fill(codeOf(secret));
    await inDialog('Make token').click();
    await dialog().getByText(/^sbo_/).waitFor();
    await look(page, 'operator-token-made');
    await inDialog('It is kept').click();
    await button('Revoke Nightly report').click();
    await text('No token');
    await page.keyboard.press('Escape');
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
    await heading('Sign in');
    await page.goto(at('/operators'));
    await heading('Sign in');
    await signIn(EMAIL, codeOf(secret, 1));
    await heading('Operators');
  });
});
