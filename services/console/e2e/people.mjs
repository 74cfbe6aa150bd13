// People of an organisation at the console: they register it, join it and sign in.
import { BASE, linkIn, readMail, tenantUrl } from './server.mjs';

const PASSWORD = 'tangerine plinth oboe';

/** How `page` is used by the people of the organisation on `slug`. */
export function peopleAt(page, slug) {
  const home = tenantUrl(slug);
  const button = (name) => page.getByRole('button', { name, exact: true });

  /** Types a password in at the page for it; where that leads is the caller's. */
  async function signIn(email) {
    await page.goto(`${home}/login`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button('Sign in').click();
  }

  /** Registers the organisation, proves the owner's address and signs them in. */
  async function register(name, owner) {
    await page.goto(new URL('/register', BASE).href);
    await page.getByLabel('Organisation').fill(name);
    await page.getByLabel('Your e-mail').fill(owner);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Password again').fill(PASSWORD);
    await button('Create workspace').click();
    await page.waitForURL(`${home}/check-inbox?**`);
    await page.goto(linkIn(await readMail(owner), '/verify-email'));
    await page.waitForURL(`${home}/login?verified=1`);
    await signIn(owner);
    await page.waitForURL(`${home}/`);
  }

  /** Invites `email`, who joins in the same browser, and is left at the page to sign in at. */
  async function bring(email) {
    await page.goto(`${home}/settings/members`);
    await button('Invite somebody').click();
    await page.getByLabel('E-mail').fill(email);
    await button('Send the invitation').click();
    await page.getByText(email).first().waitFor();
    const link = linkIn(await readMail(email), '/invitation');
    await page.context().clearCookies();
    await page.goto(link);
    await page.getByLabel('Your name').fill('Guest');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: /^Join / }).click();
    await page.waitForURL(`${home}/login?**`);
  }

  return { bring, register, signIn };
}
