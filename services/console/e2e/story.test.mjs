// The whole story of a new organisation, in one browser, against a running `signalbox dev`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe } from 'node:test';
import { startAttacker } from './attacker.mjs';
import { look, openBrowser, plugIn } from './browser.mjs';
import { BASE, linkIn, readMail, startTarget, tenantUrl } from './server.mjs';
import { stepsOf } from './steps.mjs';

const RUN = Date.now().toString(36);
const ORGANISATION = `Story ${RUN}`;
const SLUG = `story-${RUN}`;
const EMAIL = `owner-${RUN}@example.com`;
const GUEST = `guest-${RUN}@example.com`;
const PASSWORD = 'tangerine plinth oboe';
const HOME = tenantUrl(SLUG);
/** A name that would run, were it ever taken for markup. */
const HOSTILE = '<img src=x onerror="window.pwned=1">';

let browser;
let page;
let device;
let up;
let down;

const step = stepsOf(() => browser, 'failed');

const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });
const text = (words) => page.getByText(words).first().waitFor();
const row = (name) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

async function signIn() {
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button('Sign in').click();
}

/** Another browser and a program of the same person: this page keeps its own cookie. */
async function signInElsewhere() {
  const statuses = await page.evaluate(
    async (body) => {
      const signIn = async (path) => {
        const headers = { 'content-type': 'application/json' };
        const sent = { method: 'POST', credentials: 'omit', headers, body };
        return (await fetch(`/api/v1/auth/${path}`, sent)).status;
      };
      return [await signIn('session'), await signIn('token')];
    },
    JSON.stringify({ email: EMAIL, password: PASSWORD }),
  );
  assert.deepEqual(statuses, [200, 200]);
}

/** Who is signed in, and all they have. */
const standing = () =>
  page.evaluate(async () => {
    const read = async (path) => (await fetch(`/api/v1/${path}`)).json();
    const { items } = await read('endpoints');
    return { user: (await read('me')).user, endpoints: items.map(({ url }) => url) };
  });

const staleOnce = () => (route) =>
  route.fulfill({
    status: 403,
    contentType: 'application/problem+json',
    body: JSON.stringify({ status: 403, code: 'reauthentication_required', detail: 'Prove it.' }),
  });

async function openAddDialog(address) {
  await page.keyboard.press('c');
  await page.getByRole('dialog').getByLabel('Address').fill(address);
}

/** Adds an endpoint through the dialog; "Try it now" has to find it `trial` before. */
async function addEndpoint(address, name, trial, { looked = true } = {}) {
  await openAddDialog(address);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Try it now' }).click();
  await dialog.locator(`[data-state="${trial}"]`).waitFor();
  await dialog.getByLabel('Name').fill(name);
  if (looked) await look(page, `add-${trial}`);
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function chooseInMenu(name, item) {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

describe('a new organisation', { timeout: 600_000 }, () => {
  before(async () => {
    [browser, up, down] = await Promise.all([openBrowser(), startTarget(200), startTarget(500)]);
    page = browser.page;
  });
  after(async () => {
    up?.close();
    down?.close();
    await browser?.close();
  });

  step('finds the front page', async () => {
    await page.goto(BASE.href);
    await heading(/Know what answers/);
    await look(page, 'landing');
  });

  step('sees its address while typing, and what the API refuses at the right field', async () => {
    await page.getByRole('link', { name: 'Create a workspace' }).click();
    await page.getByLabel('Organisation').fill(ORGANISATION);
    await page.getByText(`${SLUG}.${BASE.host}`, { exact: true }).waitFor();

    await page.getByLabel('Your e-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
    await page.getByLabel('Password again').fill('passwordpassword');
    await button('Create workspace').click();
    await text(/Add another word or two/);

    await button('Choose another').click();
    await page.getByLabel('Address').fill('api');
    await text('This word is reserved');
    await look(page, 'register');
    await button('Make it from the name').click();
  });

  step('registers, and is sent to its own host', async () => {
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Password again').fill(PASSWORD);
    await page.getByText('Strong').waitFor();
    await button('Create workspace').click();
    await page.waitForURL(`${HOME}/check-inbox?**`);
    await text(EMAIL);
    await look(page, 'check-inbox');
  });

  step(
    'cannot sign in before the address is verified, and can have the link sent again',
    async () => {
      await page.goto(`${HOME}/login`);
      await heading(`Sign in to ${ORGANISATION}`);
      await signIn();
      await text('Your address is not verified yet');
      await look(page, 'login-unverified');
      const first = await readMail(EMAIL);
      await button('Send again').click();
      await text(/Sent, if/);
      await readMail(EMAIL, (mail) => mail.id !== first.id && mail.text.includes('#token='));

      await page.goto(linkIn(first, '/verify-email'));
      await heading('This link no longer works');
      await look(page, 'verify-superseded');
    },
  );

  step(
    'verifies once; the token leaves the address bar and the good news survives a reload',
    async () => {
      const mail = await readMail(EMAIL, ({ text: body }) => body.includes('#token='));
      await page.goto(linkIn(mail, '/verify-email'));
      await page.waitForURL(`${HOME}/login?verified=1`);
      await page.reload();
      await text('Your address is verified');
      await look(page, 'login-verified');
    },
  );

  step('gets one neutral answer to a wrong password', async () => {
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await button('Sign in').click();
    await text('E-mail and password do not belong together');
    // Whoever was wrong waits a second.
    await button('Sign in').waitFor();
  });

  step('comes back from signing in to the deep link it followed', async () => {
    await page.goto(`${HOME}/endpoints?state=down&sort=-name`);
    await page.waitForURL(/\/login\?next=/);
    await signIn();
    await page.waitForURL(`${HOME}/endpoints?state=down&sort=-name`);
    await text('Nothing matches');
    await look(page, 'endpoints-nothing-matches');
  });

  step('is told what to do first', async () => {
    await page.goto(`${HOME}/dashboard`);
    await page.waitForURL(`${HOME}/`);
    await heading('Nothing is watched yet');
    await text('Getting started');
    await page.getByText('Live', { exact: true }).waitFor();
    await look(page, 'overview-empty');
  });

  step('adds one that answers and one that does not, and sees both states arrive', async () => {
    await page.evaluate(() => {
      window.neverReloaded = true;
    });
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await heading('Endpoints');
    await addEndpoint(up.url, HOSTILE, 'up');
    await addEndpoint(down.url, 'Broken shop', 'down');

    await row(HOSTILE).locator('[data-state="up"]').waitFor({ timeout: 60_000 });
    await row('Broken shop').locator('[data-state="down"]').waitFor({ timeout: 60_000 });
    assert.equal(await page.evaluate(() => window.neverReloaded), true, 'the page was reloaded');
    assert.equal(await page.evaluate(() => window.pwned), undefined, 'a name ran as markup');
    await look(page, 'endpoints');
  });

  step('reads the state of everything in one sentence', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await heading('1 of 2 endpoints is down');
    await text('Needs attention');
    await look(page, 'overview');
  });

  step('opens an endpoint by keyboard alone', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await heading('Endpoints');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await heading(HOSTILE);
    await text('Response times');
    await button('Check now').click();
    await text(/answered in/);
    await page
      .getByRole('button', { name: /^Phases of the check/ })
      .first()
      .click();
    await text('First byte');
    await look(page, 'detail');
    await button('Show as table').click();
    await page.getByRole('region', { name: 'Response times as a table' }).waitFor();
    await look(page, 'detail-table');
  });

  step('finds things in the palette and the keys in the help', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'A page, an endpoint or an action' }).fill('broken');
    await page.getByRole('option', { name: /Broken shop/ }).waitFor();
    await look(page, 'palette');
    await page.keyboard.press('Enter');
    await heading('Broken shop');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await look(page, 'keys');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  step('keeps the appearance it chose', async () => {
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByText('Dark', { exact: true }).click();
    await look(page, 'account');
    await page.keyboard.press('Escape');
    await page.reload();
    await heading('Broken shop');
    assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark');
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByText('Auto', { exact: true }).click();
    await page.keyboard.press('Escape');
  });

  step('is led to the endpoint that watches an address already', async () => {
    await openAddDialog(up.url);
    await page.getByRole('dialog').getByRole('button', { name: 'Add endpoint' }).click();
    await text('This address is watched already');
    await page.getByRole('link', { name: 'Open the existing one' }).click();
    await heading(HOSTILE);
  });

  step('changes an endpoint, and is stopped from overwriting somebody else', async () => {
    await button('Edit').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Shop');
    await page.evaluate(async () => {
      const path = `/api/v1${location.pathname}`;
      const token = document.cookie.match(/csrf=([^;]*)/)[1];
      await fetch(path, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'x-csrf-token': token },
        body: JSON.stringify({ name: 'Renamed meanwhile' }),
      });
    });
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await text('Someone else changed this endpoint');
    await dialog.getByRole('button', { name: 'Reload' }).click();
    await dialog.locator('input[value="Renamed meanwhile"]').waitFor();
    await dialog.getByLabel('Name').fill('Shop');
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await heading('Shop');
  });

  step('pauses, removes and takes the removal back', async () => {
    await page.goto(`${HOME}/endpoints`);
    await chooseInMenu('Shop', 'Pause');
    await row('Shop').locator('[data-state="paused"]').waitFor();
    await chooseInMenu('Shop', 'Resume');
    await row('Shop').locator('[data-state="up"]').waitFor({ timeout: 60_000 });

    await chooseInMenu('Broken shop', 'Delete');
    await row('Broken shop').waitFor({ state: 'detached' });
    await button('Undo').click();
    await row('Broken shop').waitFor();
  });

  step('meets the limit of its plan in words', async () => {
    await addEndpoint(`${up.url}/third`, 'Third', 'up', { looked: false });
    await openAddDialog(`${up.url}/fourth`);
    await page.getByRole('dialog').getByRole('button', { name: 'Add endpoint' }).click();
    await text('Your 3-endpoint limit reached. Please upgrade to Pro.');
    await look(page, 'plan-limit');
    await page.keyboard.press('Escape');
    await text('3 of 3 of your plan');
  });

  step('invites somebody, and sees who belongs and what each role can do', async () => {
    await page.goto(`${HOME}/settings`);
    await page.waitForURL(`${HOME}/settings/members`);
    await heading('Members');
    await page.getByRole('table', { name: 'Roles and what they can do' }).waitFor();
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.getByLabel('E-mail').fill(GUEST);
    await look(page, 'invite');
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByRole('button', { name: `Take back from ${GUEST}` }).waitFor();
    await look(page, 'members');
    await page.goto(linkIn(await readMail(GUEST), '/invitation'));
    await heading(`Join ${ORGANISATION}`);
    assert.equal(new URL(page.url()).hash, '', 'the token left the address bar');
    await look(page, 'invitation');
  });

  step(
    'finds what it did in the audit log, field by field, and that the log is whole',
    async () => {
      await page.goto(`${HOME}/settings/audit`);
      await heading('Audit log');
      await look(page, 'audit');
      await page.getByLabel('Find in names, values, ids and addresses').fill('Renamed meanwhile');
      await page.waitForURL(/q=Renamed/);
      const changed = page.getByRole('button', { name: 'Endpoint changed' });
      await changed.first().click();
      const drawer = page.getByRole('dialog', { name: 'Endpoint changed' });
      await drawer.getByRole('table', { name: 'What changed' }).waitFor();
      await look(page, 'audit-entry');
      await drawer.getByRole('link', { name: 'Everything about this endpoint' }).click();
      await page.waitForURL(/target=/);
      await page.getByRole('button', { name: 'Endpoint created' }).waitFor();

      await page.getByLabel('Find in names, values, ids and addresses').fill('nobody did this');
      await text('Nothing matches');
      await look(page, 'audit-nothing');
      await button('Show all of the log').click();
      await page.getByRole('button', { name: 'Organization registered' }).waitFor();

      await button('Verify the log').click();
      await text(/^Whole: \d+ rows/);
      await look(page, 'audit-whole');
      const download = page.waitForEvent('download');
      await button('Export').click();
      await page.getByRole('menuitem', { name: /CSV/ }).click();
      const name = (await download).suggestedFilename();
      assert.match(name, /^audit-story-.*\.csv$/);
    },
  );

  step('gets a page, not a blank, for what is not there', async () => {
    await page.goto(`${HOME}/endpoints/01900000-0000-7000-8000-000000000000`);
    await text('No such endpoint');
    await look(page, 'endpoint-missing');
    await page.goto(`${HOME}/nowhere`);
    await heading('Nothing here');
    await look(page, 'not-found');
  });

  step('sees where it is signed in, and ends another one after proving again', async () => {
    await page.goto(HOME);
    await signInElsewhere();
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('link', { name: 'Your account' }).click();
    await heading('Sessions');
    await text('This one');
    await text('A program');
    await look(page, 'sessions');
    // As ten minutes after signing in: the first answer is the server's own for an old proof.
    await page.route('**/api/v1/auth/sessions?except=current', staleOnce(), { times: 1 });
    await button('End all others').click();
    const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByLabel('Your password', { exact: true }).fill('not the password');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await text('This is not your password.');
    await look(page, 'prove-again');
    await dialog.getByLabel('Your password', { exact: true }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await text(/sessions? ended/);
    await dialog.waitFor({ state: 'detached' });
    await button('End all others').waitFor({ state: 'detached' });
    await page.reload();
    await heading('Sessions');
  });

  step('sees how its account was tried, and whoever reads the logs how any was', async () => {
    await page.goto(`${HOME}/account/sign-ins`);
    await heading('Sign-ins');
    await text('Wrong password');
    await text(/this session/);
    await look(page, 'sign-ins');
    await page.goto(`${HOME}/settings/auth-log?outcome=refused`);
    await heading('Sign-ins');
    await text('Wrong password');
    await look(page, 'auth-log');
    await page.getByLabel('Find in people, devices and addresses').fill('nobody like this');
    await text('Nothing matches');
    await look(page, 'auth-log-nothing');
  });

  step(
    'takes a copy of what is kept of it, and cannot leave the house without an owner',
    async () => {
      await page.goto(`${HOME}/account/data`);
      await heading('Your data');
      await look(page, 'own-data');
      const download = page.waitForEvent('download');
      await button('Download your data').click();
      const copy = JSON.parse(await readFile(await (await download).path(), 'utf8'));
      assert.ok(JSON.stringify(copy).includes(EMAIL), 'the copy says whose it is');
      await button('Delete your account').click();
      await page.getByLabel(`Type ${EMAIL} to go on`).fill(EMAIL);
      await button('Delete for good').click();
      await text(/You are the last owner/);
      await look(page, 'own-data-last-owner');
      await button('Cancel').click();
      await page.goto(`${HOME}/ownership`);
      await text('There is no offer for you');
      await look(page, 'ownership-none');
    },
  );

  step('is not written to by pages of other hosts, its neighbours included', async () => {
    const before = await standing();
    const attacker = await startAttacker({ home: HOME, target: 'http://planted.example/' });
    const visitor = await page.context().newPage();
    const attacks = [];
    visitor.on('request', (request) => {
      const write = request.method() === 'POST' && request.url().startsWith(`${HOME}/api/`);
      if (write) attacks.push(request);
    });
    // Same-site with this organisation, as a neighbour's host is; and two hosts that are not.
    for (const host of [`evil.${new URL(HOME).hostname}`, 'evil.localhost', '127.0.0.1']) {
      attacks.length = 0;
      await visitor.goto(attacker.url(host));
      await visitor.evaluate(() => window.finished);
      assert.equal(attacks.length, 8, `writes from ${host}`);
      for (const attack of attacks) {
        const answer = await attack.response();
        assert.ok(!answer || answer.status() >= 400, `${attack.url()} from ${host}`);
      }
    }
    await visitor.close();
    attacker.close();
    // Nothing was added, nobody was signed out or in as somebody else, and what was planted is in nobody's way.
    assert.deepEqual(await standing(), before);
    await page.goto(`${HOME}/endpoints`);
    await chooseInMenu('Shop', 'Pause');
    await row('Shop').locator('[data-state="paused"]').waitFor();
    // Over https ours have names that no parent domain can plant; over http they would shadow the next sign-in's.
    await page.context().clearCookies({ domain: `.${new URL(HOME).hostname}` });
  });

  step('makes a key for a program, and ends it', async () => {
    await page.goto(`${HOME}/settings/keys`);
    await heading('API keys');
    await look(page, 'keys-none');
    await button('Make a key').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Nightly report');
    await look(page, 'key-new');
    await dialog.getByRole('button', { name: 'Make key' }).click();
    await dialog.getByText(/^sbk_/).waitFor();
    await look(page, 'key-made');
    await dialog.getByRole('button', { name: 'It is kept' }).click();
    await page.getByText('Nightly report').first().waitFor();
    await look(page, 'keys');
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
    await page
      .getByRole('button', { name: 'Revoke Nightly report' })
      .waitFor({ state: 'detached' });
  });

  step('is told why Discord sent it back', async () => {
    await page.goto(`${HOME}/discord#error=denied`);
    await text('You did not agree at Discord.');
    assert.equal(new URL(page.url()).hash, '', 'the reason left the address bar');
    await look(page, 'discord-refused');
  });

  step('adds a passkey, and calls it something else', async () => {
    device = await plugIn(page);
    await page.goto(`${HOME}/account/security`);
    await heading('Security');
    await look(page, 'security');
    await button('Add a passkey').click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByLabel('Name').fill('Laptop');
    await look(page, 'passkey-new');
    await dialog.getByRole('button', { name: 'Make the passkey' }).click();
    await page.getByRole('button', { name: 'Rename Laptop' }).click();
    const rename = page.getByRole('dialog', { name: 'Rename the passkey' });
    await rename.getByLabel('Name').fill('Work laptop');
    await rename.getByRole('button', { name: 'Rename' }).click();
    await rename.waitFor({ state: 'detached' });
    await text('Work laptop');
    await text(/never used/);
    await look(page, 'security-passkey');
  });

  step('signs in by it without a password', async () => {
    await device.somebodyThere(false);
    await page.getByRole('button', { name: /^Your account/ }).click();
    await button('Sign out').click();
    await page.waitForURL(`${HOME}/login`);
    await button('Sign in with a passkey').waitFor();
    await look(page, 'login-passkey');
    await device.somebodyThere(true);
    await button('Sign in with a passkey').click();
    await page.waitForURL(`${HOME}/`);
  });

  step('proves again by it, and removes it', async () => {
    await page.goto(`${HOME}/account/security`);
    await page.getByRole('button', { name: 'Remove Work laptop' }).click();
    await page.route('**/api/v1/me/passkeys/*', staleOnce(), { times: 1 });
    const sure = page.getByRole('dialog', { name: 'Remove the passkey?' });
    await sure.getByRole('button', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('button', { name: 'Use your password instead' }).waitFor();
    await look(page, 'prove-again-passkey');
    await dialog.getByRole('button', { name: 'Use a passkey' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove Work laptop' }).waitFor({ state: 'detached' });
    await device.unplug();
  });

  step('signs out, and is out', async () => {
    await page.goto(HOME);
    await page.getByRole('button', { name: /^Your account/ }).click();
    await button('Sign out').click();
    await page.waitForURL(`${HOME}/login`);
    await page.goto(HOME);
    await page.waitForURL(`${HOME}/login`);
  });

  step('finds its workspace again by e-mail', async () => {
    await page.goto(new URL('/login', BASE).href);
    await page.getByLabel('E-mail').fill(EMAIL);
    await button('Send me the list').click();
    await text('Look in your inbox');
    await look(page, 'find-workspace');
    await readMail(EMAIL, (mail) => mail.text.includes(HOME) && !mail.text.includes('#token='));
  });
});
