import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { useShortcuts } from './shortcuts';

const create = vi.fn();
const overview = vi.fn();
beforeEach(() => {
  create.mockClear();
  overview.mockClear();
});

function Page({ dialog }: { dialog?: boolean }) {
  useShortcuts({ c: create, 'g o': overview });
  return (
    <>
      <input aria-label="Field" />
      {dialog && <div role="dialog" aria-modal="true" />}
    </>
  );
}

const show = (page = <Page />) => render(<MantineProvider env="test">{page}</MantineProvider>);

it('runs single keys and sequences', async () => {
  show();
  await userEvent.keyboard('c');
  expect(create).toHaveBeenCalledOnce();
  await userEvent.keyboard('go');
  expect(overview).toHaveBeenCalledOnce();
});

it('leaves typing, dialogs and the browser’s own keys alone', async () => {
  show();
  await userEvent.type(screen.getByLabelText('Field'), 'cgo');
  await userEvent.click(document.body);
  await userEvent.keyboard('{Control>}c{/Control}');
  expect(create).not.toHaveBeenCalled();
  show(<Page dialog />);
  await userEvent.keyboard('c');
  expect(create).not.toHaveBeenCalled();
  expect(overview).not.toHaveBeenCalled();
});

it('can be switched off', async () => {
  localStorage.setItem('signalbox-single-keys', 'false');
  show();
  await userEvent.keyboard('c');
  expect(create).not.toHaveBeenCalled();
});
