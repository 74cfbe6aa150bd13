import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { FindField } from './FindField';

it('is asked when it is left, and not once more after that', async () => {
  const onFind = vi.fn();
  render(
    <MantineProvider>
      <FindField label="Find" settled="" onFind={onFind} />
      <button type="button">A row</button>
    </MantineProvider>,
  );
  const user = userEvent.setup();
  await user.type(screen.getByLabelText('Find'), ' pear');
  expect(onFind).not.toHaveBeenCalled();
  await user.click(screen.getByText('A row'));
  expect(onFind.mock.calls).toEqual([['pear']]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(onFind).toHaveBeenCalledOnce();

  await user.click(screen.getByLabelText('Find'));
  await user.click(screen.getByText('A row'));
  expect(onFind).toHaveBeenCalledOnce();
});
