import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** The API, as far as a test declares it; anything else it asks for is a fault of the test. */
export const api = setupServer();

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 5_000 });

beforeAll(() => api.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  api.resetHandlers();
  localStorage.clear();
});
afterAll(() => api.close());

// What jsdom leaves out and Mantine asks for.
const computedStyle = window.getComputedStyle;
window.getComputedStyle = (element) => computedStyle(element);
HTMLElement.prototype.scrollIntoView = () => {};
window.scrollTo = () => {};
window.matchMedia = vi.fn((query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addListener() {},
  removeListener() {},
  addEventListener() {},
  removeEventListener() {},
  dispatchEvent: () => false,
}));
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
const overlays = document.createElement('aside');
overlays.id = 'overlays';
document.body.append(overlays);
