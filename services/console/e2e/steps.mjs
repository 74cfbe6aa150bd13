// A story told in steps.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { shoot } from './browser.mjs';

/** How one step of a story is told in the browser of `browserOf()`: without the ones before it, it means nothing. */
export function stepsOf(browserOf, shotOfFailure) {
  let failed = false;
  return (name, run) =>
    it(name, async (test) => {
      if (failed) return test.skip('an earlier step failed');
      failed = true;
      const { faults, page } = browserOf();
      try {
        await run();
        assert.deepEqual(faults.splice(0), [], 'faults in the browser');
        failed = false;
      } finally {
        if (failed) await shoot(page, shotOfFailure);
      }
    });
}
