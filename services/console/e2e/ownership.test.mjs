// An organisation changes hands between two people.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { look, openBrowser, shoot } from './browser.mjs';
import { peopleAt } from './people.mjs';
import { linkIn, readMail, tenantUrl } from './server.mjs';

const RUN = Date.now().toString(36);
const SLUG = `hands-${RUN}`;
const OWNER = `owner-${RUN}@hands.example`;
const NEXT = `next-${RUN}@hands.example`;
const HOME = tenantUrl(SLUG);

describe('ownership', { timeout: 120_000 }, () => {
  let browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser?.close());

  it('is offered by one and taken by the other', async () => {
    const { page, faults } = browser;
    const { bring, register, signIn } = peopleAt(page, SLUG);
    const button = (name) => page.getByRole('button', { name, exact: true });
    const text = (words) => page.getByText(words).first().waitFor();
    try {
      await register(`Hands ${RUN}`, OWNER);
      await bring(NEXT);

      await signIn(OWNER);
      await page.waitForURL(`${HOME}/`);
      await page.goto(`${HOME}/settings/members`);
      await button('Actions for Guest').click();
      await page.getByRole('menuitem', { name: 'Offer ownership' }).click();
      await text(/seven days to accept/);
      await look(page, 'ownership-offer');
      await button('Offer ownership').click();
      await text('Guest can take the organisation over');
      await button('Take the offer back').waitFor();

      const link = linkIn(
        await readMail(NEXT, (mail) => mail.text.includes('/ownership')),
        '/ownership',
      );
      await page.context().clearCookies();
      await signIn(NEXT);
      await page.waitForURL(`${HOME}/`);
      await text(`Hands ${RUN} is offered to you`);
      await look(page, 'ownership-offered');
      await page.goto(link);
      await page.getByRole('heading', { name: `Take Hands ${RUN} over?`, level: 1 }).waitFor();
      assert.equal(new URL(page.url()).hash, '', 'the token left the address bar');
      await look(page, 'ownership-take');
      await button('Become the owner').click();
      await text(`You own Hands ${RUN}`);

      await page.goto(`${HOME}/settings/members`);
      await page.getByRole('row', { name: new RegExp(`${NEXT}.*owner`) }).waitFor();
      await page.getByRole('row', { name: new RegExp(`${OWNER}.*admin`) }).waitFor();
      assert.deepEqual(faults.splice(0), [], 'faults in the browser');
    } catch (error) {
      await shoot(page, 'ownership-failed');
      throw error;
    }
  });
});
